/**
 * Statistics of a few prices.
 *
 * @module
 */

/** Days that a band looks back on. */
const BAND_DAYS = 20;

/**
 * Mean and population standard deviation.
 *
 * @param values The values.
 * @returns Both; NaN of none.
 */
export function meanAndDeviation(values: readonly number[]): [number, number] {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / values.length)];
}

/**
 * Bollinger bands: the mean of twenty closes, and two standard deviations below and
 * above it.
 *
 * @param closes The closes, in order.
 * @returns Lower, middle and upper band of each row; undefined for the first ones.
 */
export function bollingerBands(
  closes: readonly number[],
): (readonly [number, number, number] | undefined)[] {
  return closes.map((_, row) => {
    if (row + 1 < BAND_DAYS) return undefined;
    const [mean, deviation] = meanAndDeviation(
      closes.slice(row + 1 - BAND_DAYS, row + 1),
    );
    return [mean - 2 * deviation, mean, mean + 2 * deviation] as const;
  });
}
