/**
 * How forecasts are binned by probability, as plain functions.
 *
 * @module
 */

import type { CalibrationBin } from "./calibration_curve.ts";
import { type Labelled, predictedClasses } from "./labelled.ts";
import { quantileOf } from "./quantile.ts";

/** A forecast of one thing, and whether it came true. */
export interface Point {
  /** The probability that was predicted. */
  readonly predicted: number;
  /** Whether it came true. */
  readonly hit: boolean;
}

/**
 * The forecasts of one class, or of the most probable class of each row.
 *
 * @param labelled Rows with labels and probabilities.
 * @param which The class, or `top`.
 * @returns A point for each row.
 */
export function pointsOf(
  { labels, probabilities, classes }: Labelled,
  which: number | "top",
): Point[] {
  const top = predictedClasses(probabilities, classes);
  return Array.from(labels, (label, row) => {
    const k = which === "top" ? top[row]! : which;
    return { predicted: probabilities[row * classes + k]!, hit: label === k };
  });
}

/**
 * The edges of bins.
 *
 * @param points The forecasts.
 * @param bins How many bins.
 * @param strategy Of equal width, or with equally many rows.
 * @returns Edges in ascending order, one more than bins; fewer where quantiles
 * are equal.
 */
export function edgesOf(
  points: readonly Point[],
  bins: number,
  strategy: "uniform" | "quantile",
): number[] {
  if (strategy === "uniform") {
    return Array.from({ length: bins + 1 }, (_, index) => index / bins);
  }
  const sorted = points.map(({ predicted }) => predicted).sort((a, b) => a - b);
  const edges = Array.from(
    { length: bins + 1 },
    (_, index) => quantileOf(sorted, index / bins),
  );
  // Equal quantiles make one edge; where all are equal, one bin without width
  const least = edges[0]!;
  const rising = edges.slice(1).filter((edge, index) => edge > edges[index]!);
  return [least, ...(rising.length === 0 ? [least] : rising)];
}

/**
 * Bins forecasts by their probability.
 *
 * @param points The forecasts.
 * @param edges Edges in ascending order.
 * @returns The bins that are not empty.
 */
export function binsOf(
  points: readonly Point[],
  edges: readonly number[],
): CalibrationBin[] {
  const last = edges.length - 2;
  const sums = edges.slice(1).map(() => ({ count: 0, predicted: 0, hits: 0 }));
  for (const { predicted, hit } of points) {
    // Right-closed bins like scikit-learn's; the first one holds its left edge too
    const found = edges.findIndex((edge, index) =>
      index > 0 && predicted <= edge
    );
    const sum = sums[found < 0 ? last : found - 1]!;
    sum.count += 1;
    sum.predicted += predicted;
    sum.hits += hit ? 1 : 0;
  }
  return sums.flatMap(({ count, predicted, hits }, index) =>
    count === 0 ? [] : [{
      lower: edges[index]!,
      upper: edges[index + 1]!,
      count,
      meanPredicted: predicted / count,
      observed: hits / count,
    }]
  );
}

/**
 * Expected calibration error: the mean of `|observed - meanPredicted|`,
 * weighted by count.
 *
 * @param bins The bins of a curve.
 * @returns A number from 0 to 1.
 */
export function expectedErrorOf(bins: readonly CalibrationBin[]): number {
  const rows = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce(
    (sum, bin) =>
      sum + bin.count / rows * Math.abs(bin.observed - bin.meanPredicted),
    0,
  );
}
