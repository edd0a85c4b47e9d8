/**
 * Correction of price forecasts by a Gaussian process.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { SPLITS, type Splits } from "../../splits.ts";
import { readSeries } from "../checks.ts";
import {
  type HyperParameter,
  hyperParameterSchema,
  type Kernel,
  kernelSchema,
} from "../gaussian_process/kernel.ts";
import { normalQuantile } from "../gaussian_process/normal_quantile.ts";
import {
  predictWindow,
  type WindowFit,
  windowFitSchema,
} from "../gaussian_process/one_step_ahead.ts";
import { checkSplits } from "../splits.ts";
import { laggedInputs } from "./lagged_inputs.ts";

/** What {@linkcode correctedPrice} reads. */
export interface CorrectedPriceInputs {
  /** Daily prices `[t]`, positive. */
  prices: F64;
  /** Their forecasts `[t]`, row t made before day t. */
  forecast: F64;
  /** Further inputs `[t, c]`, row t known before day t: weekday, calendar. */
  ahead?: F64;
  /** Further inputs `[t, d]`, row t known at the end of day t: volume, range. */
  features?: F64;
  /** Walk-forward windows. */
  splits: Splits;
}

/** Params of {@linkcode correctedPrice}. */
export interface CorrectedPriceParams {
  /** `error` (default) or `price`; see {@linkcode correctedPrice}. */
  target?: "error" | "price" | undefined;
  /** Kernel on the standardised inputs; default constant × rbf, a length scale a column. */
  kernel?: Kernel | undefined;
  /** Noise on the standardised targets; default 0.5 within `[1e-4, 10]`. */
  noiseVariance?: HyperParameter | undefined;
  /** Most training rows a window, its last ones; default 500. */
  trainRows?: number | undefined;
  /** Inducing rows of a sparse process; default: none, exact inference. */
  inducing?: number | undefined;
  /** Coverage of `lower` … `upper`; default 0.9. */
  level?: number | undefined;
  /** Starting points a window; the first one is the fit of the window before. Default 1. */
  starts?: number | undefined;
  /** Seed of further starting points; default 0. */
  seed?: number | undefined;
  /** Most iterations of L-BFGS a start; default 40. */
  maxIterations?: number | undefined;
  /** Largest gradient that ends a start; default 0.01. */
  tolerance?: number | undefined;
}

/**
 * Corrects forecasts of prices by Gaussian-process regression on the forecast
 * and on what else was known before the day, walk-forward: the second stage
 * between a numeric forecaster and the censored process of returns.
 *
 * Targets are on the log scale, `y_t = g(x_t) + ε`, inputs and targets
 * standardised by the training rows. With `target: "price"` the process maps the
 * forecast to the price itself, as in the source: `y = log p_t`,
 * `x = (log p̂_t, …)`; outside of the prices it was trained on it falls back to
 * their mean. With `"error"` (default) it maps to what the forecast misses,
 * `y = log p_t − log p̂_t`, `x = (log p̂_t − log p_{t−1}, …)`: where it knows
 * nothing the forecast stands.
 *
 * Hyperparameters come from the training rows of each window; every test row is
 * predicted from all rows before it (see `gpForecast`). Outputs `[t]`, NaN
 * outside the test windows: `corrected` (median price), `lower`, `upper`,
 * `logMean` and `logVariance` of the price; `fits`, one a window.
 *
 * Errors: prices or forecasts that are not positive, missing values, windows
 * that do not fit or have fewer than 10 usable rows.
 *
 * Source: Mushunje, Mashasha, Chandiwana 2023, arXiv 2311.10935, after Chen,
 * Qian, Nabney, Meng 2014 (IEEE TPWRS 29(2)), where a Gaussian process corrects
 * the wind speed of a weather forecast.
 *
 * @example
 * ```ts
 * import { correctedPrice, numericForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const prices = wf.tensor(
 *   Float64Array.from({ length: 90 }, (_, t) => 100 + Math.sin(t / 3)),
 * );
 * const { forecast } = await numericForecast.run({ prices }, { window: 10 });
 * const { corrected } = await correctedPrice.run({
 *   prices,
 *   forecast,
 *   splits: [{ trainStart: 0, trainEnd: 80, testStart: 80, testEnd: 90 }],
 * });
 * console.log((await corrected.data()).slice(80).every((price) => price > 98)); // true
 * ```
 */
export const correctedPrice: Op<
  CorrectedPriceInputs,
  CorrectedPriceParams,
  {
    corrected: F64;
    lower: F64;
    upper: F64;
    logMean: F64;
    logVariance: F64;
    fits: WindowFit[];
  }
> = op({
  name: "volatility/correctedPrice",
  version: "1",
  doc: "Price forecasts corrected by a Gaussian process, walk-forward",
  causal: true,
  inputs: {
    prices: port.tensor("f64", ["t"]),
    forecast: port.tensor("f64", ["t"]),
    ahead: port.optional(port.tensor("f64", ["t", "c"])),
    features: port.optional(port.tensor("f64", ["t", "d"])),
    splits: port.value(SPLITS),
  },
  params: z.object({
    target: z.enum(["error", "price"]).default("error"),
    kernel: kernelSchema.optional(),
    noiseVariance: hyperParameterSchema.default({
      value: 0.5,
      bounds: [1e-4, 10],
    }),
    trainRows: z.int().min(10).default(500),
    inducing: z.int().min(1).max(2000).optional(),
    level: z.number().gt(0).lt(1).default(0.9),
    starts: z.int().min(1).default(1),
    seed: z.int().min(0).default(0),
    maxIterations: z.int().min(1).default(40),
    tolerance: z.number().positive().default(0.01),
  }),
  outputs: {
    corrected: port.tensor("f64", ["t"]),
    lower: port.tensor("f64", ["t"]),
    upper: port.tensor("f64", ["t"]),
    logMean: port.tensor("f64", ["t"]),
    logVariance: port.tensor("f64", ["t"]),
    fits: port.value(z.array(windowFitSchema)),
  },
  run: async ({ prices, forecast, splits, ...columns }, params, ctx) => {
    const logs = (await readSeries(prices, {
      name: "prices",
      sign: "positive",
    })).map((value) => Math.log(value));
    const ahead = (await readSeries(forecast, {
      name: "forecast",
      sign: "positive",
      leadingNaN: true,
    })).map((value) => Math.log(value));
    const isError = params.target === "error";
    const base = isError ? ahead : new Float64Array(logs.length);
    const own = isError
      ? ahead.map((value, row) => value - (logs[row - 1] ?? NaN))
      : ahead;
    const rows = await laggedInputs(
      logs.map((value, row) => value - (base[row] ?? NaN)),
      [own],
      columns,
    );
    checkSplits(splits, logs.length);
    const blank = () => new Float64Array(logs.length).fill(NaN);
    const series = {
      corrected: blank(),
      lower: blank(),
      upper: blank(),
      logMean: blank(),
      logVariance: blank(),
    };
    const quantile = normalQuantile((1 + params.level) / 2);
    const fits: WindowFit[] = [];
    let guess: Float64Array | undefined;
    for (const [index, split] of splits.entries()) {
      const window = await predictWindow(rows, split, {
        ...params,
        kernel: params.kernel ?? scaledByColumn(rows.width, 0.5),
        guess,
        signal: ctx.signal,
      });
      guess = window.values;
      fits.push(window.fit);
      for (let row = split.testStart; row < split.testEnd; row += 1) {
        const mean = (base[row] ?? NaN) +
          (window.means[row - window.start] ?? NaN);
        const spread = window.variances[row - window.start] ?? NaN;
        const band = quantile * Math.sqrt(spread);
        series.corrected[row] = Math.exp(mean);
        series.lower[row] = Math.exp(mean - band);
        series.upper[row] = Math.exp(mean + band);
        series.logMean[row] = mean;
        series.logVariance[row] = spread;
      }
      ctx.progress((index + 1) / splits.length);
    }
    return {
      corrected: wf.tensor(series.corrected),
      lower: wf.tensor(series.lower),
      upper: wf.tensor(series.upper),
      logMean: wf.tensor(series.logMean),
      logVariance: wf.tensor(series.logVariance),
      fits,
    };
  },
});

/**
 * A squared-exponential kernel with a length scale for each column (ARD).
 *
 * @param width Columns of the standardised inputs.
 * @param variance Where its variance starts.
 * @returns Constant × rbf.
 */
export function scaledByColumn(width: number, variance: number): Kernel {
  return {
    kind: "product",
    kernels: [
      { kind: "constant", variance: { value: variance, bounds: [1e-4, 1e2] } },
      {
        kind: "rbf",
        lengthScale: {
          value: Array.from({ length: width }, () => 3),
          bounds: [0.1, 100],
        },
      },
    ],
  };
}
