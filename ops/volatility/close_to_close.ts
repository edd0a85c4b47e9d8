/**
 * The variance of log returns from closing prices alone.
 *
 * @module
 */

import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { readSeries } from "./checks.ts";
import { closeBefore } from "./ohlc.ts";
import {
  type RangeParams,
  summarizeDays,
  type VarianceSummary,
} from "./summary.ts";
import {
  overWindows,
  requireRows,
  rowsFrom,
  sampleVarianceOfRows,
} from "./windows.ts";

/** Params of {@linkcode closeToClose}. */
export interface CloseToCloseParams extends RangeParams {
  /** Subtract the mean return and divide by n − 1; off, as daily means are noise. */
  readonly demean?: boolean;
}

const closeToCloseParams = z.object({
  window: z.number().int().min(1).default(21),
  demean: z.boolean().default(false),
});

/**
 * The classical estimator of the variance of log returns, from one close to the
 * next: the mean of `ln(Cₜ/Cₜ₋₁)²`, or with `demean` their sample variance
 * (division by n − 1). It counts the night as well as the day, and is the
 * baseline of the range estimators.
 *
 * Inputs `close`, shape [..., t]; optional `previousClose`, the close before
 * each row; without it the first row has no return and is left out of `overall`.
 * Params `window` (21), `demean` (false). Outputs, as variance of a log return a
 * day: `rolling` [..., t], NaN before the first whole window of returns;
 * `overall` [...]. Throws a `DataError` for prices that are not positive and
 * finite, a `ParameterError` for too few rows.
 *
 * @example
 * ```ts
 * import { closeToClose } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const close = wf.tensor([100, 101, 100.5, 102], { dtype: "f64" });
 * const { rolling } = await closeToClose.run({ close }, { window: 2 });
 * console.log(await rolling.data()); // NaN, NaN, and two variances
 * ```
 */
export const closeToClose: Op<
  { close: F64; previousClose?: F64 },
  CloseToCloseParams,
  VarianceSummary
> = op({
  name: "volatility/closeToClose",
  version: "1",
  doc: "Variance of log returns from one close to the next",
  inputs: {
    close: port.tensor("f64", ["...", "t"], { doc: "Last price of each day" }),
    previousClose: port.optional(
      port.tensor("f64", ["...", "t"], {
        doc: "Last price of the day before each row",
      }),
    ),
  },
  params: closeToCloseParams,
  outputs: {
    rolling: port.tensor("f64", ["...", "t"], {
      doc: "Variance of the trailing window",
    }),
    overall: port.tensor("f64", ["..."], { doc: "Variance of all returns" }),
  },
  run: async ({ close, previousClose }, { window, demean }) => {
    await readSeries(close, { name: "close", sign: "positive" });
    const before = await closeBefore(close, previousClose);
    const returns = wf.subtract(wf.log(close), wf.log(before));
    const firstKnown = previousClose === undefined ? 1 : 0;
    const rows = (close.shape.at(-1) ?? 0) - firstKnown;
    requireRows(rows, demean ? 2 : 1, "close-to-close variance");
    if (!demean) return summarizeDays(wf.square(returns), window, firstKnown);
    requireRows(window, 2, "demeaned variance of a window");
    return {
      rolling: overWindows(returns, window, sampleVarianceOfRows),
      overall: sampleVarianceOfRows(rowsFrom(returns, firstKnown)),
    };
  },
});
