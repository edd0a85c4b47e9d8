/**
 * Forecasts of returns and their volatility by a censored Gaussian process.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { SPLITS, type Splits } from "../../splits.ts";
import type { CensoredMethod } from "../censored_gp/inference.ts";
import {
  type CensoringLimits,
  LIMIT_SHAPE,
  resolveLimits,
} from "../censored_gp/limits.ts";
import { observedMoments } from "../censored_gp/observed_moments.ts";
import { readSeries } from "../checks.ts";
import {
  type HyperParameter,
  hyperParameterSchema,
  type Kernel,
  kernelSchema,
} from "../gaussian_process/kernel.ts";
import { checkSplits } from "../splits.ts";
import { scaledByColumn } from "./corrected_price.ts";
import {
  type CensoredWindowFit,
  censoredWindowFitSchema,
  predictCensoredWindow,
} from "./censored_window.ts";
import { laggedInputs } from "./lagged_inputs.ts";

/** What {@linkcode censoredReturnForecast} reads. */
export interface CensoredReturnInputs {
  /** Daily returns `[t]`, NaN only before the first known one. */
  returns: F64;
  /** Inputs `[t, c]`, row t known before day t: the move to the corrected price. */
  ahead?: F64;
  /** Inputs `[t, d]`, row t known at the end of day t. */
  features?: F64;
  /** Volatility `[t]` that returns are divided by, row t known before day t. */
  scale?: F64;
  /** Another measure of variance `[t]`, whose level forecasts are to have. */
  variance?: F64;
  /** Walk-forward windows. */
  splits: Splits;
}

/** Params of {@linkcode censoredReturnForecast}. */
export interface CensoredReturnParams extends CensoringLimits {
  /** Share of the training returns that each side without a limit cuts off; 0.01. */
  readonly tail?: number | undefined;
  /** How the posterior is approximated; "ep". */
  readonly method?: CensoredMethod | undefined;
  /** Kernel on the standardised inputs; default constant × rbf, a length scale a column. */
  readonly kernel?: Kernel | undefined;
  /** Noise on the standardised returns; default 0.9 within `[1e-2, 10]`. */
  readonly noiseVariance?: HyperParameter | undefined;
  /** Most training rows a window, its last ones; default 250. */
  readonly trainRows?: number | undefined;
  /** Days of a year that `volatility` is given for; 252, 1 for a daily one. */
  readonly periodsPerYear?: number | undefined;
  /** Starting points a window; the first one is the fit of the window before. Default 1. */
  readonly starts?: number | undefined;
  /** Seed of further starting points; default 0. */
  readonly seed?: number | undefined;
  /** Most iterations of L-BFGS a start; default 30. */
  readonly maxIterations?: number | undefined;
  /** Largest gradient that ends a start; default 0.01. */
  readonly tolerance?: number | undefined;
}

/** What {@linkcode censoredReturnForecast} gives; series `[t]`. */
export interface CensoredReturnOutputs {
  /** Variance of the day's return, `(v* + σ²)`, not cut off. */
  forecast: F64;
  /** Its square root, a year. */
  volatility: F64;
  /** Mean of the day's return before it is cut off. */
  mean: F64;
  /** Mean of the day's return, cut off. */
  observedMean: F64;
  /** One a window. */
  fits: CensoredWindowFit[];
}

/**
 * Forecasts each day's return and its variance by a censored Gaussian process,
 * walk-forward: the last stage after a numeric forecast and its correction.
 *
 * Returns beyond a limit count as "at least that much": `left` and `right` are
 * limits of the market (a daily price limit), a side without one is cut off at
 * the quantile `tail` of the training returns, so that single days do not set
 * the noise of all. `tail: 0` without limits is the plain process. Hyperparameters
 * come from the training rows, by `method`; then each test row is predicted from
 * all rows before it: a row between the limits is taken in exactly, one beyond
 * them by matching the moments of its posterior.
 *
 * The volatility forecast is `σ̂_t = √(v*_t + σ²)` of the return before it is cut
 * off. Its σ² changes with the windows only: short windows (splits of a month,
 * `trainRows` of half a year) let it follow the market. With `scale`, a volatility
 * known before the day (EWMA, GARCH, or implied by options), returns are divided by
 * it and the process corrects it: `σ̂_t = scale_t √(v*_t + σ²)`. With `variance`,
 * another measure (of the trading hours, say), variances are multiplied by its mean
 * over the training rows divided by that of the predictions of these rows.
 *
 * Inputs and outputs: see {@linkcode CensoredReturnInputs} and
 * {@linkcode CensoredReturnOutputs}; NaN outside the test windows. With neither
 * `ahead` nor `features` the process is a constant.
 *
 * Errors: missing values, `left` not below `right`, a scale that is not positive,
 * windows that do not fit or have fewer than 10 usable rows.
 *
 * Source: Mushunje, Mashasha, Chandiwana 2023, arXiv 2311.10935, after Chen,
 * Qian, Nabney, Meng 2014, where a censored process maps wind speed to power; the
 * rule by which the paper reads off volatility is not known.
 *
 * @example
 * ```ts
 * import { censoredReturnForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const days = Float64Array.from({ length: 120 }, (_, t) => 0.01 * Math.sin(t * t));
 * const { volatility } = await censoredReturnForecast.run({
 *   returns: wf.tensor(days),
 *   splits: [{ trainStart: 0, trainEnd: 100, testStart: 100, testEnd: 120 }],
 * }, { tail: 0.05 });
 * console.log((await volatility.data())[110]?.toFixed(2)); // 0.12, a year
 * ```
 */
export const censoredReturnForecast: Op<
  CensoredReturnInputs,
  CensoredReturnParams,
  CensoredReturnOutputs
> = op({
  name: "volatility/censoredReturnForecast",
  version: "1",
  doc: "Walk-forward forecasts of returns and variance by a censored process",
  causal: true,
  inputs: {
    returns: port.tensor("f64", ["t"]),
    ahead: port.optional(port.tensor("f64", ["t", "c"])),
    features: port.optional(port.tensor("f64", ["t", "d"])),
    scale: port.optional(port.tensor("f64", ["t"])),
    variance: port.optional(port.tensor("f64", ["t"])),
    splits: port.value(SPLITS),
  },
  params: z.object({
    ...LIMIT_SHAPE,
    tail: z.number().min(0).max(0.25).default(0.01),
    method: z.enum(["ep", "laplace", "vi"]).default("ep"),
    kernel: kernelSchema.optional(),
    noiseVariance: hyperParameterSchema.default({
      value: 0.9,
      bounds: [1e-2, 10],
    }),
    trainRows: z.int().min(10).default(250),
    periodsPerYear: z.number().positive().default(252),
    starts: z.int().min(1).default(1),
    seed: z.int().min(0).default(0),
    maxIterations: z.int().min(1).default(30),
    tolerance: z.number().positive().default(0.01),
  }),
  outputs: {
    forecast: port.tensor("f64", ["t"]),
    volatility: port.tensor("f64", ["t"]),
    mean: port.tensor("f64", ["t"]),
    observedMean: port.tensor("f64", ["t"]),
    fits: port.value(z.array(censoredWindowFitSchema)),
  },
  run: async (
    { returns, scale, variance, splits, ...columns },
    params,
    ctx,
  ) => {
    const daily = await readSeries(returns, {
      name: "returns",
      leadingNaN: true,
    });
    const units = scale === undefined
      ? new Float64Array(daily.length).fill(1)
      : await readSeries(scale, {
        name: "scale",
        sign: "positive",
        leadingNaN: true,
      });
    const measure = variance && await readSeries(variance, {
      name: "variance",
      sign: "non-negative",
      leadingNaN: true,
    });
    const limits = resolveLimits(params);
    // A column of zeros makes a constant of a process without inputs.
    const own = columns.ahead === undefined && columns.features === undefined
      ? [new Float64Array(daily.length)]
      : [];
    const rows = await laggedInputs(
      daily.map((value, row) => value / (units[row] ?? NaN)),
      own,
      columns,
    );
    checkSplits(splits, daily.length);
    const blank = () => new Float64Array(daily.length).fill(NaN);
    const series = {
      forecast: blank(),
      mean: blank(),
      observedMean: blank(),
    };
    const fits: CensoredWindowFit[] = [];
    let guess: Float64Array | undefined;
    for (const [index, split] of splits.entries()) {
      const window = await predictCensoredWindow(rows, split, {
        ...params,
        kernel: params.kernel ?? scaledByColumn(rows.width, 0.05),
        units,
        limits,
        measure,
        guess,
        signal: ctx.signal,
      });
      guess = window.values;
      fits.push(window.fit);
      for (let row = split.testStart; row < split.testEnd; row += 1) {
        const unit = units[row] ?? NaN;
        const offset = row - split.testStart;
        series.mean[row] = unit * (window.means[offset] ?? NaN);
        series.forecast[row] = unit ** 2 * (window.variances[offset] ?? NaN);
      }
      const test = [split.testStart, split.testEnd] as const;
      const observed = observedMoments(
        wf.tensor(series.mean.slice(...test)),
        wf.tensor(series.forecast.slice(...test)),
        limits,
      );
      series.observedMean.set(await observed.mean.data(), split.testStart);
      ctx.progress((index + 1) / splits.length);
    }
    const { periodsPerYear } = params;
    return {
      forecast: wf.tensor(series.forecast),
      volatility: wf.tensor(
        series.forecast.map((value) => Math.sqrt(value * periodsPerYear)),
      ),
      mean: wf.tensor(series.mean),
      observedMean: wf.tensor(series.observedMean),
      fits,
    };
  },
});
