/**
 * Paired comparison of two classifiers by every score of their answers.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";
import { pacer } from "../pace.ts";
import {
  ANSWER_METRICS,
  answerConfusion,
  type AnswerMetric,
  answerMetric,
} from "./answer_scores.ts";
import { INTERVAL, type Interval, intervalOf } from "./bootstrap.ts";
import { checkLabels } from "./labelled.ts";
import {
  PAIRED_ANSWERS,
  type PairedAnswers,
  type PairedRows,
  readPaired,
} from "./mc_nemar.ts";
import { pairedPermutation } from "./permutation.ts";
import {
  INTERVAL_PARAMS,
  type IntervalParams,
  resampledRows,
  rowsByCluster,
} from "./resample.ts";

/** Two classifiers by one score. */
export interface AnswerComparison {
  /** The score. */
  readonly metric: AnswerMetric;
  /** The first classifier's. */
  readonly first: number;
  /** The second classifier's. */
  readonly second: number;
  /** First less second, with an interval from a paired bootstrap. */
  readonly difference: Interval;
  /** Two-sided p-value of a paired permutation test. */
  readonly pValue: number;
}

/** Schema of {@linkcode AnswerComparison}. */
export const ANSWER_COMPARISON: z.ZodType<AnswerComparison> = z.object({
  metric: z.enum(["accuracy", "macroF1", "weightedF1", "matthews"]),
  first: z.number(),
  second: z.number(),
  difference: INTERVAL,
  pValue: z.number(),
});

function scoresAt(
  labels: Int32Array,
  answers: Int32Array,
  classes: number,
): number[] {
  const confusion = answerConfusion(labels, answers, classes);
  return ANSWER_METRICS.map((metric) => answerMetric(metric, confusion));
}

function differencesOf(rows: PairedRows, classes: number): number[] {
  const second = scoresAt(rows.labels, rows.second, classes);
  return scoresAt(rows.labels, rows.first, classes).map((score, index) =>
    score - second[index]!
  );
}

function pickPaired(rows: PairedRows, picks: Int32Array): PairedRows {
  const at = (values: Int32Array) =>
    Int32Array.from(picks, (row) => values[row]!);
  return {
    rows: at(rows.rows),
    labels: at(rows.labels),
    first: at(rows.first),
    second: at(rows.second),
  };
}

function swapped(
  rows: PairedRows,
  clusterOf: Int32Array,
  swaps: Int32Array,
): PairedRows {
  const keeps = (row: number) => swaps[clusterOf[row]!] === 0;
  const other = (own: Int32Array, others: Int32Array) =>
    own.map((answer, row) => keeps(row) ? answer : others[row]!);
  return {
    ...rows,
    first: other(rows.first, rows.second),
    second: other(rows.second, rows.first),
  };
}

/**
 * Compares two classifiers on the same rows by accuracy, macro and weighted
 * F1, and Matthews correlation: the difference (first less second) with an
 * interval from a paired bootstrap, and the p-value of a paired permutation
 * test (exact up to 13 units). Where rows of one day share the market, give
 * `clusters`: whole days are then drawn and swapped.
 *
 * Inputs: `labels`, `first`, `second`, i32 `["n"]`; rows whose label is -1 are
 * left out, answers of -1 are wrong; optional `clusters`, i32 `["n"]`, for
 * example days since 1970-01-01. Params: `classes`, `permutations` (1000) and
 * those of {@linkcode IntervalParams}. Output: `table`, one row for each score.
 *
 * @throws {DataError} If no row is labelled or a label is no class.
 *
 * @example
 * ```ts
 * import { compareAnswers } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { table } = await compareAnswers.run({
 *   labels: wf.tensor([0, 0, 1, 1, 1], { dtype: "i32" }),
 *   first: wf.tensor([0, 0, 1, 1, 0], { dtype: "i32" }),
 *   second: wf.tensor([0, 1, 0, 0, 0], { dtype: "i32" }),
 * }, { classes: 2 });
 * console.log(table[0]!.difference.value.toFixed(2), table[0]!.pValue); // 0.60 0.25
 * ```
 */
export const compareAnswers: Op<
  PairedAnswers & { clusters?: Tensor<"i32"> },
  { classes: number; permutations?: number | undefined } & IntervalParams,
  { table: AnswerComparison[] }
> = op({
  name: "evaluate/compareAnswers",
  version: "1",
  doc: "Paired bootstrap and permutation test of two classifiers",
  inputs: {
    ...PAIRED_ANSWERS,
    clusters: port.optional(port.tensor("i32", ["n"])),
  },
  params: z.object({
    classes: z.int().min(2).max(4096),
    permutations: z.int().min(1).max(100_000).default(1000),
    ...INTERVAL_PARAMS,
  }),
  outputs: { table: port.value(z.array(ANSWER_COMPARISON)) },
  run: async ({ clusters, ...inputs }, params, { signal }) => {
    const { classes, level } = params;
    const rows = await readPaired(inputs);
    checkLabels(rows.labels, classes);
    const all = await clusters?.data();
    const groups = all && Int32Array.from(rows.rows, (row) => all[row]!);

    const samples: number[][] = [];
    const count = rows.labels.length;
    const pace = pacer(signal);
    for await (const picks of resampledRows(count, params, groups)) {
      await pace();
      samples.push(differencesOf(pickPaired(rows, picks), classes));
    }

    const units = rowsByCluster(groups ?? Int32Array.from(rows.rows.keys()));
    const clusterOf = new Int32Array(count);
    units.forEach((own, unit) => own.forEach((row) => clusterOf[row] = unit));
    const tests = await pairedPermutation(
      units.length,
      (swaps) => differencesOf(swapped(rows, clusterOf, swaps), classes),
      params,
      signal,
    );

    const first = scoresAt(rows.labels, rows.first, classes);
    const second = scoresAt(rows.labels, rows.second, classes);
    const values = differencesOf(rows, classes);
    return {
      table: ANSWER_METRICS.map((metric, index) => ({
        metric,
        first: first[index]!,
        second: second[index]!,
        difference: intervalOf(
          values[index]!,
          samples.map((sample) => sample[index]!),
          level,
        ),
        pValue: tests[index]!.pValue,
      })),
    };
  },
});
