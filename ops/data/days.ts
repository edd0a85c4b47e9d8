/**
 * Calendar days as whole numbers: days since 1970-01-01 in the proleptic
 * Gregorian calendar, without hours and time zones.
 *
 * @module
 */

import { ParameterError } from "../../runtime/core/errors.ts";

/** Milliseconds in a day without leap seconds. */
export const MILLISECONDS_PER_DAY = 86_400_000;

/** A calendar day: ISO text such as `"2020-04-17"`, or a `Date` read in UTC. */
export type Day = string | Date;

const ISO_DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * The number of a day given by year, month and day of the month.
 *
 * @param year Year, 1 to 9999.
 * @param month Month, 1 to 12.
 * @param dayOfMonth Day of the month, from 1.
 * @returns Days since 1970-01-01, or `undefined` where there is no such day.
 */
export function dayNumberOf(
  year: number,
  month: number,
  dayOfMonth: number,
): number | undefined {
  if (year < 1 || year > 9999 || month < 1 || month > 12) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, dayOfMonth);
  if (date.getUTCMonth() !== month - 1 || dayOfMonth < 1) return undefined;
  return date.getTime() / MILLISECONDS_PER_DAY;
}

/** The first day that ISO text can name, 0001-01-01. */
export const FIRST_DAY: number = -719_162;

/** The last day that ISO text can name, 9999-12-31. */
export const LAST_DAY: number = 2_932_896;

/**
 * The number of a day.
 *
 * @param day ISO text, or a `Date` of which the UTC day counts.
 * @param name What the day is called in an error.
 * @returns Days since 1970-01-01.
 * @throws {ParameterError} For text that is no ISO date and for invalid dates.
 */
export function toDayNumber(day: Day, name = "day"): number {
  if (typeof day === "string") {
    const match = ISO_DAY.exec(day);
    const number = match === null
      ? undefined
      : dayNumberOf(Number(match[1]), Number(match[2]), Number(match[3]));
    if (number !== undefined) return number;
  } else if (!Number.isNaN(day.getTime())) {
    return Math.floor(day.getTime() / MILLISECONDS_PER_DAY);
  }
  throw new ParameterError(`Cannot read "${name}" as a day`, {
    expected: 'a day of the calendar as "YYYY-MM-DD"',
    actual: typeof day === "string" ? `"${day}"` : "an invalid Date",
    hint: 'Write the day as ISO text, for example "2020-04-17"',
  });
}

/**
 * The ISO text of a day.
 *
 * @param dayNumber Days since 1970-01-01.
 * @returns The day as `"YYYY-MM-DD"`.
 */
export function toISODay(dayNumber: number): string {
  return new Date(dayNumber * MILLISECONDS_PER_DAY).toISOString().slice(0, 10);
}

/**
 * The day of the week after ISO 8601.
 *
 * @param dayNumber Days since 1970-01-01.
 * @returns 1 for Monday to 7 for Sunday.
 */
export function isoWeekday(dayNumber: number): number {
  // 1970-01-01 was a Thursday, the fourth day of its week
  return ((((dayNumber + 3) % 7) + 7) % 7) + 1;
}

/**
 * The year of a day.
 *
 * @param dayNumber Days since 1970-01-01.
 * @returns The year of the Gregorian calendar.
 */
export function yearOf(dayNumber: number): number {
  return new Date(dayNumber * MILLISECONDS_PER_DAY).getUTCFullYear();
}
