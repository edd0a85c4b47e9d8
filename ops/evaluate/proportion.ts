/**
 * Intervals of a share.
 *
 * @module
 */

import { normalQuantile } from "../normal_quantile.ts";

/**
 * Wilson's score interval (1927) of a share of independent rows: unlike the
 * textbook one it is honest for few rows and for shares near 0 and 1.
 *
 * @param hits How many rows count.
 * @param count How many rows there are, at least one.
 * @param level Coverage, between 0 and 1.
 * @returns Lower and upper end.
 *
 * @example
 * ```ts
 * import { wilsonInterval } from "@weft/weft/ops/evaluate";
 *
 * const [lower, upper] = wilsonInterval(3, 7, 0.95);
 * console.log(lower.toFixed(4), upper.toFixed(4)); // 0.1582 0.7495
 * ```
 */
export function wilsonInterval(
  hits: number,
  count: number,
  level: number,
): [lower: number, upper: number] {
  const square = normalQuantile((1 + level) / 2) ** 2;
  const share = hits / count;
  const middle = (share + square / (2 * count)) / (1 + square / count);
  const half = Math.sqrt(
    square * (share * (1 - share) / count + square / (4 * count ** 2)),
  ) / (1 + square / count);
  return [
    hits === 0 ? 0 : middle - half,
    hits === count ? 1 : middle + half,
  ];
}
