/**
 * What becomes of rows in which a computed column has no value, for example
 * the first ones, before a window is full.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { takeFrameRows } from "./frames.ts";

/**
 * `"null"` keeps the rows with null in them, `"drop"` leaves them out,
 * `"error"` refuses them.
 */
export type IncompleteRows = "null" | "drop" | "error";

/** The schema of {@linkcode IncompleteRows}. */
export const incompleteRowsSchema: z.ZodType<IncompleteRows> = z.enum([
  "null",
  "drop",
  "error",
]);

/**
 * Applies the policy to a frame.
 *
 * @param frame The frame, with null where a column has no value.
 * @param columns The columns that must be complete.
 * @param policy What becomes of incomplete rows.
 * @returns The frame, or its complete rows.
 * @throws {DataError} Where the policy is `"error"` and a row is incomplete, or
 * where `"drop"` leaves no row.
 */
export function applyIncompleteRows(
  frame: DataFrame,
  columns: readonly string[],
  policy: IncompleteRows,
): DataFrame {
  if (policy === "null") return frame;
  const incomplete = new Uint8Array(frame.height);
  for (const column of columns) {
    const series = frame.getColumn(column);
    if (series.nullCount() === 0) continue;
    const nulls = series.isNull().toArray() as boolean[];
    nulls.forEach((isNull, row) => {
      if (isNull) incomplete[row] = 1;
    });
  }
  const rows = Int32Array.from(incomplete, (_, row) => row)
    .filter((row) => incomplete[row] === 0);
  const missing = frame.height - rows.length;
  if (missing > 0 && policy === "error") {
    throw new DataError(`Cannot go on with ${missing} incomplete rows`, {
      expected: "a value in every row",
      actual: columns.filter((name) => frame.getColumn(name).nullCount() > 0)
        .map((name) => `${frame.getColumn(name).nullCount()} null in "${name}"`)
        .join(", "),
      hint: 'Set "incomplete" to "drop" or "null"',
    });
  }
  if (rows.length === 0) {
    throw new DataError("Cannot drop incomplete rows as none would be left", {
      expected: "at least one row with a value in every column",
      actual: `${frame.height} rows`,
      hint: "Bring more rows, or shorten the windows",
    });
  }
  return takeFrameRows(frame, rows);
}
