/**
 * The heterogeneous autoregression of realised variance.
 *
 * @module
 */

import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { firstKnownRow, readSeries } from "./checks.ts";
import { type LeastSquares, leastSquares } from "./least_squares.ts";
import { meanOfRows, overWindows, rowsFrom } from "./windows.ts";

/** Rows of the past that a forecast needs: a month of trading days. */
export const HAR_ROWS = 22;

const WEEK = 5;

/** A fitted heterogeneous autoregression; coefficients: constant, day, week, month. */
export interface HarFit extends LeastSquares {
  /** Whether the regression is of log variance on means of log variances. */
  readonly log: boolean;
}

/** The schema of {@linkcode HarFit}. */
export const harFitSchema: z.ZodType<HarFit> = z.object({
  coefficients: z.array(z.number()),
  classicErrors: z.array(z.number()),
  neweyWestErrors: z.array(z.number()),
  neweyWestLags: z.number().int(),
  rSquared: z.number(),
  residualVariance: z.number(),
  rows: z.number().int(),
  log: z.boolean(),
});

/** Params of {@linkcode harRv}. */
export interface HarRvParams {
  /** Regress log variance on means of log variances; false. */
  readonly log?: boolean;
  /** Lags of the Newey-West errors; ⌊4 (n/100)^(2/9)⌋ if absent. */
  readonly neweyWestLags?: number;
  /** Multiply the Newey-West variances by n/(n − 4); false. */
  readonly smallSample?: boolean;
}

/** What a regression is made from. */
export interface HarRows {
  /** Regressors [t − 21, 4] for the rows 22 … t: constant, day, week, month before. */
  readonly design: F64;
  /** What rows 22 … t − 1 turned out to be, shape [t − 22]. */
  readonly target: F64;
}

/**
 * Regressors of each row from the 22 rows before it: the last value, the mean of
 * the last 5 and the mean of the last 22.
 *
 * @param variance Variances of days, shape [t], t ≥ 22.
 * @param log Whether to take logs first.
 * @returns Regressors and targets; the last row of `design` is for row t, the
 * one after the series.
 */
export function harRows(variance: F64, log: boolean): HarRows {
  const series = log ? wf.log(variance) : variance;
  const known = HAR_ROWS - 1;
  const columns = [
    wf.onesLike(series),
    series,
    overWindows(series, WEEK, meanOfRows),
    overWindows(series, HAR_ROWS, meanOfRows),
  ];
  return {
    design: wf.transpose(rowsFrom(wf.stack(columns, { axis: 0 }), known)),
    target: rowsFrom(series, HAR_ROWS),
  };
}

/**
 * One-day-ahead variances from regressors.
 *
 * @param fit The fitted regression.
 * @param design Regressors, shape [n, 4].
 * @returns Variances, shape [n]. In logs they are `exp(μ + s²/2)`: the mean of a
 * log-normal variable, s² being the residual variance; without the second term
 * the forecast would be of the median, below the mean.
 */
export function harForecasts(fit: HarFit, design: F64): F64 {
  const linear = wf.matmul(
    design,
    wf.tensor([...fit.coefficients], { dtype: "f64" }),
  );
  return fit.log ? wf.exp(wf.add(linear, fit.residualVariance / 2)) : linear;
}

/**
 * The heterogeneous autoregression of realised variance (F. Corsi, "A Simple
 * Approximate Long-Memory Model of Realized Volatility", 2009):
 * `RVₜ₊₁ = b₀ + b_d RVₜ + b_w mean₅(RV) + b_m mean₂₂(RV)`, by least squares with
 * Newey-West standard errors; with `log` the same of log RV (means of logs).
 *
 * Input `variance` [t]: variances of days, positive; NaN only at the start, where
 * nothing is known yet. Params: see {@linkcode HarRvParams}. Outputs: `fit`;
 * `fitted` [t], in-sample one-day-ahead variances with coefficients that know the
 * whole series, NaN for the first 22 known rows; `next` [], the forecast for the
 * row after the last. With `log`, `fitted` and `next` are `exp(μ + s²/2)`, right
 * for the mean if log variances are normal. In levels they may be negative.
 * Throws a `DataError` for NaN, values that are not positive, or fewer than 27
 * known rows, a `NumericalError` for a constant series.
 *
 * @example
 * ```ts
 * import { harRv } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const days = Float64Array.from({ length: 100 }, (_, t) => 1 + Math.sin(t * t) ** 2);
 * const { fit, next } = await harRv.run({ variance: wf.tensor(days) }, { log: true });
 * console.log(fit.coefficients); // [1.157…, -0.044…, 0.077…, -2.109…]
 * console.log(await next.item()); // 1.5745…
 * ```
 */
export const harRv: Op<
  { variance: F64 },
  HarRvParams,
  { fit: HarFit; fitted: F64; next: F64 }
> = op({
  name: "volatility/harRv",
  version: "1",
  doc:
    "Heterogeneous autoregression of realised variance, with Newey-West errors",
  inputs: {
    variance: port.tensor("f64", ["t"], { doc: "Variance of each day" }),
  },
  params: z.object({
    log: z.boolean().default(false),
    neweyWestLags: z.number().int().nonnegative().optional(),
    smallSample: z.boolean().default(false),
  }),
  outputs: {
    fit: port.value(harFitSchema, {
      doc: "Coefficients: constant, day, week, month",
    }),
    fitted: port.tensor("f64", ["t"], {
      doc: "In-sample variance a day ahead",
    }),
    next: port.tensor("f64", [], {
      doc: "Variance forecast for the row after the last",
    }),
  },
  run: async ({ variance }, { log, ...options }) => {
    const values = await readSeries(variance, {
      name: "variance",
      sign: "positive",
      leadingNaN: true,
      atLeast: HAR_ROWS + 5,
    });
    const first = firstKnownRow(values);
    const { design, target } = harRows(rowsFrom(variance, first), log);
    const rows = target.shape[0] ?? 0;
    const fit = {
      ...await leastSquares(wf.slice(design, [0, rows]), target, options),
      log,
    };
    const forecasts = harForecasts(fit, design);
    const unknown = wf.full([first + HAR_ROWS], NaN, { dtype: "f64" });
    return {
      fit,
      fitted: wf.concat([unknown, wf.slice(forecasts, [0, rows])]),
      next: wf.slice(forecasts, rows),
    };
  },
});
