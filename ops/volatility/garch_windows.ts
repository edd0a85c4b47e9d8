/**
 * What walk-forward forecasts by models of the GARCH family share: their series,
 * the training rows of a split, and the level of a variance.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import type { Split, Splits } from "../splits.ts";
import { firstKnownRow, readSeries } from "./checks.ts";
import { GARCH_ROWS } from "./garch11.ts";
import { checkSplits } from "./splits.ts";

/** Series that are forecast from. */
export interface GarchSeries {
  /** Return of each day. */
  readonly returns: Float64Array;
  /** Variance of each day, whose level to match. */
  readonly variance: Float64Array | undefined;
  /** First row in which all is known. */
  readonly first: number;
}

/**
 * Reads the series.
 *
 * @param returns Return of each day, NaN only at the start.
 * @param variance Variance of each day, NaN only at the start.
 * @param splits The splits, which must fit.
 * @returns The series.
 * @throws {DataError} For NaN behind the start, or bad splits.
 */
export async function readGarchSeries(
  returns: F64,
  variance: F64 | undefined,
  splits: Splits,
): Promise<GarchSeries> {
  const values = await readSeries(returns, {
    name: "returns",
    leadingNaN: true,
  });
  const levels = variance && await readSeries(variance, {
    name: "variance",
    sign: "non-negative",
    leadingNaN: true,
  });
  checkSplits(splits, values.length);
  const first = Math.max(
    firstKnownRow(values),
    levels ? firstKnownRow(levels) : 0,
  );
  return { returns: values, variance: levels, first };
}

/**
 * The known rows of the training window of a split.
 *
 * @param series The series.
 * @param split The split.
 * @param model What is fitted, and the number of the split, for the error.
 * @returns The first row, and the returns from there.
 * @throws {DataError} When too few are known.
 */
export function trainingReturns(
  { first, returns }: GarchSeries,
  { trainStart, trainEnd }: Split,
  model: { readonly name: string; readonly split: number },
): { readonly start: number; readonly train: Float64Array } {
  const start = Math.max(trainStart, first);
  const train = returns.subarray(start, Math.max(start, trainEnd));
  if (train.length >= GARCH_ROWS) return { start, train };
  throw new DataError(
    `Cannot fit ${model.name} to split ${model.split}: too few returns are known`,
    {
      expected: `at least ${GARCH_ROWS}`,
      actual: `${train.length}`,
      hint: "Lengthen the training window",
    },
  );
}

/**
 * What fitted variances are multiplied by to have the level of the variance that
 * is known.
 *
 * @param series The series.
 * @param start First row of the training window.
 * @param fitted Fitted variances of its rows.
 * @returns The ratio of the means; 1 where no variance is known.
 */
export function levelOf(
  { variance }: GarchSeries,
  start: number,
  fitted: Float64Array,
): number {
  if (variance === undefined) return 1;
  return meanOf(variance.subarray(start, start + fitted.length)) /
    meanOf(fitted);
}
