/**
 * Checks of series on their way into a method. Every one names the series, the
 * row and the value at fault.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/** What a series must be. */
export interface SeriesRule {
  /** The name of the input, as the user wrote it. */
  readonly name: string;
  /** The sign that all values must have; any if absent. */
  readonly sign?: "positive" | "non-negative";
  /** Whether NaN may stand at the start, for rows that are not known yet. */
  readonly leadingNaN?: boolean;
  /** The fewest known rows; 1 if absent. */
  readonly atLeast?: number;
}

/**
 * Reads a series and checks each value of it.
 *
 * @param series Time along the last axis.
 * @param rule What it must be.
 * @returns Its values, row-major.
 * @throws {DataError} For infinities, NaN that the rule does not allow, values
 * of the wrong sign, or too few known rows.
 */
export async function readSeries(
  series: F64,
  rule: SeriesRule,
): Promise<Float64Array> {
  const values = await series.data();
  checkValues(values, series.shape.at(-1) ?? 0, rule);
  return values;
}

function checkValues(
  values: Float64Array,
  length: number,
  rule: SeriesRule,
): void {
  if (values.length === 0) {
    throw new DataError(`Cannot use "${rule.name}" as a series: it is empty`);
  }
  for (let start = 0; start < values.length; start += length) {
    let first = 0;
    if (rule.leadingNaN === true) {
      while (first < length && Number.isNaN(values[start + first])) first++;
    }
    for (let row = first; row < length; row++) {
      checkValue(values[start + row] as number, row, rule);
    }
    const needed = rule.atLeast ?? 1;
    if (length - first < needed) {
      throw new DataError(
        `Cannot use "${rule.name}" as a series: it has too few known rows`,
        {
          expected: `at least ${needed} row${needed === 1 ? "" : "s"}`,
          actual: `${length - first}`,
        },
      );
    }
  }
}

function checkValue(value: number, row: number, rule: SeriesRule): void {
  if (!Number.isFinite(value)) {
    throw new DataError(
      `Cannot use "${rule.name}" as a series: value at row ${row} is ${value}`,
      {
        expected: rule.leadingNaN === true
          ? "finite values, NaN only at the start where nothing is known yet"
          : "finite values",
        hint: "Fill or drop the missing rows first",
      },
    );
  }
  if (rule.sign === "positive" && value <= 0) {
    throw new DataError(
      `Cannot use "${rule.name}" as positive: value at row ${row} is ${value}`,
    );
  }
  if (rule.sign === "non-negative" && value < 0) {
    throw new DataError(
      `Cannot use "${rule.name}" as non-negative: value at row ${row} is ${value}`,
    );
  }
}

/**
 * The first row that is known.
 *
 * @param values A series with NaN, if anywhere, only at its start.
 * @returns The index of the first number; the length if there is none.
 */
export function firstKnownRow(values: Float64Array): number {
  const first = values.findIndex((value) => !Number.isNaN(value));
  return first === -1 ? values.length : first;
}
