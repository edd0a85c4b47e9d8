/**
 * From a frame of daily prices to the series that the models read.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { nextTradingDay } from "../../ops/data/mod.ts";
import { daysOf } from "../outlook/days.ts";

/** Days of the mean that a day's volume is compared with. */
const VOLUME_WINDOW = 21;

/** What {@linkcode dayInputs} gives. */
export interface DayInputs {
  /** The frame from the first usable day on, `t` rows. */
  frame: DataFrame;
  /** ISO dates, the last one the coming day, `t + 1`. */
  dates: readonly string[];
  /** Closes `["t+1"]`; the last one, of the coming day, is never read. */
  close: F64;
  /** Log returns from close to close `["t"]`. */
  returns: F64;
  /** Variance as measured `["t"]`. */
  variance: F64;
  /** Range and volume of each day, on log scales, `["t+1", 2]`. */
  features: F64;
  /** The weekday of each day as a point of a circle, `["t+1", 2]`. */
  calendar: F64;
}

/**
 * Cuts the first days off, of which not everything is known, and adds a row for
 * the coming day. `features` are the logarithm of high over low, and of the
 * volume over its mean of 21 days. The rows of the coming day repeat the last
 * known ones (a missing volume is 0): every op that reads them forecasts a day from the days before.
 *
 * @throws {DataError} For fewer than 60 days.
 */
export const dayInputs: Op<
  { prices: DataFrame; variance: F64 },
  Record<never, never>,
  DayInputs
> = op({
  name: "volatility/dayInputs",
  version: "1",
  doc: "The series that the models of volatility read",
  inputs: { prices: port.frame(), variance: port.tensor("f64", ["n"]) },
  params: z.object({}),
  outputs: {
    frame: port.frame(),
    dates: port.value(z.array(z.string()).readonly()),
    close: port.tensor("f64", ["t+1"]),
    returns: port.tensor("f64", ["t"]),
    variance: port.tensor("f64", ["t"]),
    features: port.tensor("f64", ["t+1", 2]),
    calendar: port.tensor("f64", ["t+1", 2]),
  },
  run: async ({ prices, variance }) => {
    if (prices.height < 60) {
      throw new DataError("Cannot forecast volatility from so few days", {
        expected: "at least 60",
        actual: String(prices.height),
      });
    }
    const frame = prices.slice({
      offset: VOLUME_WINDOW,
      length: prices.height - VOLUME_WINDOW,
    });
    const read = (name: string) =>
      Float64Array.from(
        prices.getColumn(name).toArray() as Iterable<unknown>,
        Number,
      );
    const close = read("close");
    const [high, low] = [read("high"), read("low")];
    const volume = prices.columns.includes("volume")
      ? read("volume")
      : new Float64Array(prices.height);
    const cut = (values: Float64Array) => values.slice(VOLUME_WINDOW);
    const known = daysOf(frame);
    const dates = [...known, nextTradingDay(known.at(-1)!)];
    const range = cut(
      high.map((value, row) => Math.log(value / (low[row] ?? NaN))),
    );
    const activity = cut(volume.map((value, row) => {
      const window = volume.subarray(
        Math.max(row - VOLUME_WINDOW, 0),
        row + 1,
      );
      const mean = window.reduce((sum, one) => sum + one) / window.length;
      return Math.log((value + 1) / (mean + 1));
    }));
    return {
      frame,
      dates,
      close: wf.tensor(withComingDay(cut(close))),
      returns: wf.tensor(
        cut(
          close.map((value, row) => Math.log(value / (close[row - 1] ?? NaN))),
        ),
      ),
      variance: wf.tensor(cut(await variance.data())),
      features: wf.stack(
        [range, activity].map((values) => wf.tensor(withComingDay(values))),
        { axis: 1 },
      ),
      calendar: wf.tensor(
        Float64Array.from(dates.flatMap((date) => {
          const angle = 2 * Math.PI * new Date(date).getUTCDay() / 7;
          return [Math.sin(angle), Math.cos(angle)];
        })),
        { shape: [dates.length, 2] },
      ),
    };
  },
});

function withComingDay(values: Float64Array): Float64Array {
  return Float64Array.of(...values, values.at(-1) ?? NaN);
}
