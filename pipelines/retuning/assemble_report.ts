/**
 * The report of RETuning.
 *
 * @module
 */

import { z } from "zod";
import {
  ANSWER_COMPARISON,
  ANSWER_SCORES,
  ANSWER_WINDOW,
  type AnswerComparison,
  type AnswerScores,
  type AnswerWindow,
  cardMetrics,
} from "../../ops/evaluate/mod.ts";
import {
  accuracyBySamples,
  type Ballot,
  EVIDENCE_ANSWER,
  EVIDENCE_COUNTS,
  EVIDENCE_ITEM,
  type EvidenceCounts,
  type EvidenceItem,
  guessBound,
  sumEvidenceCounts,
} from "../../ops/evidence/mod.ts";
import type { GrpoStep } from "../../ops/language/mod.ts";
import { GRPO_STEP } from "../../ops/language/reinforcement/grpo_record.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { cardNotes, cardSplits, cardTuning, periodOf } from "./card_parts.ts";
import { CURRICULUM_SUMMARY, type CurriculumSummary } from "./curriculum.ts";
import {
  EXAMPLE_COUNTS,
  type ExampleCounts,
  RETUNING_REPORT,
  type RetuningReport,
} from "./report_schema.ts";
import { SHOWN_RESPONSE, type ShownResponse } from "./shown_responses.ts";

/** What the report is made of; lists have an entry a window. */
export type ReportInputs = {
  splits: Splits;
  train: EvidenceItem[][];
  cold: EvidenceItem[][];
  pool: EvidenceItem[][];
  test: EvidenceItem[][];
  scores: Record<string, AnswerScores>;
  byWindow: AnswerWindow[];
  confusions: Record<string, number[][]>;
  shuffled: AnswerScores;
  comparisons: Record<string, AnswerComparison[]>;
  ballots: Ballot[][][];
  responses: EvidenceCounts[];
  begunResponses: EvidenceCounts[];
  untunedResponses: EvidenceCounts[];
  examples: ExampleCounts[];
  begin: { history: { loss: number }[] }[];
  curriculum: CurriculumSummary[];
  policy: GrpoStep[][];
  shown: ShownResponse[];
  bayesRate?: number | undefined;
};

/** Params of {@linkcode assembleReport}. */
export interface AssembleReportParams {
  /** What the tuned model is called among the scores. */
  readonly model: string;
  /** What its figures may be read as. */
  readonly scope: "findings" | "mechanics";
  /** How votes are counted. */
  readonly rule: "majority" | "score";
  /** Whether of each class as many items were taken. */
  readonly balance: boolean;
  /** Seed of the guesses. */
  readonly seed: number;
  /** What the items are; "items of evidence" by default. */
  readonly data?: string | undefined;
  /** What else a reader must know. */
  readonly notes: readonly string[];
}

const ITEMS = port.list(port.value(z.array(EVIDENCE_ITEM)));
const COUNTS = port.list(port.value(EVIDENCE_COUNTS));
const BALLOTS = port.value(z.array(z.array(z.object({
  answer: EVIDENCE_ANSWER.nullable(),
  up: z.number().nullable(),
  down: z.number().nullable(),
}))));

/** Puts the report together: the tuned model beside every baseline. */
export const assembleReport: Op<
  ReportInputs,
  AssembleReportParams,
  { report: RetuningReport }
> = op({
  name: "retuning/assembleReport",
  version: "3",
  doc: "The report of RETuning: scores beside baselines, and what happened",
  inputs: {
    splits: port.value(SPLITS),
    train: ITEMS,
    cold: ITEMS,
    pool: ITEMS,
    test: ITEMS,
    scores: port.record(port.value(ANSWER_SCORES)),
    byWindow: port.value(z.array(ANSWER_WINDOW)),
    confusions: port.record(port.value(z.array(z.array(z.number())))),
    shuffled: port.value(ANSWER_SCORES),
    comparisons: port.record(port.value(z.array(ANSWER_COMPARISON))),
    ballots: port.list(BALLOTS),
    responses: COUNTS,
    begunResponses: COUNTS,
    untunedResponses: COUNTS,
    examples: port.list(port.value(EXAMPLE_COUNTS)),
    begin: port.list(port.value(
      z.object({ history: z.array(z.object({ loss: z.number() })) }),
    )),
    curriculum: port.list(port.value(CURRICULUM_SUMMARY)),
    policy: port.list(port.value(z.array(GRPO_STEP))),
    shown: port.value(z.array(SHOWN_RESPONSE)),
    bayesRate: port.optional(z.number()),
  },
  params: z.object({
    model: z.string(),
    scope: z.enum(["findings", "mechanics"]),
    rule: z.enum(["majority", "score"]),
    balance: z.boolean(),
    seed: z.int().nonnegative(),
    data: z.string().default("items of evidence"),
    notes: z.array(z.string()).readonly(),
  }),
  outputs: { report: port.value(RETUNING_REPORT) },
  run: async (inputs, params) => {
    const { balance, data, model, notes, rule, scope, seed } = params;
    const { [model]: own, ...baselines } = inputs.scores;
    const truth = inputs.test.flat().map((item) => item.truth!.answer);
    const tests = Object.entries(inputs.comparisons).flatMap(
      ([baseline, table]) =>
        table.map(({ metric, pValue }) => ({
          metric,
          baseline,
          pValue,
          test: "paired permutation of days",
        })),
    );
    const tunings = inputs.begin.map(({ history }, window) => ({
      examples: inputs.examples[window]!,
      losses: history.map(({ loss }) => loss),
      curriculum: inputs.curriculum[window]!,
      policy: inputs.policy[window]!,
    }));
    const responses = sumEvidenceCounts(inputs.responses);
    return {
      report: {
        data: [{
          name: data,
          period: periodOf([...inputs.train, ...inputs.test]),
          note: null,
        }],
        stage: {
          title: "Evidence by RETuning",
          scope,
          model,
          tuning: cardTuning(inputs, balance),
          splits: cardSplits(inputs, inputs.splits),
          metrics: cardMetrics({
            model,
            scores: own!,
            baselines,
            shuffled: inputs.shuffled,
            tests,
          }),
          notes: [
            ...notes,
            ...cardNotes({ responses, tunings, bayesRate: inputs.bayesRate }),
          ],
        },
        byWindow: inputs.byWindow,
        confusions: inputs.confusions,
        responses,
        begunResponses: sumEvidenceCounts(inputs.begunResponses),
        untunedResponses: sumEvidenceCounts(inputs.untunedResponses),
        votes: accuracyBySamples(inputs.ballots.flat(), truth, { rule }),
        guesses: await guessBound(truth, { seed }),
        tunings,
        shown: inputs.shown,
        bayesRate: inputs.bayesRate ?? null,
      },
    };
  },
});
