/**
 * Garman and Klass's variance from daily bars.
 *
 * @module
 */

import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { barLogs, type Bars, checkBars } from "./ohlc.ts";
import {
  type RangeParams,
  rangeParams,
  summarizeDays,
  type VarianceSummary,
} from "./summary.ts";

/**
 * Garman and Klass's variance of each day, `½ (u − d)² − (2 ln 2 − 1) c²` with
 * u, d, c the log high, low and close from the open. Never negative.
 *
 * @param bars Prices.
 * @returns Variance a day, of the same shape; unchecked.
 */
export function garmanKlassDaily(bars: Bars): F64 {
  const { up, down, toClose } = barLogs(bars);
  return wf.subtract(
    wf.multiply(wf.square(wf.subtract(up, down)), 0.5),
    wf.multiply(wf.square(toClose), 2 * Math.LN2 - 1),
  );
}

/**
 * Garman and Klass's estimator of the variance of log returns from daily bars
 * (M. Garman and M. Klass, "On the Estimation of Security Price Volatilities
 * from Historical Data", 1980; the form without the small drift terms): the mean
 * of `½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)²`.
 *
 * About 7.5 times as efficient as squared returns for a driftless diffusion;
 * trading hours only, and biased downwards by discrete prices.
 *
 * Inputs `open`, `high`, `low`, `close`: prices, shape [..., t]. Param `window`
 * (21). Outputs, as variance of a log return a day: `rolling` [..., t], NaN
 * before the first whole window; `overall` [...]. Throws a `DataError` for prices
 * that are not positive, a high below or a low above the open or the close.
 *
 * @example
 * ```ts
 * import { garmanKlass } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { overall } = await garmanKlass.run({
 *   open: wf.tensor([100, 101.5], { dtype: "f64" }),
 *   high: wf.tensor([102.5, 103], { dtype: "f64" }),
 *   low: wf.tensor([99.2, 100.7], { dtype: "f64" }),
 *   close: wf.tensor([101.2, 102], { dtype: "f64" }),
 * });
 * console.log(await overall.item()); // 0.000363080…
 * ```
 */
export const garmanKlass: Op<
  { open: F64; high: F64; low: F64; close: F64 },
  RangeParams,
  VarianceSummary
> = op({
  name: "volatility/garmanKlass",
  version: "1",
  doc: "Garman and Klass's variance of log returns from daily bars",
  inputs: {
    open: port.tensor("f64", ["...", "t"], { doc: "First price of each day" }),
    high: port.tensor("f64", ["...", "t"], {
      doc: "Highest price of each day",
    }),
    low: port.tensor("f64", ["...", "t"], { doc: "Lowest price of each day" }),
    close: port.tensor("f64", ["...", "t"], { doc: "Last price of each day" }),
  },
  params: rangeParams,
  outputs: {
    rolling: port.tensor("f64", ["...", "t"], {
      doc: "Mean variance of the trailing window",
    }),
    overall: port.tensor("f64", ["..."], { doc: "Mean variance of all rows" }),
  },
  run: async (bars, { window }) => {
    await checkBars(bars);
    return summarizeDays(garmanKlassDaily(bars), window);
  },
});
