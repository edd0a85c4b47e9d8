/**
 * What walk-forward variance forecasts ask of their splits beyond what all
 * families ask.
 *
 * @module
 */

import type { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { checkSplits as checkWindows, SPLITS } from "../splits.ts";

/** One split: rows to fit on, then later rows to forecast; ends are exclusive. */
export interface ForecastSplit {
  /** First row of the training window. */
  readonly trainStart: number;
  /** Row after the last one of the training window. */
  readonly trainEnd: number;
  /** First row to forecast, not before `trainEnd`. */
  readonly testStart: number;
  /** Row after the last one to forecast. */
  readonly testEnd: number;
}

/** Splits in the order of time. */
export type ForecastSplits = readonly ForecastSplit[];

/** The schema of {@linkcode ForecastSplits}. */
export const splitsSchema: z.ZodType<ForecastSplits> = SPLITS;

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
export function checkSplits(splits: ForecastSplits, length: number): void {
  checkWindows([...splits], length);
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
  splits: ForecastSplits,
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
