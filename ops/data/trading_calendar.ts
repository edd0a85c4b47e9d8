/**
 * Trading days: the full-day closures of the New York Stock Exchange by rule
 * and by list, or plain weekdays.
 *
 * @module
 */

import { ParameterError } from "../../runtime/core/errors.ts";
import {
  type Day,
  dayNumberOf,
  isoWeekday,
  toDayNumber,
  toISODay,
  yearOf,
} from "./days.ts";

/**
 * Which days count as trading days: `"nyse"` (Monday to Friday without the
 * closures of the New York Stock Exchange), `"weekdays"` (Monday to Friday) or
 * `"everyday"` (all days, as for crypto-currencies).
 */
export type TradingCalendarName = "nyse" | "weekdays" | "everyday";

/** A full day on which an exchange stayed closed although it was a weekday. */
export interface Closure {
  /** The day as `"YYYY-MM-DD"`. */
  readonly date: string;
  /** Why it was closed. */
  readonly reason: string;
}

/**
 * First year of the `"nyse"` calendar. Before it the exchange also closed on
 * election days and for single events that are not listed here.
 */
export const FIRST_NYSE_YEAR = 1981;

/** Last year of the `"nyse"` calendar: rules may change, days may be added. */
export const LAST_NYSE_YEAR = 2099;

/** Full-day closures outside the holiday rules, with their reasons. */
export const SPECIAL_CLOSURES: readonly Closure[] = [
  { date: "1985-09-27", reason: "Hurricane Gloria" },
  { date: "1994-04-27", reason: "Funeral of President Nixon" },
  { date: "2001-09-11", reason: "Attacks of 11 September" },
  { date: "2001-09-12", reason: "Attacks of 11 September" },
  { date: "2001-09-13", reason: "Attacks of 11 September" },
  { date: "2001-09-14", reason: "Attacks of 11 September" },
  { date: "2004-06-11", reason: "Day of mourning for President Reagan" },
  { date: "2007-01-02", reason: "Day of mourning for President Ford" },
  { date: "2012-10-29", reason: "Hurricane Sandy" },
  { date: "2012-10-30", reason: "Hurricane Sandy" },
  { date: "2018-12-05", reason: "Day of mourning for President G. H. W. Bush" },
  { date: "2025-01-09", reason: "Day of mourning for President Carter" },
];

const MONDAY = 1;
const THURSDAY = 4;
const FRIDAY = 5;
const SATURDAY = 6;
const SUNDAY = 7;

/** The day number of a date that is known to exist. */
function dateOf(year: number, month: number, dayOfMonth: number): number {
  const number = dayNumberOf(year, month, dayOfMonth);
  if (number === undefined) {
    throw new RangeError(`No such date: ${year}-${month}-${dayOfMonth}`);
  }
  return number;
}

function nthWeekday(
  year: number,
  month: number,
  weekday: number,
  nth: number,
): number {
  const first = dateOf(year, month, 1);
  return first + ((weekday - isoWeekday(first) + 7) % 7) + 7 * (nth - 1);
}

function lastMondayOfMay(year: number): number {
  const last = dateOf(year, 5, 31);
  return last - ((isoWeekday(last) - MONDAY + 7) % 7);
}

/** Saturday's holidays are kept on Friday, Sunday's on Monday. */
function observed(dayNumber: number): number {
  const weekday = isoWeekday(dayNumber);
  if (weekday === SATURDAY) return dayNumber - 1;
  if (weekday === SUNDAY) return dayNumber + 1;
  return dayNumber;
}

/**
 * Easter Sunday by the Gregorian computus: the Sunday after the full moon of
 * the church on or after 21 March.
 */
function easterSunday(year: number): number {
  const century = Math.floor(year / 100);
  const moonCorrection = Math.floor((8 * century + 13) / 25);
  const leapCorrection = century - Math.floor(century / 4);
  const golden = year % 19;
  const epact = (19 * golden + leapCorrection - moonCorrection + 15) % 30;
  const shifted = epact === 29 || (epact === 28 && golden > 10)
    ? epact - 1
    : epact;
  const fullMoon = dateOf(year, 3, 21) + shifted;
  return fullMoon + (SUNDAY - (isoWeekday(fullMoon) % 7));
}

function nyseHolidays(year: number): [number, string][] {
  const holidays: [number, string][] = [];
  const newYear = dateOf(year, 1, 1);
  // A New Year's Day on Saturday is not kept on 31 December, when books close
  if (isoWeekday(newYear) !== SATURDAY) {
    holidays.push([observed(newYear), "New Year's Day"]);
  }
  if (year >= 1998) {
    holidays.push([
      nthWeekday(year, 1, MONDAY, 3),
      "Martin Luther King Jr. Day",
    ]);
  }
  holidays.push(
    [nthWeekday(year, 2, MONDAY, 3), "Washington's Birthday"],
    [easterSunday(year) - 2, "Good Friday"],
    [lastMondayOfMay(year), "Memorial Day"],
  );
  if (year >= 2022) {
    holidays.push([observed(dateOf(year, 6, 19)), "Juneteenth"]);
  }
  holidays.push(
    [observed(dateOf(year, 7, 4)), "Independence Day"],
    [nthWeekday(year, 9, MONDAY, 1), "Labor Day"],
    [nthWeekday(year, 11, THURSDAY, 4), "Thanksgiving Day"],
    [observed(dateOf(year, 12, 25)), "Christmas Day"],
  );
  return holidays;
}

const closuresByYear = new Map<number, ReadonlyMap<number, string>>();

/** Closures of one year by day number; `undefined` outside the known years. */
function nyseClosures(year: number): ReadonlyMap<number, string> | undefined {
  if (year < FIRST_NYSE_YEAR || year > LAST_NYSE_YEAR) return undefined;
  let closures = closuresByYear.get(year);
  if (closures === undefined) {
    const special = SPECIAL_CLOSURES
      .filter(({ date }) => date.startsWith(`${year}-`))
      .map(({ date, reason }): [number, string] => [toDayNumber(date), reason]);
    closures = new Map([...nyseHolidays(year), ...special].sort(byDay));
    closuresByYear.set(year, closures);
  }
  return closures;
}

function byDay([a]: [number, string], [b]: [number, string]): number {
  return a - b;
}

/**
 * Why the exchange is closed on a day.
 *
 * @param dayNumber Days since 1970-01-01.
 * @param calendar The calendar.
 * @returns The reason, or `undefined` on a trading day.
 * @throws {ParameterError} For a day outside the known years of `"nyse"`.
 */
export function closureReason(
  dayNumber: number,
  calendar: TradingCalendarName,
): string | undefined {
  if (calendar === "everyday") return undefined;
  if (isoWeekday(dayNumber) > FRIDAY) return "Weekend";
  if (calendar === "weekdays") return undefined;
  return knownClosures(yearOf(dayNumber)).get(dayNumber);
}

function knownClosures(year: number): ReadonlyMap<number, string> {
  const closures = nyseClosures(year);
  if (closures === undefined) {
    throw new ParameterError(
      `Cannot tell the trading days of ${year} on the calendar "nyse"`,
      {
        expected: `a year from ${FIRST_NYSE_YEAR} to ${LAST_NYSE_YEAR}`,
        actual: String(year),
        hint: 'Narrow the range of days, or use the calendar "weekdays"',
      },
    );
  }
  return closures;
}

/**
 * The day numbers of all trading days in a closed range.
 *
 * @param first First day, as days since 1970-01-01.
 * @param last Last day, included.
 * @param calendar The calendar.
 * @returns Ascending day numbers.
 * @throws {ParameterError} For days outside the known years of `"nyse"`.
 */
export function tradingDayNumbers(
  first: number,
  last: number,
  calendar: TradingCalendarName,
): Int32Array {
  const days = new Int32Array(Math.max(0, last - first + 1));
  let count = 0;
  for (let day = first; day <= last; day++) {
    if (closureReason(day, calendar) === undefined) days[count++] = day;
  }
  return days.slice(0, count);
}

/**
 * Whether a day is a trading day. Days with a shortened session count as
 * trading days.
 *
 * @param day ISO text, or a `Date` of which the UTC day counts.
 * @param calendar The calendar; default `"nyse"`.
 * @returns `true` on a trading day.
 * @throws {ParameterError} For text that is no date, or a year that the
 * calendar does not know.
 *
 * @example
 * ```ts
 * import { isTradingDay } from "@weft/weft/ops/data";
 *
 * console.log(isTradingDay("2020-04-10")); // false: Good Friday
 * console.log(isTradingDay("2020-04-13")); // true
 * ```
 */
export function isTradingDay(
  day: Day,
  calendar: TradingCalendarName = "nyse",
): boolean {
  return closureReason(toDayNumber(day), calendar) === undefined;
}

/**
 * All trading days from one day to another, both included.
 *
 * @param first First day.
 * @param last Last day.
 * @param calendar The calendar; default `"nyse"`.
 * @returns ISO texts in ascending order; empty where `last` is before `first`.
 * @throws {ParameterError} For text that is no date, or a year that the
 * calendar does not know.
 *
 * @example
 * ```ts
 * import { tradingDaysBetween } from "@weft/weft/ops/data";
 *
 * console.log(tradingDaysBetween("2020-04-09", "2020-04-14"));
 * // ["2020-04-09", "2020-04-13", "2020-04-14"]
 * ```
 */
export function tradingDaysBetween(
  first: Day,
  last: Day,
  calendar: TradingCalendarName = "nyse",
): string[] {
  const days = tradingDayNumbers(
    toDayNumber(first, "first"),
    toDayNumber(last, "last"),
    calendar,
  );
  return Array.from(days, toISODay);
}

/**
 * The first trading day strictly after a day.
 *
 * @param day Any day, trading day or not.
 * @param calendar The calendar; default `"nyse"`.
 * @returns The day as ISO text.
 * @throws {ParameterError} For text that is no date, or a year that the
 * calendar does not know.
 *
 * @example
 * ```ts
 * import { nextTradingDay, previousTradingDay } from "@weft/weft/ops/data";
 *
 * console.log(nextTradingDay("2020-04-09")); // 2020-04-13
 * console.log(previousTradingDay("2020-04-13")); // 2020-04-09
 * ```
 */
export function nextTradingDay(
  day: Day,
  calendar: TradingCalendarName = "nyse",
): string {
  let number = toDayNumber(day) + 1;
  while (closureReason(number, calendar) !== undefined) number++;
  return toISODay(number);
}

/**
 * The last trading day strictly before a day.
 *
 * @param day Any day, trading day or not.
 * @param calendar The calendar; default `"nyse"`.
 * @returns The day as ISO text.
 * @throws {ParameterError} For text that is no date, or a year that the
 * calendar does not know.
 */
export function previousTradingDay(
  day: Day,
  calendar: TradingCalendarName = "nyse",
): string {
  let number = toDayNumber(day) - 1;
  while (closureReason(number, calendar) !== undefined) number--;
  return toISODay(number);
}

/**
 * The full-day closures of the New York Stock Exchange in a year, without
 * weekends.
 *
 * @param year A year from 1981 to 2099.
 * @returns Closures in ascending order with their reasons.
 * @throws {ParameterError} For a year outside the known ones.
 *
 * @example
 * ```ts
 * import { exchangeClosures } from "@weft/weft/ops/data";
 *
 * console.log(exchangeClosures(2020)[0]);
 * // { date: "2020-01-01", reason: "New Year's Day" }
 * ```
 */
export function exchangeClosures(year: number): Closure[] {
  return Array.from(
    knownClosures(year),
    ([day, reason]) => ({ date: toISODay(day), reason }),
  );
}
