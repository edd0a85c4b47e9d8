/**
 * Dates as files write them. A format is named or found from all dates of the
 * file together; what fits two formats is an error, never a guess.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import { dayNumberOf, MILLISECONDS_PER_DAY } from "./days.ts";

/**
 * How dates are written: `"iso"` 2020-04-17 (a time of day may follow and is
 * dropped), `"us"` 4/17/2020, `"eu"` 17/4/2020 or 17.4.2020, `"compact"`
 * 20200417, `"epoch-seconds"` and `"epoch-milliseconds"` since 1970 in UTC.
 */
export type DateFormat =
  | "iso"
  | "us"
  | "eu"
  | "compact"
  | "epoch-seconds"
  | "epoch-milliseconds";

/** All formats, in the order in which they are tried. */
export const DATE_FORMATS: readonly DateFormat[] = [
  "iso",
  "compact",
  "us",
  "eu",
  "epoch-seconds",
  "epoch-milliseconds",
];

const ISO =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const PARTS =
  /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
const EPOCH_SECONDS = /^-?\d{9,10}$/;
const EPOCH_MILLISECONDS = /^-?\d{12,13}$/;

function fromMatch(
  match: RegExpExecArray | null,
  year: number,
  month: number,
  dayOfMonth: number,
): number | undefined {
  if (match === null) return undefined;
  return dayNumberOf(
    Number(match[year]),
    Number(match[month]),
    Number(match[dayOfMonth]),
  );
}

/**
 * Reads one date.
 *
 * @param text The trimmed field.
 * @param format How it is written.
 * @returns Days since 1970-01-01, or `undefined` where the text is no such date.
 */
export function parseDate(
  text: string,
  format: DateFormat,
): number | undefined {
  switch (format) {
    case "iso":
      return fromMatch(ISO.exec(text), 1, 2, 3);
    case "us":
      return fromMatch(PARTS.exec(text), 4, 1, 3);
    case "eu":
      return fromMatch(PARTS.exec(text), 4, 3, 1);
    case "compact":
      return fromMatch(COMPACT.exec(text), 1, 2, 3);
    case "epoch-seconds":
      return EPOCH_SECONDS.test(text)
        ? Math.floor(Number(text) * 1000 / MILLISECONDS_PER_DAY)
        : undefined;
    case "epoch-milliseconds":
      return EPOCH_MILLISECONDS.test(text)
        ? Math.floor(Number(text) / MILLISECONDS_PER_DAY)
        : undefined;
  }
}

/**
 * Finds the one format that reads every date of a file, or most of them:
 * broken dates are reported one by one by whoever parses.
 *
 * @param texts The different dates of the file, trimmed, none missing.
 * @param source What the file is called in an error.
 * @returns The format.
 * @throws {DataError} Where month and day cannot be told apart, or where no
 * format fits.
 */
export function detectDateFormat(
  texts: readonly string[],
  source: string,
): DateFormat {
  const counts = DATE_FORMATS.map((format) => {
    let count = 0;
    for (const text of texts) {
      if (parseDate(text, format) !== undefined) count++;
    }
    return { format, count };
  });
  const best = Math.max(...counts.map(({ count }) => count));
  const fitting = counts.filter(({ count }) => count === best);
  const sample = texts.slice(0, 3).map((text) => `"${text}"`).join(", ");
  if (best <= texts.length / 2) {
    throw new DataError(`Cannot read the dates of "${source}"`, {
      expected: "one format for all dates: ISO 2020-04-17, US 4/17/2020, " +
        "European 17/4/2020 or 17.4.2020, compact 20200417, or an epoch",
      actual: `dates such as ${sample}; the best format reads ${best} of ` +
        `${texts.length} different ones`,
      hint: 'Set "dateFormat", or write the dates as ISO text',
    });
  }
  const [first, second] = fitting;
  if (first === undefined || second !== undefined) {
    throw new DataError(
      `Cannot tell month from day in the dates of "${source}"`,
      {
        expected: "a date with a day after the 12th, or a named format",
        actual: `dates such as ${sample}, which read as ` +
          fitting.map(({ format }) => `"${format}"`).join(" and as "),
        hint: 'Set "dateFormat" to "us" (month first) or to "eu" (day first)',
      },
    );
  }
  return first.format;
}
