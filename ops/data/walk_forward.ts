/**
 * Walk-forward splits: train on the past, test on what follows, move on. Rows
 * between the two are left out so that labels which look ahead never reach
 * from the one into the other.
 *
 * @module
 */

import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import type { Split } from "../splits.ts";
import { dayNumberOf, yearOf } from "./days.ts";

/** What splits by days and splits by years have in common. */
export interface SplitOptions {
  /**
   * `"expanding"`: each training set starts with the first row;
   * `"rolling"`: it keeps its length.
   */
  readonly window?: "expanding" | "rolling";
  /**
   * Days left out at the end of each training set since their labels reach
   * into the test set: for a label h days ahead, h. Default 0.
   */
  readonly purge?: number;
  /**
   * Further days left out between training and test set, against slow memory
   * in features and noise. Default 0.
   */
  readonly embargo?: number;
  /** What is done with a last test set that is cut short; default `"keep"`. */
  readonly partial?: "keep" | "drop";
}

/** Splits by numbers of days. */
export interface DaySplitOptions extends SplitOptions {
  /** Days before the first test set, those purged and under embargo included. */
  readonly trainLength: number;
  /** Days of a test set. */
  readonly testLength: number;
  /** Days from one test set to the next; default `testLength`. */
  readonly step?: number;
}

/** Splits by years of the calendar: "refit yearly". */
export interface YearSplitOptions extends SplitOptions {
  /** Years before the first test set; a first year that is cut short counts. */
  readonly trainYears: number;
  /** Years of a test set, and from one test set to the next; default 1. */
  readonly testYears?: number;
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ParameterError(
    `Cannot split as "${name}" is out of range: current value is ${value}`,
    { expected: `a whole number of at least ${least}` },
  );
}

/**
 * Splits rows by numbers of rows.
 *
 * @param rows How many rows there are.
 * @param options Lengths of the sets and of the gap between them.
 * @returns Folds in ascending order; test sets do not overlap when `step` is
 * at least `testLength`.
 * @throws {ParameterError} For lengths out of range, and where not even one
 * fold fits.
 *
 * @example
 * ```ts
 * import { splitByRows } from "@weft/weft/ops/data";
 *
 * const [first] = splitByRows(10, { trainLength: 6, testLength: 2, purge: 1 });
 * console.log(first); // { trainStart: 0, trainEnd: 5, testStart: 6, testEnd: 8 }
 * ```
 */
export function splitByRows(rows: number, options: DaySplitOptions): Split[] {
  wholeNumber("rows", rows, 0);
  const trainLength = wholeNumber("trainLength", options.trainLength, 1);
  const testLength = wholeNumber("testLength", options.testLength, 1);
  const step = wholeNumber("step", options.step ?? testLength, 1);
  const testStarts: number[] = [];
  for (let start = trainLength; start < rows; start += step) {
    testStarts.push(start);
  }
  return folds(
    testStarts.map((testStart) => ({
      trainStart: testStart - trainLength,
      testStart,
      testEnd: Math.min(testStart + testLength, rows),
      isWhole: testStart + testLength <= rows,
    })),
    options,
    `${rows} rows with "trainLength" ${trainLength}`,
  );
}

/**
 * Splits rows by years of the calendar, so that a model is refitted at the
 * start of a year on what was known by then.
 *
 * @param days Ascending days, one a row, as days since 1970-01-01.
 * @param options Years of the sets, days of the gap between them.
 * @returns Folds in ascending order with test sets that do not overlap.
 * @throws {ParameterError} For lengths out of range, and where not even one
 * fold fits.
 * @throws {DataError} Where days are not ascending.
 *
 * @example
 * ```ts
 * import { splitByYears } from "@weft/weft/ops/data";
 *
 * // One row a day from 2001-01-01: 365 days a year until 2003
 * const days = Int32Array.from({ length: 3 * 365 }, (_, day) => 11_323 + day);
 * const [split] = splitByYears(days, { trainYears: 2 });
 * console.log(split); // { trainStart: 0, trainEnd: 730, testStart: 730, testEnd: 1095 }
 * ```
 */
export function splitByYears(
  days: Int32Array,
  options: YearSplitOptions,
): Split[] {
  const trainYears = wholeNumber("trainYears", options.trainYears, 1);
  const testYears = wholeNumber("testYears", options.testYears ?? 1, 1);
  for (let row = 1; row < days.length; row++) {
    if ((days[row] as number) < (days[row - 1] as number)) {
      throw new DataError("Cannot split as the days are not in order", {
        expected: "ascending days",
        actual: `an earlier day in row ${row}`,
        hint: "Sort the frame by its date",
      });
    }
  }
  const firstYear = yearOf(days[0] ?? 0);
  const lastYear = yearOf(days.at(-1) ?? 0);
  const rowOfYear = (year: number): number =>
    firstRowFrom(days, dayNumberOf(year, 1, 1) ?? Infinity);
  const candidates = [];
  for (
    let year = firstYear + trainYears;
    year <= lastYear && days.length > 0;
    year += testYears
  ) {
    const testStart = rowOfYear(year);
    const testEnd = rowOfYear(year + testYears);
    if (testEnd === testStart) continue;
    candidates.push({
      trainStart: rowOfYear(year - trainYears),
      testStart,
      testEnd,
      isWhole: (days.at(-1) ?? 0) >= lastWeekOf(year + testYears - 1),
    });
  }
  return folds(
    candidates,
    options,
    `years ${firstYear} to ${lastYear} with "trainYears" ${trainYears}`,
  );
}

function firstRowFrom(days: Int32Array, day: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] as number) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A year is whole when some day of its last trading week is there. */
function lastWeekOf(year: number): number {
  return dayNumberOf(year, 12, 28) ?? Infinity;
}

interface Candidate {
  readonly trainStart: number;
  readonly testStart: number;
  readonly testEnd: number;
  readonly isWhole: boolean;
}

function folds(
  candidates: readonly Candidate[],
  options: SplitOptions,
  given: string,
): Split[] {
  const purge = wholeNumber("purge", options.purge ?? 0, 0);
  const embargo = wholeNumber("embargo", options.embargo ?? 0, 0);
  const rolling = options.window === "rolling";
  const splits: Split[] = [];
  for (const { trainStart, testStart, testEnd, isWhole } of candidates) {
    if (!isWhole && options.partial === "drop") continue;
    const start = rolling ? trainStart : 0;
    const trainEnd = testStart - purge - embargo;
    if (trainEnd <= start) {
      throw new ParameterError("Cannot split as no row is left to train on", {
        expected: "a training set longer than purge and embargo together",
        actual: `${testStart - start} rows before the test set at row ` +
          `${testStart}, purge ${purge}, embargo ${embargo}`,
        hint: 'Lengthen the training set, or lower "purge" and "embargo"',
      });
    }
    splits.push({ trainStart: start, trainEnd, testStart, testEnd });
  }
  if (splits.length === 0) {
    throw new ParameterError("Cannot split as no test set fits", {
      expected: "rows after the first training set",
      actual: given,
      hint: "Shorten the training set, or bring more rows",
    });
  }
  return splits;
}
