/**
 * Parkinson's variance from the daily range.
 *
 * @module
 */

import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { checkBars } from "./ohlc.ts";
import {
  type RangeParams,
  rangeParams,
  summarizeDays,
  type VarianceSummary,
} from "./summary.ts";

/**
 * Parkinson's variance of each day, `ln(high / low)² / (4 ln 2)`.
 *
 * @param high Highest prices.
 * @param low Lowest prices.
 * @returns Variance a day, of the same shape; unchecked.
 */
export function parkinsonDaily(high: F64, low: F64): F64 {
  const range = wf.subtract(wf.log(high), wf.log(low));
  return wf.divide(wf.square(range), 4 * Math.LN2);
}

/**
 * Parkinson's estimator of the variance of log returns from highs and lows
 * (M. Parkinson, "The Extreme Value Method for Estimating the Variance of the
 * Rate of Return", 1980): the mean of `ln(high / low)² / (4 ln 2)`.
 *
 * About 5 times as efficient as squared returns for a driftless diffusion. It
 * sees trading hours only, not the night, and prices seen at discrete moments
 * bias it downwards, as they miss the true extremes.
 *
 * Inputs `high`, `low`: prices, shape [..., t]. Param `window` (21): rows of the
 * rolling estimate. Outputs, as variance of a log return a day: `rolling`
 * [..., t], NaN before the first whole window; `overall` [...], the mean of all
 * rows. Throws a `DataError` for prices that are not positive and finite, or a
 * high below its low.
 *
 * @example
 * ```ts
 * import { parkinson } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { overall } = await parkinson.run({
 *   high: wf.tensor([102.5, 103], { dtype: "f64" }),
 *   low: wf.tensor([99.2, 100.7], { dtype: "f64" }),
 * });
 * console.log(Math.sqrt(252 * (await overall.item()))); // 0.268…, volatility a year
 * ```
 */
export const parkinson: Op<
  { high: F64; low: F64 },
  RangeParams,
  VarianceSummary
> = op({
  name: "volatility/parkinson",
  version: "1",
  doc: "Parkinson's variance of log returns from daily highs and lows",
  inputs: {
    high: port.tensor("f64", ["...", "t"], {
      doc: "Highest price of each day",
    }),
    low: port.tensor("f64", ["...", "t"], { doc: "Lowest price of each day" }),
  },
  params: rangeParams,
  outputs: {
    rolling: port.tensor("f64", ["...", "t"], {
      doc: "Mean variance of the trailing window",
    }),
    overall: port.tensor("f64", ["..."], { doc: "Mean variance of all rows" }),
  },
  run: async ({ high, low }, { window }) => {
    await checkBars({ high, low });
    return summarizeDays(parkinsonDaily(high, low), window);
  },
});
