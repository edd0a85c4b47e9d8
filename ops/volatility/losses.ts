/**
 * Losses of variance forecasts, row by row.
 *
 * @module
 */

import {
  DataError,
  ParameterError,
  ShapeError,
} from "../../runtime/core/errors.ts";

/** The names of the losses. */
export type LossName = "qlike" | "mse" | "mae";

/** What a row with NaN means: an error, or a row left out of the score. */
export type MissingRows = "error" | "drop";

/**
 * The QLIKE loss `σ²/h − ln(σ²/h) − 1` of a forecast h of a variance σ²
 * (A. Patton, "Volatility Forecast Comparison Using Imperfect Volatility
 * Proxies", 2011): 0 for a perfect forecast, scale-free, hard on forecasts that
 * are too low. Ranks forecasts rightly even if σ² is measured with noise.
 *
 * @param actual The variance, positive.
 * @param forecast Its forecast, positive.
 * @returns The loss, at least 0.
 *
 * @example
 * ```ts
 * import { qlikeLoss } from "@weft/weft/ops/volatility";
 *
 * console.log(qlikeLoss(1, 2), qlikeLoss(2, 1)); // 0.193… 0.306…: too low costs more
 * ```
 */
export function qlikeLoss(actual: number, forecast: number): number {
  const ratio = actual / forecast;
  return ratio - Math.log(ratio) - 1;
}

/**
 * The squared error of a variance forecast.
 *
 * @param actual The variance.
 * @param forecast Its forecast.
 * @returns The loss, at least 0, in squared variance.
 */
export function squaredLoss(actual: number, forecast: number): number {
  return (actual - forecast) ** 2;
}

/**
 * The absolute error of a variance forecast.
 *
 * @param actual The variance.
 * @param forecast Its forecast.
 * @returns The loss, at least 0, in variance.
 */
export function absoluteLoss(actual: number, forecast: number): number {
  return Math.abs(actual - forecast);
}

/** The losses by name. */
export const LOSSES: Readonly<
  Record<LossName, (actual: number, forecast: number) => number>
> = {
  qlike: qlikeLoss,
  mse: squaredLoss,
  mae: absoluteLoss,
};

/**
 * The rows to score: those that the mask allows and, with `missing: "drop"`, in
 * which every series has a number.
 *
 * @param series Series of one length, by name; the variance itself among them.
 * @param mask 1 for rows to score; all rows if absent.
 * @param missing Whether NaN in a masked-in row is an error or leaves it out.
 * @returns The indices of the rows, in order, at least one.
 * @throws {ShapeError} For series of different lengths.
 * @throws {DataError} For NaN that is not to be dropped, an infinity, or no row left.
 */
export function rowsToScore(
  series: Readonly<Record<string, Float64Array>>,
  mask: Uint8Array | undefined,
  missing: MissingRows,
): number[] {
  const entries = Object.entries(series);
  const length = entries[0]?.[1].length ?? 0;
  for (const [name, values] of entries) {
    if (values.length !== length) {
      throw new ShapeError(
        `Cannot score "${name}" against series of another length`,
        {
          expected: `${length} rows`,
          actual: `${values.length} rows`,
        },
      );
    }
  }
  const rows: number[] = [];
  for (let row = 0; row < length; row++) {
    if (mask !== undefined && mask[row] === 0) continue;
    const gap = entries.find(([, values]) => !Number.isFinite(values[row]));
    if (gap === undefined) {
      rows.push(row);
      continue;
    }
    const [name, values] = gap;
    if (missing === "error" || !Number.isNaN(values[row])) {
      throw new DataError(
        `Cannot score row ${row}: "${name}" is ${values[row]} there`,
        {
          hint:
            'Mask the row out, or set "missing" to "drop" to leave out rows with NaN',
        },
      );
    }
  }
  if (rows.length === 0) {
    throw new DataError("Cannot score forecasts on no rows", {
      hint: "Check the mask, and that the forecasts cover the same rows",
    });
  }
  return rows;
}

/**
 * The losses of one forecast on given rows.
 *
 * @param loss Which loss.
 * @param actual Variances.
 * @param forecast Their forecasts.
 * @param rows The rows to score.
 * @param name The forecast's name, for errors.
 * @returns One loss for each of `rows`.
 * @throws {ParameterError} If QLIKE meets a value that is not positive.
 */
export function lossesOf(
  loss: LossName,
  actual: Float64Array,
  forecast: Float64Array,
  rows: readonly number[],
  name = "forecast",
): Float64Array {
  const evaluate = LOSSES[loss];
  return Float64Array.from(rows, (row) => {
    const truth = actual[row] as number;
    const guess = forecast[row] as number;
    if (loss === "qlike" && !(truth > 0 && guess > 0)) {
      const [culprit, value] = guess > 0 ? ["variance", truth] : [name, guess];
      throw new ParameterError(
        `Cannot compute QLIKE at row ${row}: "${culprit}" is ${value}`,
        {
          expected: "positive variances and forecasts",
          hint:
            'Set a positive "floor" in "volatility/realizedVariance", or mask the row out',
        },
      );
    }
    return evaluate(truth, guess);
  });
}
