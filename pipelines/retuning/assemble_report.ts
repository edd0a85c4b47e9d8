/**
 * The report of RETuning.
 *
 * @module
 */

import { z } from "zod";
import {
  ANSWER_COMPARISON,
  ANSWER_SCORES,
  type AnswerComparison,
  type AnswerScores,
  cardMetrics,
  type CardPeriod,
  type CardTuning,
} from "../../ops/evaluate/mod.ts";
import {
  accuracyBySamples,
  type Ballot,
  EVIDENCE_ANSWER,
  EVIDENCE_COUNTS,
  EVIDENCE_ITEM,
  type EvidenceItem,
  guessBound,
} from "../../ops/evidence/mod.ts";
import { GRPO_STEP } from "../../ops/language/reinforcement/grpo_record.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { CURRICULUM_SUMMARY } from "./curriculum.ts";
import {
  EXAMPLE_COUNTS,
  RETUNING_REPORT,
  type RetuningReport,
} from "./report_schema.ts";

/** What the report is made of. */
export type ReportInputs = {
  splits: Splits;
  train: EvidenceItem[];
  cold: EvidenceItem[];
  pool: EvidenceItem[];
  test: EvidenceItem[];
  scores: Record<string, AnswerScores>;
  shuffled: AnswerScores;
  comparisons: Record<string, AnswerComparison[]>;
  ballots: Ballot[][];
  responses: RetuningReport["responses"];
  untunedResponses: RetuningReport["untunedResponses"];
  examples: RetuningReport["examples"];
  begin: { history: { loss: number }[] };
  curriculum: RetuningReport["curriculum"];
  policy: RetuningReport["policy"];
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
  /** Seed of the guesses. */
  readonly seed: number;
  /** What else a reader must know. */
  readonly notes: readonly string[];
}

const ITEMS = port.value(z.array(EVIDENCE_ITEM));
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
  version: "1",
  doc: "The report of RETuning: scores beside baselines, and what happened",
  inputs: {
    splits: port.value(SPLITS),
    train: ITEMS,
    cold: ITEMS,
    pool: ITEMS,
    test: ITEMS,
    scores: port.record(port.value(ANSWER_SCORES)),
    shuffled: port.value(ANSWER_SCORES),
    comparisons: port.record(port.value(z.array(ANSWER_COMPARISON))),
    ballots: BALLOTS,
    responses: port.value(EVIDENCE_COUNTS),
    untunedResponses: port.value(EVIDENCE_COUNTS),
    examples: port.value(EXAMPLE_COUNTS),
    begin: port.value(
      z.object({ history: z.array(z.object({ loss: z.number() })) }),
    ),
    curriculum: port.value(CURRICULUM_SUMMARY),
    policy: port.value(z.array(GRPO_STEP)),
    bayesRate: port.optional(z.number()),
  },
  params: z.object({
    model: z.string(),
    scope: z.enum(["findings", "mechanics"]),
    rule: z.enum(["majority", "score"]),
    seed: z.int().nonnegative(),
    notes: z.array(z.string()).readonly(),
  }),
  outputs: { report: port.value(RETUNING_REPORT) },
  run: async (inputs, { model, notes, rule, scope, seed }) => {
    const { [model]: own, ...baselines } = inputs.scores;
    const truth = inputs.test.map((item) => item.truth!.answer);
    const tests = Object.entries(inputs.comparisons).flatMap(
      ([baseline, table]) =>
        table.map(({ metric, pValue }) => ({
          metric,
          baseline,
          pValue,
          test: "paired permutation of days",
        })),
    );
    return {
      report: {
        stage: {
          title: "Evidence by RETuning",
          scope,
          model,
          tuning: tuningOf(inputs),
          splits: [{
            train: periodOf(inputs.train),
            validation: null,
            test: periodOf(inputs.test),
            purge: 0,
            embargo: inputs.splits[0]!.testStart - inputs.splits[0]!.trainEnd,
          }],
          metrics: cardMetrics({
            model,
            scores: own!,
            baselines,
            shuffled: inputs.shuffled,
            tests,
          }),
          notes: [...notes, ...notesOf(inputs)],
        },
        responses: inputs.responses,
        untunedResponses: inputs.untunedResponses,
        votes: accuracyBySamples(inputs.ballots, truth, { rule }),
        guesses: await guessBound(truth, { seed }),
        examples: inputs.examples,
        losses: inputs.begin.history.map(({ loss }) => loss),
        curriculum: inputs.curriculum,
        policy: inputs.policy,
        bayesRate: inputs.bayesRate ?? null,
      },
    };
  },
});

function periodOf(items: readonly EvidenceItem[]): CardPeriod {
  return {
    from: items[0]!.sources.day,
    to: items.at(-1)!.sources.day,
    rows: items.length,
  };
}

function tuningOf({ cold, pool, train }: ReportInputs): CardTuning[] {
  const once = { byWindow: false };
  return [
    {
      what: "weights of the structured scorer",
      on: "all training items",
      period: periodOf(train),
      by: "penalised likelihood",
      ...once,
    },
    {
      what: "adapter, on examples by rule",
      on: "the first half of the training items",
      period: periodOf(cold),
      by: "likelihood of the examples",
      ...once,
    },
    {
      what: "adapter, on rewards",
      on: "the second half of the training items",
      period: periodOf(pool),
      by: "form, accuracy, agreement",
      ...once,
    },
    {
      what: "sizes, rates, temperature",
      on: "nothing: fixed beforehand",
      period: null,
      by: null,
      ...once,
    },
  ];
}

function notesOf(
  { bayesRate, curriculum, policy, responses }: ReportInputs,
): string[] {
  const notes = [
    `${responses.strict} of ${responses.responses} responses have the form to the letter, ${responses.repaired} were repaired by rule, ${responses.unanswered} have no answer and do not vote.`,
  ];
  if (curriculum.added > 0) {
    notes.push(
      `Of the ${curriculum.chosen} items that were rewarded only ${curriculum.medium} are of medium difficulty: too few items, or a model that is always right or wrong.`,
    );
  }
  if (policy.every(({ informative }) => informative === 0)) {
    notes.push(
      "All answers to an item were worth the same in every step, so nothing was learnt from rewards.",
    );
  }
  if (bayesRate !== undefined) {
    notes.push(
      `Items are simulated: the best rule that there is would be right about ${
        (100 * bayesRate).toFixed(1)
      } % of them.`,
    );
  }
  return notes;
}
