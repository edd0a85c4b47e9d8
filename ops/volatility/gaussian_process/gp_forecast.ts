/**
 * Walk-forward variance forecasts by a Gaussian process on log variance.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { SPLITS, type Splits } from "../../splits.ts";
import { checkSplits } from "../splits.ts";
import { forecastRows } from "./forecast_rows.ts";
import {
  type HyperParameter,
  hyperParameterSchema,
  type Kernel,
  kernelSchema,
} from "./kernel.ts";
import { normalQuantile } from "./normal_quantile.ts";
import {
  predictWindow,
  WINDOW_FIT_SHAPE,
  type WindowFit,
} from "./one_step_ahead.ts";

/** The fit of one window; the targets are log variances. */
export interface GpForecastFit extends WindowFit {
  /** By what the median was multiplied, with the smearing retransformation. */
  readonly smearing: number | null;
}

const fitSchema: z.ZodType<GpForecastFit> = z.object({
  ...WINDOW_FIT_SHAPE,
  smearing: z.number().nullable(),
}).readonly();

/** Params of {@linkcode gpForecast}. */
export interface GpForecastParams {
  /** Kernel on the standardised inputs; see {@linkcode gpForecast} for the default. */
  kernel?: Kernel | undefined;
  /** Noise on standardised log variance; default 0.5 within `[1e-3, 10]`. */
  noiseVariance?: HyperParameter | undefined;
  /** Most training rows a window, its last ones; default 500. */
  trainRows?: number | undefined;
  /**
   * Rows that stand for all others in a sparse process, whose cost is linear in
   * `trainRows`; default: none, exact inference.
   */
  inducing?: number | undefined;
  /** Windows of past mean variance, in days; default 1, 5 and 22. */
  lags?: number[] | undefined;
  /** Coverage of `lower` … `upper`; default 0.9. */
  level?: number | undefined;
  /**
   * From log variance back to variance: `lognormal` (default) `exp(μ + s²/2)`,
   * `median` `exp(μ)`, `smearing` `exp(μ)` times the mean of `variance / exp(μ)`
   * over the second half of the training rows.
   */
  retransformation?: "lognormal" | "median" | "smearing" | undefined;
  /** Starting points a window; the first one is the fit of the window before. Default 1. */
  starts?: number | undefined;
  /** Seed of further starting points; default 0. */
  seed?: number | undefined;
  /** Most iterations of L-BFGS a start; default 40. */
  maxIterations?: number | undefined;
  /** Largest gradient that ends a start; default 0.01. */
  tolerance?: number | undefined;
}

const paramsSchema = z.object({
  kernel: kernelSchema.optional(),
  noiseVariance: hyperParameterSchema.default({
    value: 0.5,
    bounds: [1e-3, 10],
  }),
  trainRows: z.int().min(10).default(500),
  inducing: z.int().min(1).max(2000).optional(),
  lags: z.array(z.int().min(1)).default([1, 5, 22]),
  level: z.number().gt(0).lt(1).default(0.9),
  retransformation: z.enum(["lognormal", "median", "smearing"])
    .default("lognormal"),
  starts: z.int().min(1).default(1),
  seed: z.int().min(0).default(0),
  maxIterations: z.int().min(1).default(40),
  tolerance: z.number().positive().default(0.01),
});

/**
 * Forecasts variance a day ahead by exact Gaussian-process regression of log
 * variance on what was known the evening before, walk-forward.
 *
 * Target: log variance of day t. Inputs: for each of `lags` the logarithm of the
 * mean variance over that many days up to t − 1, then the given features of day
 * t − 1; all standardised by the training rows. Default kernel: a linear one plus
 * a Matern 3/2 with one length scale for all inputs, each times a constant.
 *
 * Hyperparameters are fitted on the last `trainRows` rows of each training
 * window, by exact inference or, with `inducing` rows, by a sparse process whose
 * cost is linear in `trainRows`. Within the test window every forecast is conditioned on all rows
 * before it, at no extra cost: with `K = L Lᵀ` over training, gap and test rows
 * and `L z = y`, the prediction of row t from the rows before it has the mean
 * `Σ_{j<t} L_tj z_j` and the variance `L_tt²` (noise included). Row t and what
 * comes after it do not enter: the forecast is causal by construction.
 *
 * Inputs: `variance` `[t]`, positive, NaN only before the first known day;
 * `features` `[t, d]`, row t known at the end of day t, NaN only before the
 * first known row; `splits`. Outputs `[t]`, NaN outside the test windows:
 * `forecast` (variance, see `retransformation`), `lower` and `upper` (quantiles
 * of the predictive distribution of the variance proxy), `logMean` and
 * `logVariance` (its mean and variance on the log scale); `fits`, one a window.
 *
 * Errors: variances that are not positive, missing values, a training window
 * with fewer than 10 usable rows, a test row before the first usable one.
 *
 * Source: Mushunje, Mashasha, Chandiwana 2023, arXiv 2311.10935, whose kernel and
 * inference could not be read: exact inference as in Rasmussen and Williams
 * 2006; the lags are those of Corsi's HAR model (2009).
 *
 * @example
 * ```ts
 * import { gpForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const days = Float64Array.from({ length: 60 }, (_, t) => Math.exp(Math.sin(t / 5)));
 * const { forecast } = await gpForecast.run({
 *   variance: wf.tensor(days),
 *   splits: [{ trainStart: 0, trainEnd: 50, testStart: 50, testEnd: 52 }],
 * }, { lags: [1, 5] });
 * console.log(days.slice(50, 52)); // [0.580…, 0.496…]
 * console.log(await wf.slice(forecast, [50, 52]).data()); // [0.575…, 0.492…]
 * ```
 */
export const gpForecast: Op<
  { variance: F64; features?: F64; splits: Splits },
  GpForecastParams,
  {
    forecast: F64;
    lower: F64;
    upper: F64;
    logMean: F64;
    logVariance: F64;
    fits: GpForecastFit[];
  }
> = op({
  name: "volatility/gpForecast",
  version: "1",
  doc: "Walk-forward variance forecasts by a Gaussian process",
  causal: true,
  inputs: {
    variance: port.tensor("f64", ["t"]),
    features: port.optional(port.tensor("f64", ["t", "d"])),
    splits: port.value(SPLITS),
  },
  params: paramsSchema,
  outputs: {
    forecast: port.tensor("f64", ["t"]),
    lower: port.tensor("f64", ["t"]),
    upper: port.tensor("f64", ["t"]),
    logMean: port.tensor("f64", ["t"]),
    logVariance: port.tensor("f64", ["t"]),
    fits: port.value(z.array(fitSchema)),
  },
  run: async ({ variance, features, splits }, params, ctx) => {
    const rows = forecastRows(
      await variance.data(),
      features === undefined ? new Float64Array() : await features.data(),
      features?.shape[1] ?? 0,
      params.lags,
    );
    if (rows.width === 0) {
      throw new DataError("Cannot forecast log variance without inputs", {
        hint: 'Give "lags" or "features"',
      });
    }
    const length = rows.targets.length;
    checkSplits(splits, length);
    const quantile = normalQuantile((1 + params.level) / 2);
    const series = {
      forecast: new Float64Array(length).fill(NaN),
      lower: new Float64Array(length).fill(NaN),
      upper: new Float64Array(length).fill(NaN),
      logMean: new Float64Array(length).fill(NaN),
      logVariance: new Float64Array(length).fill(NaN),
    };
    const fits: GpForecastFit[] = [];
    let before: Float64Array | undefined;
    for (const [index, split] of splits.entries()) {
      const window = await predictWindow(rows, split, {
        ...params,
        kernel: params.kernel ?? defaultKernel(),
        // The window before is the best guess for the next one.
        guess: before,
        signal: ctx.signal,
      });
      before = window.values;
      const smearing = params.retransformation === "smearing"
        ? smearingFactor(
          rows.targets.subarray(window.start, split.trainEnd),
          window.means,
        )
        : null;
      fits.push({ ...window.fit, smearing });
      for (let row = split.testStart; row < split.testEnd; row += 1) {
        const mean = window.means[row - window.start] ?? NaN;
        const spread = window.variances[row - window.start] ?? NaN;
        const band = quantile * Math.sqrt(spread);
        series.logMean[row] = mean;
        series.logVariance[row] = spread;
        series.lower[row] = Math.exp(mean - band);
        series.upper[row] = Math.exp(mean + band);
        series.forecast[row] = params.retransformation === "lognormal"
          ? Math.exp(mean + spread / 2)
          : Math.exp(mean) * (smearing ?? 1);
      }
      ctx.progress((index + 1) / splits.length);
    }
    return {
      forecast: wf.tensor(series.forecast),
      lower: wf.tensor(series.lower),
      upper: wf.tensor(series.upper),
      logMean: wf.tensor(series.logMean),
      logVariance: wf.tensor(series.logVariance),
      fits,
    };
  },
});

function defaultKernel(): Kernel {
  return {
    kind: "sum",
    kernels: [
      {
        kind: "product",
        kernels: [
          { kind: "constant", variance: { value: 0.3, bounds: [1e-4, 1e2] } },
          { kind: "linear", offsetVariance: { value: 1, fixed: true } },
        ],
      },
      {
        kind: "product",
        kernels: [
          { kind: "constant", variance: { value: 0.3, bounds: [1e-4, 1e2] } },
          {
            kind: "matern",
            nu: 1.5,
            lengthScale: { value: 3, bounds: [0.1, 100] },
          },
        ],
      },
    ],
  };
}

function smearingFactor(
  logVariances: Float64Array,
  logMeans: Float64Array,
): number {
  const rows = logVariances.length;
  const first = Math.floor(rows / 2);
  let sum = 0;
  for (let row = first; row < rows; row += 1) {
    sum += Math.exp((logVariances[row] ?? NaN) - (logMeans[row] ?? NaN));
  }
  return sum / (rows - first);
}
