/**
 * The Diebold-Mariano test of equal forecast accuracy.
 *
 * @module
 */

import { z } from "zod";
import { NumericalError, ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import { readSeries } from "./checks.ts";
import { studentTPValue } from "./student_t.ts";

/** How autocovariances add up to a long-run variance. */
export type LongRunVarianceKind = "truncated" | "bartlett";

/** Params of {@linkcode dieboldMariano}. */
export interface DieboldMarianoParams {
  /** Steps ahead of the forecasts; autocovariances below it are counted; 1. */
  readonly horizon?: number;
  /**
   * "truncated" (default) adds autocovariances with full weight, as in the
   * original test, and may come out negative; "bartlett" weighs them down and
   * never does.
   */
  readonly longRunVariance?: LongRunVarianceKind;
}

/** Result of a Diebold-Mariano test. */
export interface DieboldMariano {
  /** Mean difference of losses, first less second: negative if the first is better. */
  readonly meanDifference: number;
  /** Long-run variance of the differences. */
  readonly longRunVariance: number;
  /** The statistic as Diebold and Mariano have it. */
  readonly uncorrected: number;
  /** The statistic with the small-sample factor of Harvey, Leybourne and Newbold. */
  readonly statistic: number;
  /** Two-sided p-value of `statistic` by Student's t with n − 1 degrees of freedom. */
  readonly pValue: number;
  /** Number of differences, n. */
  readonly count: number;
}

/**
 * Long-run variance of a series: its variance plus twice its autocovariances
 * (all divided by n) up to a lag.
 *
 * @param values The series.
 * @param lags The largest lag.
 * @param kind The weights of the autocovariances.
 * @returns The long-run variance; for "truncated" possibly not positive.
 */
export function longRunVariance(
  values: Float64Array,
  lags: number,
  kind: LongRunVarianceKind,
): number {
  const mean = meanOf(values);
  let total = 0;
  for (let lag = 0; lag <= lags; lag++) {
    let sum = 0;
    for (let row = lag; row < values.length; row++) {
      sum += ((values[row] as number) - mean) *
        ((values[row - lag] as number) - mean);
    }
    const weight = kind === "bartlett" ? 1 - lag / (lags + 1) : 1;
    total += (lag === 0 ? 1 : 2 * weight) * sum / values.length;
  }
  return total;
}

/**
 * The Diebold-Mariano test on differences of losses.
 *
 * @param differences Loss of the first forecast less that of the second, a row.
 * @param horizon Steps ahead of the forecasts.
 * @param kind How the long-run variance is estimated.
 * @returns The statistics and the p-value.
 * @throws {ParameterError} For fewer rows than twice the horizon, or fewer than 3.
 * @throws {NumericalError} If the long-run variance is zero or negative.
 */
export function compareLosses(
  differences: Float64Array,
  horizon = 1,
  kind: LongRunVarianceKind = "truncated",
): DieboldMariano {
  const count = differences.length;
  const needed = Math.max(3, 2 * horizon);
  if (count < needed) {
    throw new ParameterError(
      "Cannot compare forecasts as there are too few scored rows",
      {
        expected: `at least ${needed}`,
        actual: `${count}`,
      },
    );
  }
  const variance = longRunVariance(differences, horizon - 1, kind);
  const scale = differences.reduce((sum, value) => sum + value * value, 0) /
    count;
  if (!(variance > scale * 1e-14)) {
    throw new NumericalError(
      `Cannot compare forecasts as the long-run variance of their loss differences is ${variance}`,
      {
        expected: "a positive number",
        hint: scale === 0
          ? "The two forecasts have the same losses: compare different ones"
          : 'Set "longRunVariance" to "bartlett", whose estimate is never negative',
      },
    );
  }
  const meanDifference = meanOf(differences);
  const uncorrected = meanDifference / Math.sqrt(variance / count);
  const factor = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) /
    count;
  const statistic = uncorrected * Math.sqrt(factor);
  return {
    meanDifference,
    longRunVariance: variance,
    uncorrected,
    statistic,
    pValue: studentTPValue(statistic, count - 1),
    count,
  };
}

/** The schema of {@linkcode DieboldMariano}. */
export const dieboldMarianoSchema: z.ZodType<DieboldMariano> = z.object({
  meanDifference: z.number(),
  longRunVariance: z.number(),
  uncorrected: z.number(),
  statistic: z.number(),
  pValue: z.number(),
  count: z.number().int(),
});

/**
 * The Diebold-Mariano test of equal accuracy of two forecasts (F. Diebold and
 * R. Mariano, "Comparing Predictive Accuracy", 1995) with the small-sample
 * correction of D. Harvey, S. Leybourne and P. Newbold (1997). With
 * `d = first − second` and autocovariances γ, `DM = d̄ / √((γ₀ + 2 Σ_{k<h} γ_k)/n)`,
 * times `√((n + 1 − 2h + h(h − 1)/n)/n)`, against Student's t with n − 1 degrees.
 *
 * Meant for forecasts, not for nested models compared in their own sample.
 *
 * Inputs `first`, `second`: losses a row, shape [t]. Params `horizon` (1),
 * `longRunVariance` ("truncated"). Output `result`, see
 * {@linkcode DieboldMariano}. Throws a `NumericalError` if the truncated long-run
 * variance is negative or the losses are the same, a `DataError` for NaN, a
 * `ParameterError` for too few rows.
 *
 * @example
 * ```ts
 * import { dieboldMariano } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { result } = await dieboldMariano.run({
 *   first: wf.tensor([0.3, 0.1, 0.5, 0.2], { dtype: "f64" }),
 *   second: wf.tensor([0.2, 0.2, 0.3, 0.1], { dtype: "f64" }),
 * });
 * console.log(result.statistic, result.pValue); // 1.192… 0.318…
 * ```
 */
export const dieboldMariano: Op<
  { first: F64; second: F64 },
  DieboldMarianoParams,
  { result: DieboldMariano }
> = op({
  name: "volatility/dieboldMariano",
  version: "1",
  doc:
    "Diebold and Mariano's test of equal forecast accuracy, corrected for small samples",
  inputs: {
    first: port.tensor("f64", ["t"], { doc: "Losses of the first forecast" }),
    second: port.tensor("f64", ["t"], { doc: "Losses of the second forecast" }),
  },
  params: z.object({
    horizon: z.number().int().min(1).default(1),
    longRunVariance: z.enum(["truncated", "bartlett"]).default("truncated"),
  }),
  outputs: {
    result: port.value(dieboldMarianoSchema, { doc: "Statistics and p-value" }),
  },
  run: async ({ first, second }, { horizon, longRunVariance: kind }) => {
    const left = await readSeries(first, { name: "first" });
    const right = await readSeries(second, { name: "second" });
    const differences = left.map((loss, row) => loss - (right[row] as number));
    return { result: compareLosses(differences, horizon, kind) };
  },
});
