/**
 * Exponentially weighted moving averages of squared returns.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { readSeries } from "./checks.ts";
import {
  meanOfRows,
  requireRows,
  rowsFrom,
  timeFirst,
  timeLast,
} from "./windows.ts";

/** Params of {@linkcode ewma}. */
export interface EwmaParams {
  /** The decay λ of RiskMetrics, between 0 and 1; 0.94. */
  readonly decay?: number;
  /** Rows whose mean square is the first forecast; 1. Not with `initialVariance`. */
  readonly warmUp?: number;
  /**
   * Forecast of the very first row, in squared units of the returns; by default
   * that of `warmUp`.
   */
  readonly initialVariance?: number;
}

/** Forecasts a day ahead from squares, and the one for the row after the last. */
export interface EwmaPath {
  /** Forecast for row t from rows before t, shape [..., t]. */
  readonly variance: F64;
  /** Forecast for the row after the last one, shape [...]. */
  readonly next: F64;
}

/**
 * The recursion `vₜ = λ vₜ₋₁ + (1 − λ) xₜ₋₁` over squares x.
 *
 * @param squares Squared returns or variances of days, shape [..., t].
 * @param decay λ.
 * @param initial Forecast of the first row, shape [...].
 * @returns Forecasts of each row and of the next one.
 */
export function ewmaPath(squares: F64, decay: number, initial: F64): EwmaPath {
  const [next, path] = wf.scan(
    (variance: F64, square: F64) => [
      wf.add(wf.multiply(variance, decay), wf.multiply(square, 1 - decay)),
      variance,
    ],
    initial,
    timeFirst(squares),
  );
  return { variance: timeLast(path), next };
}

/**
 * The exponentially weighted moving average of squared returns, a forecast of
 * variance a day ahead (RiskMetrics, "Technical Document", 4th edition, 1996:
 * λ = 0.94 for daily data; the mean return is taken as zero):
 * `vₜ = λ vₜ₋₁ + (1 − λ) r²ₜ₋₁`.
 *
 * Input `returns` [..., t]. Params `decay` (0.94), `warmUp` (1) or
 * `initialVariance`. Outputs: `variance` [..., t], in squared units of the
 * returns, where row t is the forecast for t from rows before it, and NaN for the
 * first `warmUp` rows (none with `initialVariance`); `next` [...], for the row
 * after the last. Throws a `DataError` for NaN, a `ParameterError` for a decay
 * outside (0, 1) or a warm-up longer than the series.
 *
 * @example
 * ```ts
 * import { ewma } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const returns = wf.tensor([0.01, -0.02, 0.005], { dtype: "f64" });
 * const { next } = await ewma.run({ returns });
 * console.log(Math.sqrt(await next.item())); // 0.0106…, tomorrow's volatility
 * ```
 */
export const ewma: Op<{ returns: F64 }, EwmaParams, EwmaPath> = op({
  name: "volatility/ewma",
  version: "1",
  doc: "Exponentially weighted variance of returns, a forecast a day ahead",
  causal: true,
  inputs: {
    returns: port.tensor("f64", ["...", "t"], { doc: "Returns, time last" }),
  },
  params: z.object({
    decay: z.number().gt(0).lt(1).default(0.94),
    warmUp: z.number().int().min(1).optional(),
    initialVariance: z.number().positive().optional(),
  }),
  outputs: {
    variance: port.tensor("f64", ["...", "t"], {
      doc: "Forecast for each row",
    }),
    next: port.tensor("f64", ["..."], {
      doc: "Forecast for the row after the last",
    }),
  },
  run: async ({ returns }, { decay, warmUp, initialVariance }) => {
    await readSeries(returns, { name: "returns" });
    const leading = returns.shape.slice(0, -1);
    const squares = wf.square(returns);
    if (initialVariance !== undefined) {
      if (warmUp !== undefined) {
        throw new ParameterError(
          'Cannot use both "warmUp" and "initialVariance"',
          {
            hint: "Leave one of them out: each says where the average starts",
          },
        );
      }
      return ewmaPath(
        squares,
        decay,
        wf.full(leading, initialVariance, { dtype: "f64" }),
      );
    }
    const known = warmUp ?? 1;
    requireRows(
      returns.shape.at(-1) ?? 0,
      known,
      "warm-up of the moving average",
    );
    const all = leading.map(() => null);
    const initial = meanOfRows(wf.slice(squares, ...all, [0, known]));
    if (known === returns.shape.at(-1)) {
      return {
        variance: wf.full(returns.shape, NaN, { dtype: "f64" }),
        next: initial,
      };
    }
    const { variance, next } = ewmaPath(
      rowsFrom(squares, known),
      decay,
      initial,
    );
    const unknown = wf.full([...leading, known], NaN, { dtype: "f64" });
    return { variance: wf.concat([unknown, variance], { axis: -1 }), next };
  },
});
