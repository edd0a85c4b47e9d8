/**
 * Inputs of a regression from what is known ahead of a day and what was known
 * at the end of the day before.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import type { RegressionRows } from "../gaussian_process/one_step_ahead.ts";

/** Columns of inputs. */
export interface InputColumns {
  /** Row t is known before day t: forecasts, the calendar. */
  readonly ahead?: F64 | undefined;
  /** Row t is known at the end of day t: volume, range. Enters a day later. */
  readonly features?: F64 | undefined;
}

interface Columns {
  readonly name: string;
  readonly values: Float64Array;
  readonly width: number;
  readonly lag: number;
}

/**
 * Puts the inputs of each day beside its target.
 *
 * @param targets `[t]`; NaN only before the first known row.
 * @param own Columns of the method's own, `[t]` each, known before the day.
 * @param columns The user's columns.
 * @returns Rows with `own`, `ahead` and the lagged `features`, in this order.
 * @throws DataError for a value missing after the first known row.
 */
export async function laggedInputs(
  targets: Float64Array,
  own: readonly Float64Array[],
  columns: InputColumns,
): Promise<RegressionRows> {
  const parts: Columns[] = own.map((values) => ({
    name: "forecast",
    values,
    width: 1,
    lag: 0,
  }));
  for (const [name, lag] of [["ahead", 0], ["features", 1]] as const) {
    const given = columns[name];
    if (given === undefined) continue;
    const width = given.shape[1] ?? 0;
    parts.push({ name, values: await given.data(), width, lag });
  }
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const inputs = new Float64Array(targets.length * width).fill(NaN);
  let first = 0;
  let offset = 0;
  for (const part of parts) {
    for (let row = part.lag; row < targets.length; row += 1) {
      const from = (row - part.lag) * part.width;
      inputs.set(
        part.values.subarray(from, from + part.width),
        row * width + offset,
      );
    }
    offset += part.width;
    first = Math.max(
      first,
      firstWhole(part.values, part.width, part.name) + part.lag,
    );
  }
  const firstKnown = Math.max(first, firstWhole(targets, 1, "targets"));
  return { targets, inputs, width, firstKnown };
}

/** First row from which on everything is finite. */
function firstWhole(
  values: Float64Array,
  width: number,
  name: string,
): number {
  const rows = values.length / width;
  const isWhole = (row: number) =>
    values.subarray(row * width, (row + 1) * width).every(Number.isFinite);
  let first = 0;
  while (first < rows && !isWhole(first)) first += 1;
  for (let row = first; row < rows; row += 1) {
    if (!isWhole(row)) {
      throw new DataError(
        `Cannot use "${name}" as inputs as row ${row} is not finite`,
        { expected: "NaN only before the first known row" },
      );
    }
  }
  return first;
}
