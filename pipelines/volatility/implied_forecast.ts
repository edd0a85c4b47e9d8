/**
 * Volatility implied by options, as the user supplies it.
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
import { daysOf } from "../outlook/days.ts";

const TRADING_DAYS = 252;

/** Days after which an implied volatility is too old. */
const OLDEST = 7;

const DAY_MS = 24 * 3600 * 1000;

/**
 * The variance of each day that options implied the evening before: the last
 * `close` of `implied` strictly before the day, a volatility a year in per cent
 * as the VIX is, turned into a variance a day. NaN where the last one is older
 * than 7 days.
 *
 * @throws {DataError} Where a volatility is not positive.
 */
export const impliedForecast: Op<
  { implied: DataFrame; dates: readonly string[] },
  Record<never, never>,
  { forecast: F64 }
> = op({
  name: "volatility/impliedForecast",
  version: "1",
  doc: "The variance that options implied the day before",
  inputs: {
    implied: port.frame(),
    dates: port.value(z.array(z.string()).readonly()),
  },
  params: z.object({}),
  outputs: { forecast: port.tensor("f64", ["t"]) },
  run: ({ implied, dates }) => {
    const days = daysOf(implied);
    const values = Float64Array.from(
      implied.getColumn("close").toArray() as Iterable<unknown>,
      Number,
    );
    const bad = values.findIndex((value) => !(value > 0));
    if (bad >= 0) {
      throw new DataError(
        `Cannot use the implied volatility of ${days[bad]} as it is ${
          values[bad]
        }`,
        { expected: "per cent a year, above 0" },
      );
    }
    let next = 0;
    const forecast = Float64Array.from(dates, (date) => {
      while (next < days.length && days[next]! < date) next += 1;
      const last = days[next - 1];
      if (last === undefined) return NaN;
      const age = (Date.parse(date) - Date.parse(last)) / DAY_MS;
      if (age > OLDEST) return NaN;
      return ((values[next - 1] ?? NaN) / 100) ** 2 / TRADING_DAYS;
    });
    return { forecast: wf.tensor(forecast) };
  },
});
