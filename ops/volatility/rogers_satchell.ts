/**
 * Rogers and Satchell's variance from daily bars.
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
 * Rogers and Satchell's variance of each day, `u (u − c) + d (d − c)` with u, d,
 * c the log high, low and close from the open. Never negative.
 *
 * @param bars Prices.
 * @returns Variance a day, of the same shape; unchecked.
 */
export function rogersSatchellDaily(bars: Bars): F64 {
  const { up, down, toClose } = barLogs(bars);
  return wf.add(
    wf.multiply(up, wf.subtract(up, toClose)),
    wf.multiply(down, wf.subtract(down, toClose)),
  );
}

/**
 * Rogers and Satchell's estimator of the variance of log returns from daily bars
 * (L. Rogers and S. Satchell, "Estimating Variance from High, Low and Closing
 * Prices", 1991): the mean of `u (u − c) + d (d − c)`. Unlike Parkinson's and
 * Garman and Klass's it stays unbiased when the price drifts.
 *
 * About 6 times as efficient as squared returns; trading hours only, and biased
 * downwards by discrete prices.
 *
 * Inputs `open`, `high`, `low`, `close`: prices, shape [..., t]. Param `window`
 * (21). Outputs, as variance of a log return a day: `rolling` [..., t], NaN
 * before the first whole window; `overall` [...]. Throws a `DataError` for prices
 * that are not positive, a high below or a low above the open or the close.
 *
 * @example
 * ```ts
 * import { rogersSatchell } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { overall } = await rogersSatchell.run({
 *   open: wf.tensor([100, 101.5], { dtype: "f64" }),
 *   high: wf.tensor([102.5, 103], { dtype: "f64" }),
 *   low: wf.tensor([99.2, 100.7], { dtype: "f64" }),
 *   close: wf.tensor([101.2, 102], { dtype: "f64" }),
 * });
 * console.log(await overall.item()); // 0.000360065…
 * ```
 */
export const rogersSatchell: Op<
  { open: F64; high: F64; low: F64; close: F64 },
  RangeParams,
  VarianceSummary
> = op({
  name: "volatility/rogersSatchell",
  version: "1",
  doc:
    "Rogers and Satchell's variance of log returns from daily bars, free of drift",
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
    return summarizeDays(rogersSatchellDaily(bars), window);
  },
});
