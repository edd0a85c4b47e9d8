/**
 * Walk-forward splits as plain rows, and the checks that a forecast needs.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";

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

/** ForecastSplits in the order of time. */
export type ForecastSplits = readonly ForecastSplit[];

const row = z.number().int().nonnegative();

/** The schema of {@linkcode ForecastSplits}. */
export const splitsSchema: z.ZodType<ForecastSplits> = z.array(z.object({
  trainStart: row,
  trainEnd: row,
  testStart: row,
  testEnd: row,
}));

/**
 * Refuses splits that a forecast cannot follow: none at all, empty or reversed
 * windows, a test before the end of its training, tests that overlap or go back
 * in time, rows beyond the series.
 *
 * @param splits The splits.
 * @param length Rows of the series.
 * @throws {DataError} With the number of the split at fault, from 0.
 */
export function checkSplits(splits: ForecastSplits, length: number): void {
  if (splits.length === 0) {
    throw new DataError("Cannot forecast over no splits", {
      hint: "Shorten the training window, or bring more rows",
    });
  }
  let tested = 0;
  splits.forEach((split, index) => {
    const { trainStart, trainEnd, testStart, testEnd } = split;
    const fault = trainStart >= trainEnd
      ? "its training window is empty"
      : testStart >= testEnd
      ? "its test window is empty"
      : testStart < trainEnd
      ? "its test starts before its training ends"
      : testStart < tested
      ? "its test overlaps or precedes the test of the split before"
      : testEnd > length
      ? `it ends after the last of ${length} rows`
      : undefined;
    if (fault !== undefined) {
      throw new DataError(
        `Cannot use split ${index} as walk-forward: ${fault}`,
        {
          actual:
            `train [${trainStart}, ${trainEnd}), test [${testStart}, ${testEnd})`,
        },
      );
    }
    tested = testEnd;
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
