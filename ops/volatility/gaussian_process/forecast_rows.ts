/**
 * Inputs and targets of a forecast of log variance a day ahead.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { Split } from "../../splits.ts";

/** Rows of a regression of log variance on what was known the day before. */
export interface ForecastRows {
  /** Log variance of each day; NaN before the first known one. */
  readonly targets: Float64Array;
  /** What was known at the end of the day before, `[t, width]`. */
  readonly inputs: Float64Array;
  /** Columns of `inputs`. */
  readonly width: number;
  /** First row whose target and inputs are all known; so are all later ones. */
  readonly firstKnown: number;
}

/**
 * Builds the rows. Row t holds, for each lag window w, the logarithm of the mean
 * variance over days t − w … t − 1, then the features of day t − 1.
 *
 * @param variance Daily variance `[t]`, positive; NaN only before the first.
 * @param features Features `[t, d]` known at the end of their day, NaN only
 * before the first known row.
 * @param width Columns of the features.
 * @param lags Lengths of the windows in days.
 * @returns The rows.
 * @throws DataError for a variance that is not positive, or a value missing after
 * the first known one.
 */
export function forecastRows(
  variance: Float64Array,
  features: Float64Array,
  width: number,
  lags: readonly number[],
): ForecastRows {
  const rows = variance.length;
  const start = firstKnownRow(variance, 1, "variance");
  const bad = variance.findIndex((value, row) => row >= start && !(value > 0));
  if (bad >= 0) {
    throw new DataError(
      `Cannot forecast log variance as the variance of row ${bad} is ${
        variance[bad]
      }`,
      {
        port: "variance",
        expected: "positive variances",
        hint: "Use a range-based variance, or floor squared returns",
      },
    );
  }
  const featureStart = width === 0
    ? 0
    : firstKnownRow(features, width, "features");
  const columns = lags.length + width;
  const inputs = new Float64Array(rows * columns).fill(NaN);
  const firstKnown = Math.max(
    start + Math.max(1, ...lags),
    featureStart + 1,
  );
  for (let row = firstKnown; row < rows; row += 1) {
    lags.forEach((lag, column) => {
      let sum = 0;
      for (let day = row - lag; day < row; day += 1) {
        sum += variance[day] ?? NaN;
      }
      inputs[row * columns + column] = Math.log(sum / lag);
    });
    for (let column = 0; column < width; column += 1) {
      inputs[row * columns + lags.length + column] =
        features[(row - 1) * width + column] ?? NaN;
    }
  }
  return {
    targets: variance.map((value) => Math.log(value)),
    inputs,
    width: columns,
    firstKnown,
  };
}

function firstKnownRow(
  values: Float64Array,
  width: number,
  name: string,
): number {
  const rows = values.length / width;
  const isKnown = (row: number) =>
    values.subarray(row * width, (row + 1) * width).every(Number.isFinite);
  let first = 0;
  while (first < rows && !isKnown(first)) first += 1;
  for (let row = first; row < rows; row += 1) {
    if (!isKnown(row)) {
      throw new DataError(
        `Cannot forecast log variance as row ${row} of "${name}" is not finite`,
        { port: name, expected: "NaN only before the first known row" },
      );
    }
  }
  return first;
}

/** Fewest rows that hyperparameters are fitted on. */
const FEWEST_ROWS = 10;

/**
 * The first training row of a window, of the last ones that are known.
 *
 * @param rows The rows.
 * @param split The window.
 * @param options The most training rows; what is fitted, and what to do where
 * there are too few, for the error.
 * @returns The row.
 * @throws DataError for fewer than 10 usable training rows.
 */
export function firstTrainingRow(
  { firstKnown }: Pick<ForecastRows, "firstKnown">,
  { trainStart, trainEnd }: Split,
  options: {
    readonly trainRows: number;
    readonly model: string;
    readonly hint: string;
  },
): number {
  const start = Math.max(trainStart, firstKnown, trainEnd - options.trainRows);
  if (trainEnd - start >= FEWEST_ROWS) return start;
  throw new DataError(
    `Cannot fit ${options.model} as a training window has ${
      Math.max(trainEnd - start, 0)
    } usable rows`,
    {
      expected: `at least ${FEWEST_ROWS} rows`,
      actual:
        `rows ${trainStart} to ${trainEnd}, the first ${firstKnown} of the series are warm-up`,
      hint: options.hint,
    },
  );
}

/** Columns scaled by what a training window knew. */
export interface Scaling {
  /** Mean of each column. */
  readonly means: Float64Array;
  /** Standard deviation (ddof 0) of each column; 1 for a constant one. */
  readonly scales: Float64Array;
}

/**
 * Means and deviations of columns.
 *
 * @param values Rows `[n, width]`, n ≥ 1.
 * @param width Columns.
 * @returns One of each a column.
 */
export function columnScaling(values: Float64Array, width: number): Scaling {
  const rows = values.length / width;
  const means = new Float64Array(width);
  const scales = new Float64Array(width);
  for (let column = 0; column < width; column += 1) {
    let sum = 0;
    for (let row = 0; row < rows; row += 1) {
      sum += values[row * width + column] ?? NaN;
    }
    const mean = sum / rows;
    let squares = 0;
    for (let row = 0; row < rows; row += 1) {
      squares += ((values[row * width + column] ?? NaN) - mean) ** 2;
    }
    means[column] = mean;
    scales[column] = Math.sqrt(squares / rows) || 1;
  }
  return { means, scales };
}

/**
 * Applies a scaling.
 *
 * @param values Rows `[n, width]`.
 * @param scaling One mean and scale a column.
 * @returns Scaled rows.
 */
export function scaleColumns(
  values: Float64Array,
  { means, scales }: Scaling,
): Float64Array {
  const width = means.length;
  return values.map((value, index) =>
    (value - (means[index % width] ?? NaN)) / (scales[index % width] ?? NaN)
  );
}
