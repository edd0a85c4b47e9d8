/**
 * What the report of RETuning says, as plain data.
 *
 * @module
 */

import { z } from "zod";
import { CARD_STAGE, type CardStage } from "../../ops/evaluate/mod.ts";
import {
  EVIDENCE_COUNTS,
  type EvidenceCounts,
  GUESS_BOUND,
  type GuessBound,
  VOTE_REPORT,
  type VoteReport,
} from "../../ops/evidence/mod.ts";
import type { GrpoStep } from "../../ops/language/mod.ts";
import { GRPO_STEP } from "../../ops/language/reinforcement/grpo_record.ts";
import { CURRICULUM_SUMMARY, type CurriculumSummary } from "./curriculum.ts";

/** What became of the items for examples. */
export interface ExampleCounts {
  /** Items whose truth is known. */
  readonly items: number;
  /** Items with a response that passed. */
  readonly passed: number;
  /** Items without a right response. */
  readonly wrong: number;
  /** Items with right responses that did not pass. */
  readonly filtered: number;
  /** Items that were left out so that classes are balanced. */
  readonly unbalanced: number;
}

/** Schema of {@linkcode ExampleCounts}. */
export const EXAMPLE_COUNTS: z.ZodType<ExampleCounts> = z.object({
  items: z.number(),
  passed: z.number(),
  wrong: z.number(),
  filtered: z.number(),
  unbalanced: z.number(),
});

/** The report. */
export interface RetuningReport {
  /** The stage as a model card tells it: windows, tuning, metrics beside baselines. */
  readonly stage: CardStage;
  /** What was wrong with the responses of the tuned model. */
  readonly responses: EvidenceCounts;
  /** The same before it was tuned. */
  readonly untunedResponses: EvidenceCounts;
  /** Accuracy against the number of samples that vote. */
  readonly votes: VoteReport[];
  /** What guesses reach. */
  readonly guesses: GuessBound;
  /** What became of the items for examples. */
  readonly examples: ExampleCounts;
  /** Loss of each step on the examples. */
  readonly losses: number[];
  /** How hard the items were. */
  readonly curriculum: CurriculumSummary;
  /** The steps on rewards. */
  readonly policy: GrpoStep[];
  /** Accuracy of the best rule that there is, where items are simulated. */
  readonly bayesRate: number | null;
}

/** Schema of {@linkcode RetuningReport}. */
export const RETUNING_REPORT: z.ZodType<RetuningReport> = z.object({
  stage: CARD_STAGE,
  responses: EVIDENCE_COUNTS,
  untunedResponses: EVIDENCE_COUNTS,
  votes: z.array(VOTE_REPORT),
  guesses: GUESS_BOUND,
  examples: EXAMPLE_COUNTS,
  losses: z.array(z.number()),
  curriculum: CURRICULUM_SUMMARY,
  policy: z.array(GRPO_STEP),
  bayesRate: z.number().nullable(),
});
