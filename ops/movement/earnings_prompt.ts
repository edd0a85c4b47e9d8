/**
 * The prompt: what is known of a report, and the question.
 *
 * @module
 */

import { z } from "zod";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../reports.ts";
import { answerWords } from "./movement_words.ts";
import {
  gradeLines,
  growthLines,
  plainText,
  returnLines,
  surpriseLines,
} from "./prompt_blocks.ts";

/** How prompts are put together. */
export interface EarningsPromptOptions {
  /** Whether external factors are told; true by default. */
  readonly external?: boolean | undefined;
  /** Whether Hold may be answered; false by default. */
  readonly hold?: boolean | undefined;
  /**
   * The word that answers for each class, the lowest class first; those of
   * `answerWords` by default.
   */
  readonly words?: readonly string[] | undefined;
  /** Tokens at most; 1,024 by default. */
  readonly budget?: number | undefined;
  /** Tokens of the report's text at most; 512 by default. */
  readonly reportTokens?: number | undefined;
  /** Figures whose growth is told at most; 8 by default. */
  readonly maxFigures?: number | undefined;
  /** Days before the report in which analysts' grades count; 28 by default. */
  readonly gradeDays?: number | undefined;
  /**
   * Counts tokens; a third of the characters by default.
   *
   * @param text A text.
   * @returns Its tokens.
   */
  readonly countTokens?: ((text: string) => number) | undefined;
}

/** A prompt, and what became of the report's text. */
export interface EarningsPrompt {
  /** The text; the answer follows behind a space. */
  readonly text: string;
  /** Its tokens, as counted; at most the budget. */
  readonly tokens: number;
  /** Characters of the report's text that are in it. */
  readonly kept: number;
  /** Characters of the report's text that did not fit. */
  readonly leftOut: number;
}

const CHARACTERS_PER_TOKEN = 3;
/** No tokenizer makes a token of more characters than these, save for blanks. */
const MOST_CHARACTERS = 32;

/** The longest beginning of a text, in whole words, within a budget. */
function beginning(
  text: string,
  tokens: number,
  countTokens: (text: string) => number,
): string {
  const bounded = text.slice(0, tokens * MOST_CHARACTERS);
  if (bounded.length === text.length && countTokens(text) <= tokens) {
    return text;
  }
  const ends = [...bounded.matchAll(/ /g)].map(({ index }) => index);
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (countTokens(bounded.slice(0, ends[middle])) <= tokens) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? "" : bounded.slice(0, ends[low - 1]);
}

function blocksOf(
  event: ReportEvent,
  { external, gradeDays, maxFigures }: {
    readonly external: boolean;
    readonly gradeDays: number;
    readonly maxFigures: number;
  },
): string[] {
  return [
    ...(external
      ? [...returnLines(event), ...gradeLines(event, gradeDays)]
      : []),
    ...growthLines(event, maxFigures),
    ...surpriseLines(event),
  ];
}

function render(lines: readonly string[], words: readonly string[]): string {
  const answers = `${words.slice(1).reverse().join(", ")} or ${words[0]}`;
  return [
    `### Instruction: Predict the next move of the stock. Answer ${answers}.`,
    `### Input: ${lines.join("\n")}`,
    "### Answer:",
  ].join("\n");
}

/**
 * Puts a prompt together, after "Harnessing Earnings Reports for Stock
 * Predictions" (Ni and others, 2024, arXiv 2408.06634): external factors (returns of
 * the market and of the stock before the report, grades of analysts), base factors
 * (growth of figures over a year, earnings against expectations, the beginning of the
 * report), and an instruction that asks for one word. The paper's wording could not
 * be found; this one is ours, and the small model of Weft knows its form.
 *
 * The same event gives the same text to the byte. What one block says does not depend
 * on the others, unless the budget is short: then the report's text gives way.
 *
 * @param event The report and what is known beside it.
 * @param options What is told, and how long it may be.
 * @returns The prompt.
 * @throws {DataError} When the report has no text.
 * @throws {ParameterError} When all but the report exceeds the budget.
 *
 * @example
 * ```ts
 * import { earningsPrompt } from "@weft/weft/ops/movement";
 *
 * const { text } = earningsPrompt({
 *   report: {
 *     id: "1",
 *     ticker: "X",
 *     date: "2016-05-03",
 *     text: "Sales rose.",
 *     figures: { Revenue: { value: 110, previous: 100 } },
 *     surprise: { actual: 1.2, expected: 1.1 },
 *     grades: [],
 *   },
 *   day: "2016-05-03",
 *   returns: [{ of: "the stock", sessions: 5, value: -0.021 }],
 *   change: null,
 *   end: null,
 * });
 * console.log(text);
 * // ### Instruction: Predict the next move of the stock. Answer Long or Short.
 * // ### Input: Before the report the stock fell 2.1 % in 5 sessions.
 * // From a year ago Revenue rose 10.0 %.
 * // Earnings of 1.20 dollars a share beat the expected 1.10.
 * // Sales rose.
 * // ### Answer:
 * ```
 */
export function earningsPrompt(
  event: ReportEvent,
  options: EarningsPromptOptions = {},
): EarningsPrompt {
  const {
    budget = 1024,
    countTokens = (text: string) =>
      Math.ceil(text.length / CHARACTERS_PER_TOKEN),
    external = true,
    gradeDays = 28,
    hold = false,
    maxFigures = 8,
    reportTokens = 512,
    words = answerWords(hold),
  } = options;
  const whole = plainText(event.report.text);
  if (whole === "") {
    throw new DataError(
      `Cannot put the report "${event.report.id}" into a prompt as it has no text`,
    );
  }
  const blocks = blocksOf(event, { external, gradeDays, maxFigures });
  const fixed = countTokens(render(blocks, words));
  if (fixed > budget) {
    throw new ParameterError(
      `Cannot put a prompt into ${budget} tokens: ${fixed} are taken by all but the report`,
      { hint: 'Raise "budget", or lower "maxFigures"' },
    );
  }
  let room = Math.min(reportTokens, budget - fixed);
  while (true) {
    const report = room <= 0 ? "" : beginning(whole, room, countTokens);
    const text = render(report === "" ? blocks : [...blocks, report], words);
    const tokens = countTokens(text);
    // Tokens of parts and of the whole may differ by a few
    if (tokens > budget && room > 0) {
      room -= tokens - budget;
      continue;
    }
    const kept = report.length;
    return { text, tokens, kept, leftOut: whole.length - kept };
  }
}

/**
 * A prompt that says nothing: what a model answers to it is what it prefers
 * whatever it reads.
 *
 * @param hold Whether Hold may be answered; false by default.
 * @returns The prompt.
 *
 * @example
 * ```ts
 * import { neutralPrompt } from "@weft/weft/ops/movement";
 *
 * console.log(neutralPrompt().split("\n")[1]); // ### Input: N/A
 * ```
 */
export function neutralPrompt(hold = false): string {
  return render(["N/A"], answerWords(hold));
}

/** Params of {@linkcode earningsPrompts}. */
export interface EarningsPromptsParams
  extends Omit<EarningsPromptOptions, "countTokens"> {
  /** Characters of a token, of which budgets are made; 3 by default. */
  readonly charactersPerToken?: number | undefined;
}

/** How prompts of {@linkcode earningsPrompts} are put together, defaults filled in. */
const PARAMS = z.object({
  external: z.boolean().default(true),
  hold: z.boolean().default(false),
  words: z.array(z.string().min(1)).min(2).readonly().optional(),
  budget: z.int().positive().default(1024),
  reportTokens: z.int().nonnegative().default(512),
  maxFigures: z.int().nonnegative().default(8),
  gradeDays: z.int().nonnegative().default(28),
  charactersPerToken: z.number().positive().default(CHARACTERS_PER_TOKEN),
});

/**
 * Prompts of reports, each within a budget, see {@linkcode earningsPrompt}.
 *
 * Input: `events`. Params: see {@linkcode EarningsPromptsParams}. Outputs, one entry
 * an event: `prompts`; `leftOut`, characters of the reports that did not fit.
 *
 * @throws {DataError} When a report has no text.
 * @throws {ParameterError} When all but the report exceeds the budget.
 *
 * @example
 * ```ts
 * import { earningsPrompts, simulateReports } from "@weft/weft/ops/movement";
 *
 * const { events } = simulateReports({}, { rows: 2 });
 * const { prompts } = await earningsPrompts({ events }).value();
 * console.log(prompts[0]!.endsWith("### Answer:")); // true
 * ```
 */
export const earningsPrompts: Op<
  { events: ReportEvent[] },
  EarningsPromptsParams,
  { prompts: string[]; leftOut: number[] }
> = op({
  name: "movement/earningsPrompts",
  version: "2",
  doc: "Prompts that ask for the move after a report",
  inputs: { events: port.value(z.array(REPORT_EVENT)) },
  params: PARAMS,
  outputs: {
    prompts: port.value(z.array(z.string())),
    leftOut: port.value(z.array(z.int())),
  },
  run: ({ events }, { charactersPerToken, ...options }) => {
    const countTokens = (text: string) =>
      Math.ceil(text.length / charactersPerToken);
    const made = events.map((event) =>
      earningsPrompt(event, { ...options, countTokens })
    );
    return {
      prompts: made.map(({ text }) => text),
      leftOut: made.map(({ leftOut }) => leftOut),
    };
  },
});
