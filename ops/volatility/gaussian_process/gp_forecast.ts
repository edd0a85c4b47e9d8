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
import { type Split, SPLITS, type Splits } from "../../splits.ts";
import { checkSplits } from "../splits.ts";
import { PairGeometry } from "./covariance.ts";
import {
  columnScaling,
  type ForecastRows,
  forecastRows,
  scaleColumns,
} from "./forecast_rows.ts";
import {
  type HyperParameter,
  hyperParameterSchema,
  type Kernel,
  kernelSchema,
} from "./kernel.ts";
import { normalQuantile } from "./normal_quantile.ts";
import {
  condition,
  maximiseLikelihood,
  PriorCovariance,
} from "./regression.ts";
import type { SearchOptions, SearchResult } from "./regression.ts";

/** The fit of one window. */
export interface GpForecastFit {
  /** Rows that the hyperparameters were fitted on. */
  readonly trainRows: number;
  /** The kernel with its fitted values, on standardised inputs. */
  readonly kernel: Kernel;
  /** Variance of the noise, on standardised log variance. */
  readonly noiseVariance: number;
  /** Log marginal likelihood of the standardised training targets. */
  readonly logMarginalLikelihood: number;
  /** Jitter of the conditioning, as a part of the mean of the diagonal. */
  readonly jitter: number;
  /** Evaluations of the likelihood. */
  readonly evaluations: number;
  /** Whether the search met its tolerance. */
  readonly converged: boolean;
  /** Hyperparameters that ended on a bound. */
  readonly atBounds: readonly string[];
  /** Mean of log variance over the training rows. */
  readonly targetMean: number;
  /** Standard deviation (ddof 0) of log variance over the training rows. */
  readonly targetScale: number;
  /** By what the median was multiplied, with the smearing retransformation. */
  readonly smearing: number | null;
}

const fitSchema: z.ZodType<GpForecastFit> = z.object({
  trainRows: z.int(),
  kernel: kernelSchema,
  noiseVariance: z.number(),
  logMarginalLikelihood: z.number(),
  jitter: z.number(),
  evaluations: z.int(),
  converged: z.boolean(),
  atBounds: z.array(z.string()).readonly(),
  targetMean: z.number(),
  targetScale: z.number(),
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
  lags: z.array(z.int().min(1)).default([1, 5, 22]),
  level: z.number().gt(0).lt(1).default(0.9),
  retransformation: z.enum(["lognormal", "median", "smearing"])
    .default("lognormal"),
  starts: z.int().min(1).default(1),
  seed: z.int().min(0).default(0),
  maxIterations: z.int().min(1).default(40),
  tolerance: z.number().positive().default(0.01),
});

/** Fewest rows that hyperparameters are fitted on. */
const FEWEST_ROWS = 10;

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
 * window. Within the test window every forecast is conditioned on all rows
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
      const window = await forecastWindow(rows, split, {
        ...params,
        // The window before is the best guess for the next one.
        guess: before,
        signal: ctx.signal,
      });
      before = window.values;
      fits.push(window.fit);
      window.means.forEach((mean, offset) => {
        const row = split.testStart + offset;
        const spread = window.variances[offset] ?? NaN;
        const band = quantile * Math.sqrt(spread);
        series.logMean[row] = mean;
        series.logVariance[row] = spread;
        series.lower[row] = Math.exp(mean - band);
        series.upper[row] = Math.exp(mean + band);
        series.forecast[row] = params.retransformation === "lognormal"
          ? Math.exp(mean + spread / 2)
          : Math.exp(mean) * (window.fit.smearing ?? 1);
      });
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

interface WindowOptions extends SearchOptions {
  readonly kernel?: Kernel | undefined;
  readonly noiseVariance: HyperParameter;
  readonly trainRows: number;
  readonly retransformation: "lognormal" | "median" | "smearing";
}

interface WindowForecast {
  readonly fit: GpForecastFit;
  /** Values of the free hyperparameters. */
  readonly values: Float64Array;
  /** Predictive means of log variance, one a test row. */
  readonly means: Float64Array;
  /** Predictive variances of log variance, one a test row. */
  readonly variances: Float64Array;
}

async function forecastWindow(
  rows: ForecastRows,
  split: Split,
  options: WindowOptions,
): Promise<WindowForecast> {
  const start = Math.max(
    split.trainStart,
    rows.firstKnown,
    split.trainEnd - options.trainRows,
  );
  const trainRows = split.trainEnd - start;
  if (trainRows < FEWEST_ROWS) {
    throw new DataError(
      `Cannot fit a Gaussian process as a training window has ${
        Math.max(trainRows, 0)
      } usable rows`,
      {
        expected: `at least ${FEWEST_ROWS} rows`,
        actual:
          `rows ${split.trainStart} to ${split.trainEnd}, the first ${rows.firstKnown} of the series are warm-up`,
        hint: "Lengthen the training window, or shorten the lags",
      },
    );
  }
  const scaled = scaleWindow(rows, start, split);
  const { width } = rows;
  const inputs = (end: number) =>
    wf.tensor(scaled.inputs.slice(0, end * width), { shape: [end, width] });
  const prior = new PriorCovariance({
    kernel: options.kernel ?? defaultKernel(),
    noiseVariance: options.noiseVariance,
  });
  const training = PairGeometry.within(inputs(trainRows));
  const targets = wf.tensor(scaled.targets.slice(0, trainRows));
  const search = await maximiseLikelihood(prior, training, targets, options);
  const count = scaled.targets.length;
  const trained = await condition(prior, training, targets, search.values);
  const { means, variances } = await predictOneStepAhead(
    prior.observations(
      PairGeometry.within(inputs(count)),
      wf.tensor(search.values),
      0,
    ),
    // A jitter measured on all rows would let later inputs in.
    trained.jitterVariance,
    wf.tensor(scaled.targets),
  );
  const { mean, scale } = scaled;
  const logMeans = means.map((value) => mean + scale * value);
  const smearing = options.retransformation === "smearing"
    ? smearingFactor(rows.targets.subarray(start, split.trainEnd), logMeans)
    : null;
  const test = split.testStart - start;
  return {
    fit: {
      trainRows,
      ...fitReport(prior, search),
      jitter: trained.jitter,
      targetMean: mean,
      targetScale: scale,
      smearing,
    },
    values: search.values,
    means: logMeans.subarray(test, count),
    variances: variances.subarray(test, count).map((value) =>
      value * scale ** 2
    ),
  };
}

function fitReport(
  prior: PriorCovariance,
  search: SearchResult,
): Omit<
  GpForecastFit,
  "trainRows" | "jitter" | "targetMean" | "targetScale" | "smearing"
> {
  return {
    ...prior.at(search.values),
    logMarginalLikelihood: search.logMarginalLikelihood,
    evaluations: search.evaluations,
    converged: search.converged,
    atBounds: search.atBounds,
  };
}

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

interface ScaledWindow {
  /** Inputs from the first training row to the last test row. */
  readonly inputs: Float64Array;
  /** Log variance of the same rows. */
  readonly targets: Float64Array;
  /** What was subtracted from the targets. */
  readonly mean: number;
  /** What they were divided by. */
  readonly scale: number;
}

function scaleWindow(
  { inputs, targets, width }: ForecastRows,
  start: number,
  { trainEnd, testEnd }: Split,
): ScaledWindow {
  const inputScaling = columnScaling(
    inputs.subarray(start * width, trainEnd * width),
    width,
  );
  const targetScaling = columnScaling(targets.subarray(start, trainEnd), 1);
  return {
    inputs: scaleColumns(
      inputs.subarray(start * width, testEnd * width),
      inputScaling,
    ),
    targets: scaleColumns(targets.subarray(start, testEnd), targetScaling),
    mean: targetScaling.means[0] ?? NaN,
    scale: targetScaling.scales[0] ?? NaN,
  };
}

/**
 * Predictions of each row from the rows before it.
 *
 * @param matrix Covariance of all observations `[n, n]`, noise included.
 * @param extra Added to its diagonal.
 * @param targets Observations `[n]`.
 * @returns Means and variances, one a row.
 */
async function predictOneStepAhead(
  matrix: F64,
  extra: number,
  targets: F64,
): Promise<{ means: Float64Array; variances: Float64Array }> {
  const stable = extra === 0 ? matrix : wf.add(
    matrix,
    wf.multiply(wf.eye(targets.size, targets.size, { dtype: "f64" }), extra),
  );
  const factor = wf.cholesky(stable);
  const column = wf.expandDims(targets, -1);
  const whitened = wf.triangularSolve(factor, column, { lower: true });
  const means = wf.squeeze(wf.matmul(wf.tril(factor, -1), whitened), -1);
  const variances = wf.square(wf.diagonal(factor));
  await wf.realize(means, variances);
  return { means: await means.data(), variances: await variances.data() };
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
