/**
 * Which items are rewarded, and in what order.
 *
 * @module
 */

import { z } from "zod";
import {
  type Curriculum,
  curriculumOf,
  EVIDENCE_ITEM,
  type EvidenceItem,
  OVERNIGHT_THRESHOLD,
  parseEvidence,
} from "../../ops/evidence/mod.ts";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { REWARDED_TRUTH, type RewardedTruth } from "./evidence_policy.ts";

/** Of how many items how many were chosen. */
export interface CurriculumSummary extends Omit<Curriculum, "order"> {
  /** Items that are rewarded. */
  readonly chosen: number;
  /** Of these, items that are not of medium difficulty. */
  readonly added: number;
}

/** Schema of {@linkcode CurriculumSummary}. */
export const CURRICULUM_SUMMARY: z.ZodType<CurriculumSummary> = z.object({
  easy: z.number(),
  medium: z.number(),
  hard: z.number(),
  chosen: z.number(),
  added: z.number(),
});

/** Params of {@linkcode curriculum}. */
export interface CurriculumParams {
  /** Answers to each item. */
  readonly samples: number;
  /** Items at least, where there are so many; 2 by default. */
  readonly least?: number | undefined;
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold?: number | undefined;
}

/**
 * Chooses the items of medium difficulty, the easiest first. Where they are fewer
 * than `least`, those nearest to medium are added, which the paper, with 180,000
 * items, need not do.
 *
 * Inputs: `items` whose truth is known; `prompts`, one an item; `texts`, `samples`
 * answers to each. Params: see {@linkcode CurriculumParams}. Outputs: `prompts` and
 * `truths`, with the threshold by which answers are graded, in the order in which they
 * are learnt; `summary`.
 *
 * @throws {DataError} When there are not so many answers and prompts.
 */
export const curriculum: Op<
  { items: EvidenceItem[]; prompts: string[]; texts: string[] },
  CurriculumParams,
  { prompts: string[]; truths: RewardedTruth[]; summary: CurriculumSummary }
> = op({
  name: "retuning/curriculum",
  version: "2",
  doc: "Items of medium difficulty, the easiest first",
  inputs: {
    items: port.value(z.array(EVIDENCE_ITEM)),
    prompts: port.value(z.array(z.string())),
    texts: port.value(z.array(z.string())),
  },
  params: z.object({
    samples: z.int().min(1),
    least: z.int().min(1).default(2),
    threshold: z.number().positive().default(OVERNIGHT_THRESHOLD),
  }),
  outputs: {
    prompts: port.value(z.array(z.string())),
    truths: port.value(z.array(REWARDED_TRUTH)),
    summary: port.value(CURRICULUM_SUMMARY),
  },
  run: ({ items, prompts, texts }, { least, samples, threshold }) => {
    const isEven = prompts.length === items.length &&
      texts.length === samples * items.length;
    if (!isEven) {
      throw new DataError("Cannot tell how hard items are", {
        expected: `a prompt and ${samples} answers for each of ${items.length}`,
        actual: `${prompts.length} prompts and ${texts.length} answers`,
      });
    }
    const truths = items.map(({ truth }) => truth!);
    const right = truths.map(({ answer }, item) =>
      texts.slice(item * samples, (item + 1) * samples).filter((text) =>
        parseEvidence(text).answer === answer
      ).length
    );
    const { order, ...counts } = curriculumOf(right, samples);
    const distance = (item: number) => Math.abs(right[item]! - samples / 2);
    const others = [...items.keys()].filter((item) => !order.includes(item))
      .sort((a, b) => distance(a) - distance(b) || a - b);
    const added = others.slice(0, Math.max(0, least - order.length));
    const chosen = [...order, ...added];
    return {
      prompts: chosen.map((item) => prompts[item]!),
      truths: chosen.map((item) => ({ ...truths[item]!, threshold })),
      summary: { ...counts, chosen: chosen.length, added: added.length },
    };
  },
});
