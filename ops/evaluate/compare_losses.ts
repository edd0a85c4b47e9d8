/**
 * Paired comparison of two models by the mean of their losses, and the losses
 * of class probabilities row by row.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { pacer } from "../pace.ts";
import { INTERVAL, type Interval, intervalOf } from "./bootstrap.ts";
import { readLabelled } from "./labelled.ts";
import { pairedPermutation } from "./permutation.ts";
import {
  CLASS_PROBABILITIES,
  type ClassProbabilities,
} from "./probability_metrics.ts";
import { brierOf, logLossOf } from "./probability_scores.ts";
import {
  INTERVAL_PARAMS,
  type IntervalParams,
  resampledRows,
  rowsByCluster,
} from "./resample.ts";

/** Two models by the mean of their losses. */
export interface LossComparison {
  /** Mean difference, first less second (negative favours the first), with an interval from a paired bootstrap. */
  readonly difference: Interval;
  /** Two-sided p-value of a paired permutation test. */
  readonly pValue: number;
  /** Whether the test tried all ways of swapping rather than drew some. */
  readonly isExact: boolean;
  /** How many rows there are. */
  readonly rows: number;
}

/** Schema of {@linkcode LossComparison}. */
export const LOSS_COMPARISON: z.ZodType<LossComparison> = z.object({
  difference: INTERVAL,
  pValue: z.number(),
  isExact: z.boolean(),
  rows: z.number(),
});

function checkLosses(name: string, losses: Float64Array): void {
  const bad = losses.findIndex((loss) => !Number.isFinite(loss));
  if (losses.length > 0 && bad < 0) return;
  throw new DataError(
    `Cannot compare losses as "${name}" is empty or not finite`,
    {
      expected: "at least one finite number",
      actual: losses.length === 0 ? "no rows" : `${losses[bad]} in row ${bad}`,
    },
  );
}

/**
 * Compares two models by the mean of their losses on the same rows: an
 * interval from a paired bootstrap and the p-value of a paired permutation
 * test (of sign flips; exact up to 13 units). Where losses depend on their
 * neighbours in time rather than on a cluster, `dieboldMariano` of
 * ops/volatility takes the same two inputs.
 *
 * Inputs: `first`, `second`, f64 `["n"]`, finite, for example from
 * `rowLosses`; optional `clusters`, i32 `["n"]`, for example days. Params:
 * `permutations` (1000) and those of {@linkcode IntervalParams}. Output:
 * `result`, see {@linkcode LossComparison}.
 *
 * @throws {DataError} If there are no rows or a loss is not finite.
 *
 * @example
 * ```ts
 * import { compareLossMeans } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { result } = await compareLossMeans.run({
 *   first: wf.tensor([0.1, 0.2, 0.3], { dtype: "f64" }),
 *   second: wf.tensor([0.2, 0.4, 0.6], { dtype: "f64" }),
 * });
 * console.log(result.difference.value.toFixed(1), result.pValue); // -0.2 0.25
 * ```
 */
export const compareLossMeans: Op<
  { first: F64; second: F64; clusters?: Tensor<"i32"> },
  { permutations?: number | undefined } & IntervalParams,
  { result: LossComparison }
> = op({
  name: "evaluate/compareLossMeans",
  version: "1",
  doc: "Paired bootstrap and permutation test of two models' losses",
  inputs: {
    first: port.tensor("f64", ["n"]),
    second: port.tensor("f64", ["n"]),
    clusters: port.optional(port.tensor("i32", ["n"])),
  },
  params: z.object({
    permutations: z.int().min(1).max(100_000).default(1000),
    ...INTERVAL_PARAMS,
  }),
  outputs: { result: port.value(LOSS_COMPARISON) },
  run: async (inputs, params, { signal }) => {
    const first = await inputs.first.data();
    const second = await inputs.second.data();
    const clusters = await inputs.clusters?.data();
    checkLosses("first", first);
    checkLosses("second", second);
    const differences = first.map((loss, row) => loss - second[row]!);
    const rows = differences.length;
    const meanAt = (picks: ArrayLike<number>) => {
      let sum = 0;
      for (let at = 0; at < picks.length; at++) sum += differences[picks[at]!]!;
      return sum / picks.length;
    };

    const samples: number[] = [];
    const pace = pacer(signal);
    for await (const picks of resampledRows(rows, params, clusters)) {
      await pace();
      samples.push(meanAt(picks));
    }
    const every = Int32Array.from(differences.keys());
    const sums = rowsByCluster(clusters ?? every).map((own) =>
      meanAt(own) * own.length
    );
    const flipped = (swaps: Int32Array) => [
      sums.reduce(
        (total, sum, unit) => total + (swaps[unit] === 0 ? sum : -sum),
        0,
      ),
    ];
    const [test] = await pairedPermutation(
      sums.length,
      flipped,
      params,
      signal,
    );
    return {
      result: {
        difference: intervalOf(meanAt(every), samples, params.level),
        ...test!,
        rows,
      },
    };
  },
});

/**
 * Brier score and log loss of each labelled row, for paired tests of two
 * classifiers' probabilities.
 *
 * Inputs: `labels`, i32 `["n"]`, -1 where not known (such rows are left out);
 * `probabilities`, f64 `["n", "k"]`. Outputs: `brier` and `logLoss`, f64
 * `["m"]`; `rows`, i32 `["m"]`, where they stood.
 *
 * @throws {DataError} If no row is labelled, a label is no class, or a row of
 * probabilities is no distribution.
 *
 * @example
 * ```ts
 * import { rowLosses } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { brier, rows } = await rowLosses.run({
 *   labels: wf.tensor([-1, 0], { dtype: "i32" }),
 *   probabilities: wf.tensor([[0.5, 0.5], [0.5, 0.5]], { dtype: "f64" }),
 * });
 * console.log(await brier.toArray(), await rows.toArray()); // [0.5] [1]
 * ```
 */
export const rowLosses: Op<
  ClassProbabilities,
  Record<never, never>,
  { brier: F64; logLoss: F64; rows: Tensor<"i32"> }
> = op({
  name: "evaluate/rowLosses",
  version: "1",
  doc: "Brier score and log loss of each labelled row",
  inputs: CLASS_PROBABILITIES,
  params: z.object({}),
  outputs: {
    brier: port.tensor("f64", ["m"]),
    logLoss: port.tensor("f64", ["m"]),
    rows: port.tensor("i32", ["m"]),
  },
  run: async ({ labels, probabilities }) => {
    const labelled = await readLabelled(labels, probabilities);
    return {
      brier: tensor(brierOf(labelled)),
      logLoss: tensor(logLossOf(labelled)),
      rows: tensor(labelled.rows),
    };
  },
});
