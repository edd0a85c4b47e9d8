/**
 * Days of frames as ISO texts.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import type { Period } from "./report_schema.ts";

/**
 * The days of a frame's `date` column.
 *
 * @param frame A frame with a `date` column of dates.
 * @returns ISO 8601 texts, for example `2020-04-17`.
 */
export function daysOf(frame: DataFrame): string[] {
  // Its types do not know that iterating over a column of dates gives dates
  const dates: Iterable<unknown> = frame.getColumn("date");
  return Array.from(
    dates as Iterable<Date>,
    (date) => date.toISOString().slice(0, 10),
  );
}

/**
 * The stretch of days of some rows.
 *
 * @param days All days.
 * @param start First row.
 * @param end The row after the last.
 * @returns First and last day, and how many rows.
 */
export function periodOf(
  days: readonly string[],
  start: number,
  end: number,
): Period {
  return { from: days[start]!, to: days[end - 1]!, rows: end - start };
}
