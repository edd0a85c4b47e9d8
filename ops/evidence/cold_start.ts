/**
 * Examples to begin with: responses that a rule has written, of which only those
 * that turned out right are kept.
 *
 * In "RETuning" (arXiv 2510.21604) a large model writes them, a rule filters them
 * (form, answer against truth, agreement), an expert looks through them, and the
 * classes are balanced. Here the structured scorer writes them, several times an item
 * with judgements that differ, and the same filter keeps what is right. What a model
 * learns of these is the form and the procedure; it cannot know more than the scorer.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { EVIDENCE_ANSWERS, type EvidenceAnswer } from "./answers.ts";
import { evidenceFactors } from "./factors.ts";
import { parseEvidence } from "./parse_evidence.ts";
import {
  gradeEvidence,
  REWARD_SETTINGS,
  type RewardOptions,
} from "./reward.ts";
import { shownSources } from "./shown_sources.ts";
import { EVIDENCE_ITEM, type EvidenceItem, NEWS_CUTOFF } from "./sources.ts";
import {
  STRUCTURED_SCORER,
  type StructuredScorer,
} from "./structured_scorer.ts";
import { writeResponse } from "./write_response.ts";

/** An example: what is asked and what is to be answered. */
export interface ColdStartExample {
  /** Number of the item. */
  readonly item: number;
  /** The prompt. */
  readonly prompt: string;
  /** The response. */
  readonly completion: string;
  /** Its answer. */
  readonly answer: EvidenceAnswer;
}

/** What became of the items. */
export interface ColdStartSummary {
  /** Items whose truth is known. */
  readonly items: number;
  /** Of these, items with a response that passed. */
  readonly passed: number;
  /** Items for which no response had the right answer. */
  readonly wrong: number;
  /** Items with right answers none of which had form and agreement. */
  readonly filtered: number;
  /** Items that passed and were left out so that classes are balanced. */
  readonly unbalanced: number;
}

/** Params of {@linkcode coldStartExamples}. */
export interface ColdStartParams {
  /** Responses that are tried for an item; 8 by default. */
  readonly draws?: number | undefined;
  /** Deviation of the judgements, as a part of what a factor says; 0.5 by default. */
  readonly spread?: number | undefined;
  /** Examples of each class at most; as many as the rarest class has by default. */
  readonly mostOfClass?: number | undefined;
  /** How long responses are; "full" by default. */
  readonly detail?: "full" | "brief" | undefined;
  /** How responses are graded. */
  readonly reward?: RewardOptions | undefined;
  /** The last minute of the day whose news count; "21:00" by default. */
  readonly cutoff?: string | undefined;
  /** Decides the judgements; 0 by default. */
  readonly seed?: number | undefined;
}

/**
 * Examples for supervised tuning, balanced over the classes.
 *
 * Inputs: `items`; `prompts`, one an item; `scorer`, fitted on no later items. Params:
 * `draws` (8) responses are tried for an item, the first without doubt, others with
 * judgements of deviation `spread` (0.5); `mostOfClass`; `detail`; `reward`; `cutoff`;
 * `seed`. Outputs: `examples`, in the order of the items; `summary`.
 *
 * A response cites only what the item's prompt shows. It passes if it has the form,
 * the right answer, and a change that agrees.
 * A class without a response that passed is left out of the balance.
 *
 * @throws {DataError} When there is not one prompt an item, or no response passed.
 *
 * @example
 * ```ts
 * import {
 *   assemblePrompts,
 *   coldStartExamples,
 *   fitStructuredScorer,
 *   simulateEvidence,
 * } from "@weft/weft/ops/evidence";
 *
 * const { items } = await simulateEvidence({ items: 200, textStrength: 0.5 });
 * const { prompts } = await assemblePrompts.run({
 *   sources: items.map(({ sources }) => sources),
 * });
 * const { scorer } = await fitStructuredScorer.run({ items });
 * const { examples } = await coldStartExamples.run({ items, prompts, scorer });
 * console.log(examples.length % 3); // 0
 * ```
 */
export const coldStartExamples: Op<
  { items: EvidenceItem[]; prompts: string[]; scorer: StructuredScorer },
  ColdStartParams,
  { examples: ColdStartExample[]; summary: ColdStartSummary }
> = op({
  name: "evidence/coldStartExamples",
  version: "3",
  doc:
    "Examples for supervised tuning: responses by rule that turned out right",
  inputs: {
    items: port.value(z.array(EVIDENCE_ITEM)),
    prompts: port.value(z.array(z.string()), { doc: "One an item" }),
    scorer: port.value(STRUCTURED_SCORER),
  },
  params: z.object({
    draws: z.int().min(1).max(1024).default(8),
    spread: z.number().nonnegative().default(0.5),
    mostOfClass: z.int().positive().optional(),
    detail: z.enum(["full", "brief"]).default("full"),
    reward: REWARD_SETTINGS.prefault({}),
    cutoff: z.string().regex(/^\d{2}:\d{2}$/).default(NEWS_CUTOFF),
    seed: z.int().nonnegative().default(0),
  }),
  outputs: {
    examples: port.value(z.array(z.object({
      item: z.number(),
      prompt: z.string(),
      completion: z.string(),
      answer: z.enum(EVIDENCE_ANSWERS),
    }))),
    summary: port.value(z.object({
      items: z.number(),
      passed: z.number(),
      wrong: z.number(),
      filtered: z.number(),
      unbalanced: z.number(),
    })),
  },
  run: async ({ items, prompts, scorer }, params) => {
    if (items.length !== prompts.length) {
      throw new DataError(
        `Cannot make examples of ${items.length} items and ${prompts.length} prompts`,
        { expected: "one prompt an item" },
      );
    }
    const { draws, spread, seed } = params;
    const width = scorer.factors.length;
    const shape = [items.length, draws, Math.max(1, width)];
    const noise = await wf.random.normal(wf.random.key(seed), shape).data();
    const judgementOf = (item: number, draw: number) =>
      scorer.factors.map((_, k) =>
        draw === 0
          ? 1
          : 1 + spread * noise[(item * draws + draw) * shape[2]! + k]!
      );
    let [known, wrong, filtered] = [0, 0, 0];
    const passed: ColdStartExample[] = [];
    for (const [item, { sources, truth }] of items.entries()) {
      if (truth === null) continue;
      known++;
      const factors = evidenceFactors(
        shownSources(sources, prompts[item]!),
        params.cutoff,
      );
      let isRight = false;
      let completion: string | undefined;
      for (let draw = 0; draw < draws && completion === undefined; draw++) {
        const { text } = writeResponse(factors, scorer, {
          judgement: judgementOf(item, draw),
          detail: params.detail,
        });
        const parsed = parseEvidence(text);
        const { consistency } = gradeEvidence(parsed, truth, {
          ...params.reward,
          consistency: 1,
        });
        if (parsed.answer !== truth.answer) continue;
        isRight = true;
        if (parsed.isStrict && consistency > 0) completion = text;
      }
      if (completion !== undefined) {
        const { answer } = truth;
        passed.push({ item, prompt: prompts[item]!, completion, answer });
      } else if (isRight) filtered++;
      else wrong++;
    }
    if (passed.length === 0) {
      throw new DataError("Cannot make examples as no response passed", {
        actual: `${known} known items: ${wrong} wrong, ${filtered} filtered`,
        hint: 'Raise "draws" or "spread", or bring more items',
      });
    }
    const examples = balanced(passed, params.mostOfClass);
    return {
      examples,
      summary: {
        items: known,
        passed: passed.length,
        wrong,
        filtered,
        unbalanced: passed.length - examples.length,
      },
    };
  },
});

/** Equally many of each class that there is, the first ones. */
function balanced(
  examples: readonly ColdStartExample[],
  most = Infinity,
): ColdStartExample[] {
  const counts = EVIDENCE_ANSWERS.map((answer) =>
    examples.filter((one) => one.answer === answer).length
  );
  const size = Math.min(most, ...counts.filter((count) => count > 0));
  const taken = new Map<EvidenceAnswer, number>();
  return examples.filter(({ answer }) => {
    const before = taken.get(answer) ?? 0;
    taken.set(answer, before + 1);
    return before < size;
  });
}
