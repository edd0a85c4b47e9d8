/**
 * A column of dates as text, read in one format.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import { type DateFormat, detectDateFormat, parseDate } from "./date_format.ts";
import { isMissingText } from "./number_format.ts";
import {
  NO_DAY,
  type PriceTable,
  type TickerColumn,
  type UnreadField,
} from "./price_table.ts";

/**
 * Reads the dates of a file.
 *
 * @param dates The different texts, and which of them each row has.
 * @param dateFormat How they are written; found from all of them where absent.
 * @param source What the file is called in an error.
 * @returns Day numbers, and the dates that could not be read.
 * @throws {DataError} Where there is no date at all, or none can be read for
 * sure.
 */
export function readDates(
  { codes, names }: TickerColumn,
  dateFormat: DateFormat | undefined,
  source: string,
): Pick<PriceTable, "day" | "unreadDates"> {
  const present = names.filter((text) => !isMissingText(text));
  if (present.length === 0) {
    throw new DataError(`Cannot read prices as "${source}" has no dates`, {
      expected: "a date in every row",
      actual: "an empty date column",
      hint: 'Name the right column in "columns.date"',
    });
  }
  const format = dateFormat ?? detectDateFormat(present, source);
  const days = names.map((text) => parseDate(text, format) ?? NO_DAY);
  const unreadDates: UnreadField[] = [];
  const day = codes.map((code, row) => {
    const number = days[code] as number;
    if (number === NO_DAY) {
      unreadDates.push({ row, column: "date", text: names[code] as string });
    }
    return number;
  });
  return { day, unreadDates };
}
