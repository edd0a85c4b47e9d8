/**
 * Walk-forward windows as `walkForwardSplits` makes them and every
 * forecasting op takes them: plain data, shared by all families.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../runtime/core/errors.ts";

/** A training window and the test window behind it. */
export interface Split {
  /** First row of the training window. */
  readonly trainStart: number;
  /** The row after the last of the training window. */
  readonly trainEnd: number;
  /** First row of the test window. */
  readonly testStart: number;
  /** The row after the last of the test window. */
  readonly testEnd: number;
}

/** Walk-forward windows in time order. */
export type Splits = readonly Split[];

/** Schema of walk-forward windows. */
export const SPLITS: z.ZodType<Splits> = z.array(z.object({
  trainStart: z.int().nonnegative(),
  trainEnd: z.int().nonnegative(),
  testStart: z.int().nonnegative(),
  testEnd: z.int().nonnegative(),
})).readonly();

/**
 * Checks that windows fit a series and that no test window begins before its
 * training window ends.
 *
 * @param splits The windows.
 * @param rows Length of the series.
 * @throws {DataError} If there are none, or one does not fit.
 */
export function checkSplits(splits: Splits, rows: number): void {
  if (splits.length === 0) {
    throw new DataError(
      "Cannot forecast as there are no walk-forward windows",
      {
        hint: "Shorten the training window or pass a longer series",
      },
    );
  }
  for (const [index, split] of splits.entries()) {
    const { trainStart, trainEnd, testStart, testEnd } = split;
    const fits = trainStart < trainEnd && trainEnd <= testStart &&
      testStart < testEnd && testEnd <= rows;
    if (!fits) {
      throw new DataError(
        `Cannot forecast as walk-forward window ${index} does not fit`,
        {
          expected:
            `trainStart < trainEnd <= testStart < testEnd <= ${rows} rows`,
          actual:
            `train ${trainStart} to ${trainEnd}, test ${testStart} to ${testEnd}`,
          hint: 'Make the windows with "walkForwardSplits" on the same rows',
        },
      );
    }
  }
}
