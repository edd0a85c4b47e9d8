/**
 * Yang and Zhang's variance from daily bars and the gaps between them.
 *
 * @module
 */

import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { barLogs, checkBars, closeBefore } from "./ohlc.ts";
import { rogersSatchellDaily } from "./rogers_satchell.ts";
import type { RangeParams, VarianceSummary } from "./summary.ts";
import {
  meanOfRows,
  overWindows,
  requireRows,
  rowsFrom,
  sampleVarianceOfRows,
} from "./windows.ts";

/**
 * The weight of the open-to-close variance, `k = 0.34 / (1.34 + (n + 1)/(n − 1))`,
 * which minimises the variance of the estimator.
 *
 * @param rows Days in the sample, n ≥ 2.
 * @returns k, between 0 and 0.146.
 *
 * @example
 * ```ts
 * import { yangZhangWeight } from "@weft/weft/ops/volatility";
 *
 * console.log(yangZhangWeight(21)); // 0.13934…
 * ```
 */
export function yangZhangWeight(rows: number): number {
  return 0.34 / (1.34 + (rows + 1) / (rows - 1));
}

/**
 * Yang and Zhang's estimator of the variance of log returns from daily bars
 * (D. Yang and Q. Zhang, "Drift-Independent Volatility Estimation Based on High,
 * Low, Open, and Close Prices", 2000): `V_o + k V_c + (1 − k) V_RS`, with V_o and
 * V_c the sample variances (n − 1) of the overnight and the open-to-close log
 * returns, V_RS the mean of Rogers and Satchell's, and k of
 * {@linkcode yangZhangWeight}. Free of drift, and the night is counted.
 *
 * Inputs `open`, `high`, `low`, `close`: prices, shape [..., t]; optional
 * `previousClose`; without it the first row has no overnight return and is left
 * out of all three parts. Param `window` (21, at least 2). Outputs, as variance
 * of a log return a day: `rolling` [..., t], NaN before the first whole window;
 * `overall` [...]. Throws a `DataError` for prices that are not positive, a high
 * below or a low above the open or the close; a `ParameterError` for fewer than
 * two known rows.
 *
 * @example
 * ```ts
 * import { yangZhang } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { overall } = await yangZhang.run({
 *   open: wf.tensor([100, 101.5, 102.2], { dtype: "f64" }),
 *   high: wf.tensor([102.5, 103, 103.4], { dtype: "f64" }),
 *   low: wf.tensor([99.2, 100.7, 100.4], { dtype: "f64" }),
 *   close: wf.tensor([101.2, 102, 100.9], { dtype: "f64" }),
 * });
 * console.log(await overall.item()); // 0.000297865…
 * ```
 */
export const yangZhang: Op<
  { open: F64; high: F64; low: F64; close: F64; previousClose?: F64 },
  RangeParams,
  VarianceSummary
> = op({
  name: "volatility/yangZhang",
  version: "1",
  doc:
    "Yang and Zhang's variance of log returns from daily bars, night included",
  inputs: {
    open: port.tensor("f64", ["...", "t"], { doc: "First price of each day" }),
    high: port.tensor("f64", ["...", "t"], {
      doc: "Highest price of each day",
    }),
    low: port.tensor("f64", ["...", "t"], { doc: "Lowest price of each day" }),
    close: port.tensor("f64", ["...", "t"], { doc: "Last price of each day" }),
    previousClose: port.optional(
      port.tensor("f64", ["...", "t"], {
        doc: "Last price of the day before each row",
      }),
    ),
  },
  params: z.object({ window: z.number().int().min(2).default(21) }),
  outputs: {
    rolling: port.tensor("f64", ["...", "t"], {
      doc: "Variance of the trailing window",
    }),
    overall: port.tensor("f64", ["..."], { doc: "Variance of all rows" }),
  },
  run: async ({ open, high, low, close, previousClose }, { window }) => {
    const bars = { open, high, low, close };
    await checkBars(bars);
    const before = await closeBefore(close, previousClose);
    const firstKnown = previousClose === undefined ? 1 : 0;
    const rows = (close.shape.at(-1) ?? 0) - firstKnown;
    requireRows(rows, 2, "Yang-Zhang variance");

    const overnight = wf.subtract(wf.log(open), wf.log(before));
    const { toClose } = barLogs(bars);
    const intraday = rogersSatchellDaily(bars);
    const combine = (night: F64, day: F64, range: F64, size: number): F64 => {
      const weight = yangZhangWeight(size);
      return wf.add(
        night,
        wf.add(wf.multiply(day, weight), wf.multiply(range, 1 - weight)),
      );
    };
    return {
      rolling: combine(
        overWindows(overnight, window, sampleVarianceOfRows),
        overWindows(toClose, window, sampleVarianceOfRows),
        overWindows(intraday, window, meanOfRows),
        window,
      ),
      overall: combine(
        sampleVarianceOfRows(rowsFrom(overnight, firstKnown)),
        sampleVarianceOfRows(rowsFrom(toClose, firstKnown)),
        meanOfRows(rowsFrom(intraday, firstKnown)),
        rows,
      ),
    };
  },
});
