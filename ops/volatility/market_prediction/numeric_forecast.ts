/**
 * Numeric forecasts of prices a day ahead, from prices alone.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { readSeries } from "../checks.ts";

/** Params of {@linkcode numericForecast}. */
export interface NumericForecastParams {
  /** `drift` (default): the last price and the mean move; `ar1`: autoregression. */
  readonly method?: "drift" | "ar1" | undefined;
  /** Moves that the parameters come from, the last ones before each day; 250. */
  readonly window?: number | undefined;
}

/**
 * Forecasts each day's price from the prices before it, on the log scale:
 * `drift` gives `log p_{t−1}` plus the mean of the last `window` log returns,
 * `ar1` gives `a + b log p_{t−1}` by least squares over the last `window` pairs
 * of days. Parameters are computed anew for every day.
 *
 * This is the numerical market prediction that `correctedPrice` corrects. Any
 * other forecaster can stand in its place: an op or a series of the user's with
 * row t made before day t.
 *
 * Input `prices` `[t]`, positive. Output `forecast` `[t]`, NaN for the first
 * `window + 1` rows. Throws a `DataError` for values that are not positive.
 *
 * Source: Mushunje, Mashasha, Chandiwana 2023, arXiv 2311.10935, whose forecaster
 * is not known; these are the simplest.
 *
 * @example
 * ```ts
 * import { numericForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const prices = wf.tensor([100, 101, 102.01, 103.0301], { dtype: "f64" });
 * const { forecast } = await numericForecast.run({ prices }, { window: 2 });
 * console.log((await forecast.data())[3]?.toFixed(4)); // 103.0301
 * ```
 */
export const numericForecast: Op<
  { prices: F64 },
  NumericForecastParams,
  { forecast: F64 }
> = op({
  name: "volatility/numericForecast",
  version: "1",
  doc: "Forecasts of prices a day ahead by drift or autoregression",
  causal: true,
  inputs: { prices: port.tensor("f64", ["t"], { doc: "Daily prices" }) },
  params: z.object({
    method: z.enum(["drift", "ar1"]).default("drift"),
    window: z.int().min(2).default(250),
  }),
  outputs: {
    forecast: port.tensor("f64", ["t"], { doc: "Row t is made before day t" }),
  },
  run: async ({ prices }, { method, window }) => {
    const values = await readSeries(prices, {
      name: "prices",
      sign: "positive",
    });
    const logs = values.map((value) => Math.log(value));
    const ahead = method === "drift" ? driftAhead : autoregressionAhead;
    const forecast = new Float64Array(values.length).fill(NaN);
    for (let row = window + 1; row < values.length; row += 1) {
      forecast[row] = Math.exp(ahead(logs.subarray(row - window - 1, row)));
    }
    return { forecast: wf.tensor(forecast) };
  },
});

/** The last value and the mean step. */
function driftAhead(values: Float64Array): number {
  const first = values[0] ?? NaN;
  const last = values.at(-1) ?? NaN;
  return last + (last - first) / (values.length - 1);
}

/** Least squares of each value on the one before, applied to the last. */
function autoregressionAhead(values: Float64Array): number {
  const pairs = values.length - 1;
  let meanBefore = 0;
  let meanAfter = 0;
  for (let row = 0; row < pairs; row += 1) {
    meanBefore += (values[row] ?? NaN) / pairs;
    meanAfter += (values[row + 1] ?? NaN) / pairs;
  }
  let squares = 0;
  let products = 0;
  for (let row = 0; row < pairs; row += 1) {
    const before = (values[row] ?? NaN) - meanBefore;
    squares += before ** 2;
    products += before * ((values[row + 1] ?? NaN) - meanAfter);
  }
  // Prices that never moved: nothing to regress on, the mean is the last.
  const slope = squares > 0 ? products / squares : 0;
  return meanAfter + slope * ((values.at(-1) ?? NaN) - meanBefore);
}
