/**
 * What the range estimators share: their params, their outputs, and the way
 * from variances of days to both.
 *
 * @module
 */

import { z } from "zod";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { meanOfRows, overWindows, rowsFrom } from "./windows.ts";

/** Params of an estimator over a window. */
export interface RangeParams {
  /** Rows of the trailing window of the rolling estimate; 21, about a month. */
  readonly window?: number;
}

/** Variances of a log return a day. */
export interface VarianceSummary {
  /** The estimate from each trailing window, NaN before the first whole one. */
  readonly rolling: F64;
  /** The estimate from all rows. */
  readonly overall: F64;
}

/** The schema of {@linkcode RangeParams}. */
export const rangeParams: z.ZodType<
  { window: number },
  { window?: number | undefined }
> = z.object({ window: z.number().int().min(1).default(21) });

/**
 * Rolling and overall means of variances of days.
 *
 * @param daily Variance of each day, shape [..., t].
 * @param window Rows of the trailing window.
 * @param firstKnown The first row that has a value; the overall mean starts there.
 * @returns Both means.
 */
export function summarizeDays(
  daily: F64,
  window: number,
  firstKnown = 0,
): VarianceSummary {
  return {
    rolling: overWindows(daily, window, meanOfRows),
    overall: meanOfRows(rowsFrom(daily, firstKnown)),
  };
}
