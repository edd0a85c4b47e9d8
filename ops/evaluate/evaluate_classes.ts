/**
 * Everything that is asked of a classifier's logits, in one op.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import {
  bootstrapRows,
  INTERVAL,
  type Interval,
  intervalOf,
} from "./bootstrap.ts";
import {
  accuracyOf,
  confusionCounts,
  macroF1Of,
  matthewsOf,
  weightedF1Of,
} from "./confusion.ts";
import { type Labelled, predictedClasses, readLabelled } from "./labelled.ts";
import { brierOf, logLossOf } from "./probability_scores.ts";
import { WINDOWS, type Windows } from "./test_rows.ts";

/** The scores, each as a `T`. */
export interface ScoreTable<T> {
  /** Share of rows whose class was predicted. */
  readonly accuracy: T;
  /** Plain mean of the F1 of the classes. */
  readonly macroF1: T;
  /** Mean of the F1 of the classes, weighted by rows. */
  readonly weightedF1: T;
  /** Matthews correlation coefficient. */
  readonly matthews: T;
  /** Mean Brier score, summed over the classes. */
  readonly brier: T;
  /** Mean log loss in nats. */
  readonly logLoss: T;
}

/** Scores of a classifier, each with a bootstrap interval. */
export interface ClassScores extends ScoreTable<Interval> {
  /** How many rows were scored. */
  readonly rows: number;
}

/** Scores of a classifier on one window of rows. */
export interface WindowScores extends ScoreTable<number> {
  /** Which window: its place in the list that came in. */
  readonly window: number;
  /** How many rows were scored. */
  readonly rows: number;
}

function scoreTable<T>(score: z.ZodType<T>) {
  return {
    accuracy: score,
    macroF1: score,
    weightedF1: score,
    matthews: score,
    brier: score,
    logLoss: score,
  };
}

/** Schema of {@linkcode ClassScores}. */
export const CLASS_SCORES: z.ZodType<ClassScores> = z.object({
  rows: z.number(),
  ...scoreTable(INTERVAL),
});

/** Schema of {@linkcode WindowScores}. */
export const WINDOW_SCORES: z.ZodType<WindowScores> = z.object({
  window: z.number(),
  rows: z.number(),
  ...scoreTable(z.number()),
});

/** Names of the scores. */
export type ClassScoreName = keyof ScoreTable<unknown>;

const SCORE_NAMES: readonly ClassScoreName[] = [
  "accuracy",
  "macroF1",
  "weightedF1",
  "matthews",
  "brier",
  "logLoss",
];

/** What the scores need to know of each row, computed once. */
interface RowScores {
  readonly labels: Int32Array;
  readonly predicted: Int32Array;
  readonly brier: Float64Array;
  readonly logLoss: Float64Array;
  readonly classes: number;
}

function rowScoresOf(labelled: Labelled): RowScores {
  return {
    labels: labelled.labels,
    predicted: predictedClasses(labelled.probabilities, labelled.classes),
    brier: brierOf(labelled),
    logLoss: logLossOf(labelled),
    classes: labelled.classes,
  };
}

function scoresOf(rows: RowScores): ScoreTable<number> {
  const confusion = confusionCounts(rows.labels, rows.predicted, rows.classes);
  return {
    accuracy: accuracyOf(confusion),
    macroF1: macroF1Of(confusion),
    weightedF1: weightedF1Of(confusion),
    matthews: matthewsOf(confusion),
    brier: meanOf(rows.brier),
    logLoss: meanOf(rows.logLoss),
  };
}

function rowsAt(rows: RowScores, picks: Int32Array): RowScores {
  const classesAt = (values: Int32Array) =>
    Int32Array.from(picks, (row) => values[row]!);
  const numbersAt = (values: Float64Array) =>
    Float64Array.from(picks, (row) => values[row]!);
  return {
    labels: classesAt(rows.labels),
    predicted: classesAt(rows.predicted),
    brier: numbersAt(rows.brier),
    logLoss: numbersAt(rows.logLoss),
    classes: rows.classes,
  };
}

/**
 * Accuracy, macro and weighted F1, Matthews correlation, Brier score and log
 * loss of class logits, each with a percentile interval from a circular block
 * bootstrap, and the confusion matrix. `byWindow` gives the plain scores for
 * each of the `windows` (an optional input, from `testRows`); windows without
 * a labelled row are left out of it.
 *
 * Inputs: `logits`, f32 or f64 `["n", "k"]` (`-Infinity` is legal and means
 * probability 0); `labels`, i32 `["n"]`; rows whose label is -1 (not known)
 * are left out. Params: `resamples` (default 500), `level` (0.95),
 * `blockLength` in rows (default 1; take at least the horizon of the labels,
 * since those of near days overlap) and `seed` (0).
 *
 * @throws {DataError} If no row is labelled or a row of logits holds NaN.
 *
 * @example
 * ```ts
 * import { evaluateClasses } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { scores, confusion } = await evaluateClasses.run({
 *   logits: wf.tensor([[2, 0], [0, 2], [1, 0], [1, 0]], { dtype: "f64" }),
 *   labels: wf.tensor([0, 1, 0, 1], { dtype: "i32" }),
 * });
 * console.log(scores.accuracy); // { value: 0.75, lower: 0.25, upper: 1 }
 * console.log(confusion); // [[2, 0], [1, 1]]
 * ```
 */
export const evaluateClasses: Op<
  {
    logits: Tensor<"f32" | "f64">;
    labels: Tensor<"i32">;
    windows?: Windows;
  },
  {
    resamples?: number | undefined;
    level?: number | undefined;
    blockLength?: number | undefined;
    seed?: number | undefined;
  },
  {
    scores: ClassScores;
    byWindow: WindowScores[];
    confusion: number[][];
  }
> = op({
  name: "evaluate/evaluateClasses",
  version: "1",
  doc: "All scores of a classifier, with bootstrap intervals",
  inputs: {
    logits: port.tensor(["f32", "f64"], ["n", "k"]),
    labels: port.tensor("i32", ["n"], { doc: "Classes from 0; -1 unknown" }),
    windows: port.optional(port.value(WINDOWS)),
  },
  params: z.object({
    resamples: z.int().min(1).max(100_000).default(500),
    level: z.number().gt(0).lt(1).default(0.95),
    blockLength: z.int().positive().default(1),
    seed: z.int().nonnegative().default(0),
  }),
  outputs: {
    scores: port.value(CLASS_SCORES),
    byWindow: port.value(z.array(WINDOW_SCORES)),
    confusion: port.value(z.array(z.array(z.number()))),
  },
  run: async ({ logits, labels, windows = [] }, params, { signal }) => {
    const labelled = await readLabelled(
      labels,
      wf.softmax(wf.cast(logits, "f64"), { axis: -1 }),
    );
    const rows = rowScoresOf(labelled);
    const samples: ScoreTable<number>[] = [];
    for await (const picks of bootstrapRows(rows.labels.length, params)) {
      signal.throwIfAborted();
      samples.push(scoresOf(rowsAt(rows, picks)));
    }
    const values = scoresOf(rows);
    const interval = (name: ClassScoreName) =>
      intervalOf(values[name], samples.map((s) => s[name]), params.level);
    return {
      scores: {
        rows: rows.labels.length,
        ...Object.fromEntries(
          SCORE_NAMES.map((name) => [name, interval(name)]),
        ) as unknown as ScoreTable<Interval>,
      },
      byWindow: windows.flatMap(({ start, end }, window) => {
        const picks = positionsBetween(labelled.rows, start, end);
        return picks.length === 0 ? [] : [{
          window,
          rows: picks.length,
          ...scoresOf(rowsAt(rows, picks)),
        }];
      }),
      confusion: confusionCounts(rows.labels, rows.predicted, rows.classes)
        .map((row) => [...row]),
    };
  },
});

/** Which of the labelled rows stand from `start` to before `end`. */
function positionsBetween(
  known: Int32Array,
  start: number,
  end: number,
): Int32Array {
  const picks: number[] = [];
  known.forEach((row, index) => {
    if (row >= start && row < end) picks.push(index);
  });
  return Int32Array.from(picks);
}
