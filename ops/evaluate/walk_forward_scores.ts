/**
 * Walk-forward evaluation of a classifier: what it scores on the test windows,
 * one by one and pooled, and how far the windows stand from what it learnt.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";
import { pacer } from "../pace.ts";
import { checkSplits, type Split, SPLITS, type Splits } from "../splits.ts";
import {
  answerConfusion,
  type AnswerRows,
  answerRows,
  answerScores,
  type AnswerTable,
  pickRows,
} from "./answer_scores.ts";
import { INTERVAL, type Interval, intervalOf } from "./bootstrap.ts";
import { checkLabels, type Labelled, readLabelled } from "./labelled.ts";
import {
  INTERVAL_PARAMS,
  type IntervalParams,
  resampledRows,
} from "./resample.ts";

/** Scores of all test windows together, each with its interval. */
export type AnswerScores = AnswerTable<Interval> & {
  /** How many rows were scored. */
  readonly rows: number;
  /** How many answers name no class. */
  readonly invalid: number;
};

/** Scores of one test window. */
export type AnswerWindow = AnswerTable<number> & {
  /** Which window: its place in the splits. */
  readonly window: number;
  /** How many rows were scored. */
  readonly rows: number;
  /** How many answers name no class. */
  readonly invalid: number;
  /** Rows of the training window. */
  readonly trainRows: number;
  /** Rows left out between training and test window: purge and embargo. */
  readonly gap: number;
  /** The same in days, from the last training row to the first test row; null without days. */
  readonly gapDays: number | null;
};

function answerTable<T>(score: z.ZodType<T>) {
  return {
    accuracy: score,
    macroF1: score,
    weightedF1: score,
    matthews: score,
    brier: score.nullable(),
    logLoss: score.nullable(),
  };
}

/** Schema of {@linkcode AnswerScores}. */
export const ANSWER_SCORES: z.ZodType<AnswerScores> = z.object({
  rows: z.number(),
  invalid: z.number(),
  ...answerTable(INTERVAL),
});

/** Schema of {@linkcode AnswerWindow}. */
export const ANSWER_WINDOW: z.ZodType<AnswerWindow> = z.object({
  window: z.number(),
  rows: z.number(),
  invalid: z.number(),
  trainRows: z.number(),
  gap: z.number(),
  gapDays: z.number().nullable(),
  ...answerTable(z.number()),
});

/** A test row that has a label: where it stands, and in which window. */
interface TestRow {
  readonly row: number;
  readonly window: number;
}

function testRowsOf(splits: Splits, labels: Int32Array): TestRow[] {
  return splits.flatMap(({ testStart, testEnd }, window) => {
    const rows: TestRow[] = [];
    for (let row = testStart; row < testEnd; row++) {
      if (labels[row] !== UNLABELLED) rows.push({ row, window });
    }
    return rows;
  });
}

function checkAnswers(answers: Int32Array, classes: number): void {
  const bad = answers.findIndex((answer) => answer < -1 || answer >= classes);
  if (bad < 0) return;
  throw new DataError(
    `Cannot score answer ${bad} of the test rows as it is not a class`,
    {
      expected: `an integer from 0 to ${
        classes - 1
      }, or -1 for an answer without a class`,
      actual: String(answers[bad]),
    },
  );
}

/** The probabilities of some rows, as the scores take them. */
async function probabilitiesAt(
  probabilities: F64,
  rows: Int32Array,
  labels: Int32Array,
  classes: number,
): Promise<Labelled> {
  if (probabilities.shape[1] !== classes) {
    throw new DataError(
      `Cannot score the probabilities of ${
        probabilities.shape[1]
      } classes as the answers are of ${classes}`,
      { hint: 'Set "classes" to the number of columns of the probabilities' },
    );
  }
  const picked = wf.take(probabilities, wf.tensor(rows), { axis: 0 });
  return await readLabelled(wf.tensor(labels), picked);
}

function invalidOf({ answers }: AnswerRows): number {
  return answers.reduce((count, answer) => count + (answer < 0 ? 1 : 0), 0);
}

function gapDaysOf(
  days: Int32Array | undefined,
  { trainEnd, testStart }: Split,
): number | null {
  return days === undefined ? null : days[testStart]! - days[trainEnd - 1]!;
}

function intervals(
  values: AnswerTable<number>,
  samples: readonly AnswerTable<number>[],
  level: number,
): AnswerTable<Interval> {
  const of = (score: (table: AnswerTable<number>) => number) =>
    intervalOf(score(values), samples.map(score), level);
  return {
    accuracy: of(({ accuracy }) => accuracy),
    macroF1: of(({ macroF1 }) => macroF1),
    weightedF1: of(({ weightedF1 }) => weightedF1),
    matthews: of(({ matthews }) => matthews),
    brier: values.brier === null ? null : of(({ brier }) => brier ?? NaN),
    logLoss: values.logLoss === null
      ? null
      : of(({ logLoss }) => logLoss ?? NaN),
  };
}

/**
 * Scores answers on the test windows of walk-forward splits: pooled, with
 * bootstrap intervals, and window by window. Answers that name no class (-1)
 * are counted in a column of their own and are wrong; macro F1 is the mean
 * over the true classes.
 *
 * Inputs, all of the full length: `labels`, i32 `["t"]`, -1 where not known
 * (such rows are left out); `answers`, i32 `["t"]`, of which only test rows
 * are read; optional `probabilities`, f64 `["t", "k"]`, for Brier score and log
 * loss; optional `days`, i32 `["t"]`, days since 1970-01-01: rows of one day
 * share the market, so that days are drawn rather than rows; optional
 * `clusters`, i32 `["t"]`, drawn in place of days, for example tickers;
 * `splits`. Params: `classes`, and those of {@linkcode IntervalParams}.
 *
 * Outputs: `scores`, see {@linkcode AnswerScores}; `byWindow`, see
 * {@linkcode AnswerWindow}, without windows that hold no label; `confusion`,
 * counts `[true class][answer]` with a last column for answers without a
 * class.
 *
 * @throws {DataError} If no test row is labelled, a label or an answer is no
 * class, a window does not fit, or a row of probabilities is no distribution.
 *
 * @example
 * ```ts
 * import { walkForwardScores } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { scores, byWindow, confusion } = await walkForwardScores.run({
 *   labels: wf.tensor([0, 1, 0, 1, 1, 0], { dtype: "i32" }),
 *   answers: wf.tensor([-1, -1, -1, 1, 0, -1], { dtype: "i32" }),
 *   splits: [{ trainStart: 0, trainEnd: 2, testStart: 3, testEnd: 6 }],
 * }, { classes: 2 });
 * console.log(scores.accuracy.value.toFixed(4), scores.invalid); // 0.3333 1
 * console.log(byWindow[0]!.gap, confusion); // 1 [[0, 0, 1], [1, 1, 0]]
 * ```
 */
export const walkForwardScores: Op<
  {
    labels: Tensor<"i32">;
    answers: Tensor<"i32">;
    probabilities?: F64;
    days?: Tensor<"i32">;
    clusters?: Tensor<"i32">;
    splits: Splits;
  },
  { classes: number } & IntervalParams,
  { scores: AnswerScores; byWindow: AnswerWindow[]; confusion: number[][] }
> = op({
  name: "evaluate/walkForwardScores",
  version: "1",
  doc: "Scores of a classifier on walk-forward windows, pooled and one by one",
  inputs: {
    labels: port.tensor("i32", ["t"], { doc: "Classes from 0; -1 unknown" }),
    answers: port.tensor("i32", ["t"], {
      doc: "Classes from 0; -1 for an answer without a class",
    }),
    probabilities: port.optional(port.tensor("f64", ["t", "k"])),
    days: port.optional(port.tensor("i32", ["t"])),
    clusters: port.optional(port.tensor("i32", ["t"])),
    splits: port.value(SPLITS),
  },
  params: z.object({
    classes: z.int().min(2).max(4096),
    ...INTERVAL_PARAMS,
  }),
  outputs: {
    scores: port.value(ANSWER_SCORES),
    byWindow: port.value(z.array(ANSWER_WINDOW)),
    confusion: port.value(z.array(z.array(z.number()))),
  },
  run: async (inputs, params, { signal }) => {
    const { classes, level } = params;
    const { splits } = inputs;
    const labels = await inputs.labels.data();
    const answers = await inputs.answers.data();
    const days = await inputs.days?.data();
    const clusters = await inputs.clusters?.data() ?? days;
    checkSplits(splits, labels.length);

    const tests = testRowsOf(splits, labels);
    const at = (values: Int32Array) =>
      Int32Array.from(tests, ({ row }) => values[row]!);
    const truth = at(labels);
    const given = at(answers);
    checkLabels(truth, classes);
    checkAnswers(given, classes);
    const rows = answerRows(
      truth,
      given,
      classes,
      inputs.probabilities === undefined ? null : await probabilitiesAt(
        inputs.probabilities,
        Int32Array.from(tests, ({ row }) => row),
        truth,
        classes,
      ),
    );

    const samples: AnswerTable<number>[] = [];
    const drawn = resampledRows(tests.length, params, clusters && at(clusters));
    const pace = pacer(signal);
    for await (const picks of drawn) {
      await pace();
      samples.push(answerScores(pickRows(rows, picks)));
    }
    return {
      scores: {
        rows: tests.length,
        invalid: invalidOf(rows),
        ...intervals(answerScores(rows), samples, level),
      },
      byWindow: splits.flatMap((split, window) => {
        const picks = tests.flatMap((test, index) =>
          test.window === window ? [index] : []
        );
        if (picks.length === 0) return [];
        const own = pickRows(rows, Int32Array.from(picks));
        return [{
          window,
          rows: picks.length,
          invalid: invalidOf(own),
          trainRows: split.trainEnd - split.trainStart,
          gap: split.testStart - split.trainEnd,
          gapDays: gapDaysOf(days, split),
          ...answerScores(own),
        }];
      }),
      confusion: answerConfusion(truth, given, classes).slice(0, classes)
        .map((row) => [...row]),
    };
  },
});
