/**
 * Quantiles of samples.
 *
 * @module
 */

/**
 * Quantile with linear interpolation between the order statistics (type 7 of
 * Hyndman and Fan, 1996; NumPy's default).
 *
 * @param sorted At least one number, in ascending order.
 * @param probability From 0 (the least) to 1 (the greatest).
 * @returns The quantile.
 */
export function quantileOf(
  sorted: readonly number[],
  probability: number,
): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}
