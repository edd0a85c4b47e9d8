/**
 * The prompt: what is asked, how to go about it, and what is known, within a budget
 * of tokens.
 *
 * The procedure is that of "RETuning" (arXiv 2510.21604), in English and in our
 * words: a framework first, then evidence for both sides, scored against the framework
 * and not by what others think, then doubts, then the answer. News of the evening
 * are left out, as in the published prompt.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { OVERNIGHT_THRESHOLD } from "./answers.ts";
import {
  describeDay,
  describeGap,
  percent,
  type PromptSection,
  promptSections,
} from "./prompt_sections.ts";
import {
  checkSources,
  EVIDENCE_SOURCES,
  type EvidenceSources,
  NEWS_CUTOFF,
} from "./sources.ts";

/** How prompts are put together. */
export interface PromptOptions {
  /** Tokens at most; 32,000 by default, as in the paper. */
  readonly budget?: number | undefined;
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold?: number | undefined;
  /** The last minute of the day whose news count; "21:00" by default. */
  readonly cutoff?: string | undefined;
  /**
   * How long the instructions are: "full" (default), or "brief" for small contexts,
   * without the form, which examples must then teach.
   */
  readonly detail?: "full" | "brief" | undefined;
  /**
   * Counts tokens; a third of the characters by default.
   *
   * @param text A text.
   * @returns Its tokens.
   */
  readonly countTokens?: ((text: string) => number) | undefined;
}

/** A prompt and what did not fit into it. */
export interface EvidencePrompt {
  /** The text. */
  readonly text: string;
  /** Its tokens, as counted; at most the budget. */
  readonly tokens: number;
  /** Lines of sources in it. */
  readonly lines: number;
  /** Lines of sources that did not fit. */
  readonly leftOut: number;
}

/** Characters of a token, where they are not counted by a tokenizer. */
const CHARACTERS_PER_TOKEN = 3;

const FORM = "<think>your work on steps 1 to 4</think>" +
  "<score>[mean score for up, mean score for down]</score>" +
  "<pct_change>expected change as a fraction with four decimals, such as 0.0120</pct_change>" +
  "<answer>up, down or hold</answer>";

function instructions(
  { day, name, nextDay, until }: EvidenceSources,
  threshold: number,
  detail: "full" | "brief",
): string {
  const [rise, fall] = [percent(threshold), percent(-threshold)];
  const shown = name.replace(/[\s<>]+/g, " ").trim();
  if (detail === "brief") {
    return [
      `${shown}, close of ${describeDay(day)} to ${until} of ${
        describeDay(nextDay)
      }: up above ${rise}, down below ${fall}, else hold.`,
      "Set a framework, score evidence for both sides to 10, doubt it, then give score, pct_change, answer.",
    ].join("\n");
  }
  return [
    until === "open"
      ? `Forecast how ${shown} moves overnight: from its close on ${
        describeDay(day)
      } to its open in the next session, on ${describeDay(nextDay)}. ${
        describeGap(day, nextDay)
      }`
      : `Forecast how ${shown} moves from its close on ${
        describeDay(day)
      } to its close on ${describeDay(nextDay)}.`,
    `The answer is "up" if that ${until} is more than ${rise} above the close, "down" if it is more than ${
      percent(threshold).slice(1)
    } below it, and "hold" for everything between, both ends included.`,
    "",
    "Go through these steps, one after another:",
    `1. Framework. Before judging anything, set out how you will judge: what moves this stock and how strongly, what the calendar means for it, which sources you have and which are missing, how much each source can tell about ${
      until === "open" ? "one night" : "these days"
    }, and what it would take to exceed ${
      percent(threshold).slice(1)
    } in either direction.`,
    '2. Evidence. Go through the sources one by one and take facts from them. Judge each fact by the framework, not by the opinion of an analyst or a headline. Put it under "supports up" or "supports down" and give it a score from 0 to 10. Look for both sides.',
    `3. Reflection. Doubt the result: what would have to be true for the opposite, how would buyers and sellers act at the ${until}, would the answer stand without the strongest piece of evidence, is it already in the price? Add evidence or change scores where that is called for.`,
    '4. Conclusion. Average the scores of each side, weigh the sides against the threshold, and settle on a change and an answer that agree. Do not answer "hold" only because you are unsure.',
    "",
    "Answer in this form and write nothing else:",
    FORM,
  ].join("\n");
}

/**
 * Puts a prompt together. Sections are filled in turns, each with its most important
 * line that is left (the newest prices and headlines first), until the next line of
 * a section does not fit. The same sources give the same text.
 *
 * @param sources What is known.
 * @param options Budget, threshold, cutoff, length of the instructions, counter.
 * @returns The prompt.
 * @throws {DataError} When sources look ahead or are not in order.
 * @throws {ParameterError} When the instructions alone exceed the budget.
 *
 * @example
 * ```ts
 * import { evidencePrompt, makeSources } from "@weft/weft/ops/evidence";
 *
 * const sources = makeSources({
 *   name: "Example Mills",
 *   day: "2016-03-04",
 *   nextDay: "2016-03-07",
 *   news: [{ time: "2016-03-04 16:30", title: "Example Mills raises guidance" }],
 * });
 * const { text } = evidencePrompt(sources, { detail: "brief" });
 * console.log(text.split("\n").at(-3)); // 2016-03-04 16:30 Example Mills raises guidance
 * ```
 */
export function evidencePrompt(
  sources: EvidenceSources,
  options: PromptOptions = {},
): EvidencePrompt {
  const {
    budget = 32_000,
    countTokens = (text: string) =>
      Math.ceil(text.length / CHARACTERS_PER_TOKEN),
    cutoff = NEWS_CUTOFF,
    detail = "full",
    threshold = OVERNIGHT_THRESHOLD,
  } = options;
  checkSources(sources);
  const task = instructions(sources, threshold, detail);
  const sections = promptSections(sources, cutoff);
  const kept = sections.map(() => new Set<number>());
  const all = sections.reduce((sum, { lines }) => sum + lines.length, 0);
  const fixed = countTokens(render(task, sections, kept));
  if (fixed > budget) {
    throw new ParameterError(
      `Cannot put a prompt into ${budget} tokens: instructions alone take ${fixed}`,
      { hint: 'Raise "budget", or choose detail: "brief"' },
    );
  }
  fill(sections, kept, budget - fixed, countTokens);
  // Tokens of parts and of the whole may differ by a few: what matters less goes
  let text = render(task, sections, kept);
  let tokens = countTokens(text);
  while (tokens > budget) {
    dropLast(sections, kept);
    text = render(task, sections, kept);
    tokens = countTokens(text);
  }
  const lines = kept.reduce((sum, { size }) => sum + size, 0);
  return { text, tokens, lines, leftOut: all - lines };
}

function fill(
  sections: readonly PromptSection[],
  kept: readonly Set<number>[],
  room: number,
  countTokens: (text: string) => number,
): void {
  let left = room;
  const open = new Set(sections.keys());
  for (let turn = 0; open.size > 0; turn++) {
    for (const [index, { importance, lines, title }] of sections.entries()) {
      if (!open.has(index)) continue;
      const line = importance[turn];
      const heading = turn === 0 ? `\n## ${title}\n` : "";
      const cost = line === undefined
        ? Infinity
        : countTokens(`${heading}${lines[line]!}\n`);
      if (cost > left) {
        open.delete(index);
        continue;
      }
      kept[index]!.add(line!);
      left -= cost;
    }
  }
}

/** Takes out the line that came in last. */
function dropLast(
  sections: readonly PromptSection[],
  kept: readonly Set<number>[],
): void {
  const most = kept.reduce((max, { size }) => Math.max(max, size), 0);
  const index = kept.findLastIndex(({ size }) => size === most);
  kept[index]!.delete(sections[index]!.importance[most - 1]!);
}

function render(
  task: string,
  sections: readonly PromptSection[],
  kept: readonly Set<number>[],
): string {
  const parts = sections.flatMap(({ lines, title }, index) => {
    const own = lines.filter((_, line) => kept[index]!.has(line));
    return own.length === 0 ? [] : [`## ${title}\n${own.join("\n")}\n`];
  });
  return `${[task + "\n", ...parts].join("\n")}\nAnswer:`;
}

/** Params of {@linkcode assemblePrompts}. */
export interface AssemblePromptsParams
  extends Omit<PromptOptions, "countTokens"> {
  /** Characters of a token, of which the budget is made; 3 by default. */
  readonly charactersPerToken?: number | undefined;
}

/**
 * Prompts of items, each within a budget.
 *
 * Input: `sources`, one entry an item. Params: `budget` in tokens (32,000),
 * `charactersPerToken` (3) by which tokens are estimated, `threshold` (0.03),
 * `cutoff` ("21:00"), `detail` ("full" or "brief"). Outputs, one entry an item:
 * `prompts`; `leftOut`, the lines of sources that did not fit.
 *
 * @throws {DataError} When sources look ahead.
 * @throws {ParameterError} When the instructions alone exceed the budget.
 *
 * @example
 * ```ts
 * import { assemblePrompts, makeSources } from "@weft/weft/ops/evidence";
 *
 * const sources = [makeSources({ name: "X", day: "2016-03-04", nextDay: "2016-03-07" })];
 * const { leftOut } = await assemblePrompts.run({ sources });
 * console.log(leftOut); // [0]
 * ```
 */
export const assemblePrompts: Op<
  { sources: EvidenceSources[] },
  AssemblePromptsParams,
  { prompts: string[]; leftOut: number[] }
> = op({
  name: "evidence/assemblePrompts",
  version: "2",
  doc: "Prompts that ask for scored evidence, within a budget of tokens",
  inputs: { sources: port.value(z.array(EVIDENCE_SOURCES)) },
  params: z.object({
    budget: z.int().positive().default(32_000),
    charactersPerToken: z.number().positive().default(CHARACTERS_PER_TOKEN),
    threshold: z.number().nonnegative().default(OVERNIGHT_THRESHOLD),
    cutoff: z.string().regex(/^\d{2}:\d{2}$/).default(NEWS_CUTOFF),
    detail: z.enum(["full", "brief"]).default("full"),
  }),
  outputs: {
    prompts: port.value(z.array(z.string())),
    leftOut: port.value(z.array(z.number())),
  },
  run: ({ sources }, { charactersPerToken, ...options }) => {
    const countTokens = (text: string) =>
      Math.ceil(text.length / charactersPerToken);
    const made = sources.map((one) =>
      evidencePrompt(one, { ...options, countTokens })
    );
    return {
      prompts: made.map(({ text }) => text),
      leftOut: made.map(({ leftOut }) => leftOut),
    };
  },
});
