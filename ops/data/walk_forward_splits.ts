/**
 * Walk-forward splits of a frame.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { SPLITS, type Splits } from "../splits.ts";
import { DataError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { dayColumn } from "./frames.ts";
import { NO_DAY } from "./price_table.ts";
import {
  type DaySplitOptions,
  splitByRows,
  splitByYears,
  type YearSplitOptions,
} from "./walk_forward.ts";

/** Params of {@linkcode walkForwardSplits}: by days, or by years. */
export type WalkForwardSplitsParams =
  | ({ readonly by: "days" } & DaySplitOptions)
  | ({ readonly by: "years" } & YearSplitOptions);

const count = (least: number) => z.number().int().min(least);

const common = {
  window: z.enum(["expanding", "rolling"]).default("expanding"),
  purge: count(0).default(0),
  embargo: count(0).default(0),
  partial: z.enum(["keep", "drop"]).default("keep"),
};

const paramsSchema = z.discriminatedUnion("by", [
  z.object({
    by: z.literal("days"),
    trainLength: count(1),
    testLength: count(1),
    step: count(1).optional(),
    ...common,
  }),
  z.object({
    by: z.literal("years"),
    trainYears: count(1),
    testYears: count(1).default(1),
    ...common,
  }),
]);

/** The different days of a frame, and the row with which each begins. */
function daysAndStarts(
  frame: DataFrame,
): { days: Int32Array; starts: Int32Array } {
  const all = dayColumn(frame, "date");
  const days = new Int32Array(all.length);
  const starts = new Int32Array(all.length + 1);
  let length = 0;
  for (let row = 0; row < all.length; row++) {
    const day = all[row] as number;
    const before = row === 0 ? NO_DAY : all[row - 1] as number;
    if (day < before || day === NO_DAY) {
      throw new DataError("Cannot split as the dates are not in order", {
        expected: "ascending dates, none missing",
        actual: `${day === NO_DAY ? "null" : "an earlier date"} in row ${row}`,
        hint: "Sort the frame by its date",
      });
    }
    if (day === before) continue;
    starts[length] = row;
    days[length++] = day;
  }
  starts[length] = all.length;
  return { days: days.slice(0, length), starts };
}

/**
 * Splits a frame for walk-forward tests: train on the past, test on what
 * follows, move on. Days are never torn apart: all rows of a day (of several
 * tickers) are in the same set.
 *
 * Params with `by: "days"`: `trainLength` days before the first test set,
 * `testLength` days of each, `step` days from one to the next (default
 * `testLength`). With `by: "years"`: `trainYears`, `testYears` (default 1), so
 * that a model is refitted with the first day of a year. In both: `window`
 * (`"expanding"`, the default, or `"rolling"`), `purge` days taken off the end
 * of each training set because their labels reach into the test set (for a
 * label h days ahead, h), `embargo` further days between the two, `partial`
 * whether a last test set that is cut short is kept (default) or dropped.
 *
 * Output `splits`: rows of the frame, ends exclusive. Between `trainEnd` and
 * `testStart` lie purge and embargo.
 *
 * @throws {DataError} Where the dates are not in order.
 * @throws {ParameterError} Where no test set fits, or purge and embargo leave
 * nothing to train on.
 *
 * @example
 * ```ts
 * import { samplePrices, walkForwardSplits } from "@weft/weft/ops/data";
 *
 * const { prices } = await samplePrices.run();
 * const { splits } = await walkForwardSplits.run({ frame: prices }, {
 *   by: "years",
 *   trainYears: 10,
 *   purge: 1,
 * });
 * console.log(splits.length); // 11, for the years 2010 to 2020
 * ```
 */
export const walkForwardSplits: Op<
  { frame: DataFrame },
  WalkForwardSplitsParams,
  { splits: Splits }
> = op({
  name: "data/walkForwardSplits",
  version: "1",
  doc: "Walk-forward splits by days or years, with purge and embargo",
  inputs: {
    frame: port.frame({ columns: { date: "date" }, timeColumn: "date" }),
  },
  params: paramsSchema,
  outputs: { splits: SPLITS },
  run: ({ frame }, params) => {
    const { days, starts } = daysAndStarts(frame);
    const { window, purge, embargo, partial } = params;
    const shared = { window, purge, embargo, partial };
    const splits = params.by === "years"
      ? splitByYears(days, {
        ...shared,
        trainYears: params.trainYears,
        testYears: params.testYears,
      })
      : splitByRows(days.length, {
        ...shared,
        trainLength: params.trainLength,
        testLength: params.testLength,
        ...(params.step !== undefined && { step: params.step }),
      });
    const rowOf = (day: number): number => starts[day] as number;
    return {
      splits: splits.map((split) => ({
        trainStart: rowOf(split.trainStart),
        trainEnd: rowOf(split.trainEnd),
        testStart: rowOf(split.testStart),
        testEnd: rowOf(split.testEnd),
      })),
    };
  },
});
