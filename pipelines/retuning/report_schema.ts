/**
 * What the report of RETuning says, as plain data.
 *
 * @module
 */

import { z } from "zod";
import {
  ANSWER_WINDOW,
  type AnswerWindow,
  CARD_DATA,
  CARD_STAGE,
  type CardData,
  type CardStage,
} from "../../ops/evaluate/mod.ts";
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
import { SHOWN_RESPONSE, type ShownResponse } from "./shown_responses.ts";

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

/** How the tuning of one window went. */
export interface WindowTuning {
  /** What became of the items for examples. */
  readonly examples: ExampleCounts;
  /** Loss of each step on the examples, in nats a token. */
  readonly losses: number[];
  /** How hard the items for rewards were. */
  readonly curriculum: CurriculumSummary;
  /** The steps on rewards. */
  readonly policy: GrpoStep[];
}

/** Schema of {@linkcode WindowTuning}. */
export const WINDOW_TUNING: z.ZodType<WindowTuning> = z.object({
  examples: EXAMPLE_COUNTS,
  losses: z.array(z.number()),
  curriculum: CURRICULUM_SUMMARY,
  policy: z.array(GRPO_STEP),
});

/** The report. */
export interface RetuningReport {
  /** What the items are, and from when to when. */
  readonly data: readonly CardData[];
  /** The stage as a model card tells it: windows, tuning, metrics beside baselines. */
  readonly stage: CardStage;
  /** Scores of the tuned model, window by window. */
  readonly byWindow: AnswerWindow[];
  /**
   * `[truth][answer]` of each model for down, hold, up; the last column is no answer.
   */
  readonly confusions: Readonly<Record<string, number[][]>>;
  /** What was wrong with the responses of the tuned model. */
  readonly responses: EvidenceCounts;
  /** The same after the examples only. */
  readonly begunResponses: EvidenceCounts;
  /** The same before it was tuned. */
  readonly untunedResponses: EvidenceCounts;
  /** Accuracy against the number of samples that vote. */
  readonly votes: VoteReport[];
  /** What guesses reach. */
  readonly guesses: GuessBound;
  /** Tunings, one a window. */
  readonly tunings: WindowTuning[];
  /** A few responses as they are, of the last window. */
  readonly shown: ShownResponse[];
  /** Accuracy of the best rule that there is, where items are simulated. */
  readonly bayesRate: number | null;
}

/** Schema of {@linkcode RetuningReport}. */
export const RETUNING_REPORT: z.ZodType<RetuningReport> = z.object({
  data: CARD_DATA,
  stage: CARD_STAGE,
  byWindow: z.array(ANSWER_WINDOW),
  confusions: z.record(z.string(), z.array(z.array(z.number()))),
  responses: EVIDENCE_COUNTS,
  begunResponses: EVIDENCE_COUNTS,
  untunedResponses: EVIDENCE_COUNTS,
  votes: z.array(VOTE_REPORT),
  guesses: GUESS_BOUND,
  tunings: z.array(WINDOW_TUNING),
  shown: z.array(SHOWN_RESPONSE),
  bayesRate: z.number().nullable(),
});
