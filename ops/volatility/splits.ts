/**
 * What walk-forward variance forecasts ask of their splits beyond what all
 * families ask.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import { checkSplits as checkWindows, type Splits } from "../splits.ts";

/**
 * Refuses splits that a forecast cannot follow: none at all, empty or reversed
 * windows, a test before the end of its training, rows beyond the series, and
 * tests that overlap or go back in time, of whose rows one would be forecast
 * twice.
 *
 * @param splits The splits.
 * @param length Rows of the series.
 * @throws {DataError} With the number of the split at fault, from 0.
 */
export function checkSplits(splits: Splits, length: number): void {
  checkWindows(splits, length);
  splits.forEach(({ testStart, testEnd }, index) => {
    const before = splits[index - 1]?.testEnd ?? 0;
    if (testStart >= before) return;
    throw new DataError(
      `Cannot forecast as the test of walk-forward window ${index} overlaps or precedes the one before`,
      {
        expected: `a test that starts at row ${before} or later`,
        actual: `test ${testStart} to ${testEnd}`,
      },
    );
  });
}

/**
 * Refuses splits whose first test row lies too early to be forecast.
 *
 * @param splits Checked splits.
 * @param first First known row of the series.
 * @param rows Known rows that a forecast needs before its own.
 * @throws {DataError} If the first test row has fewer known rows before it.
 */
export function requireHistory(
  splits: Splits,
  first: number,
  rows: number,
): void {
  const testStart = splits[0]?.testStart ?? 0;
  if (testStart < first + rows) {
    throw new DataError(
      `Cannot forecast row ${testStart}: too few rows are known before it`,
      {
        expected: `at least ${rows}`,
        actual: `${Math.max(0, testStart - first)}`,
      },
    );
  }
}
