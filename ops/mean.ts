/**
 * The arithmetic mean of plain numbers, shared by all families.
 *
 * @module
 */

/**
 * Arithmetic mean.
 *
 * @param values Numbers; NaN of none.
 * @returns Their mean.
 */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += values[row]!;
  return sum / values.length;
}
