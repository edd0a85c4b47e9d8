/**
 * Series as JSON takes them.
 *
 * @module
 */

/**
 * Rows of a series, with null where there is no finite number: NaN and infinity
 * have no place in JSON.
 *
 * @param values The series.
 * @param start First row.
 * @param end The row after the last.
 * @returns Plain numbers and nulls.
 */
export function withNulls(
  values: Float64Array,
  start: number,
  end: number,
): (number | null)[] {
  return Array.from(
    values.subarray(start, end),
    (value) => Number.isFinite(value) ? value : null,
  );
}
