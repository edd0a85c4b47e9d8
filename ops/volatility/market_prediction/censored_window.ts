/**
 * One walk-forward window of a censored Gaussian process.
 *
 * @module
 */

import { z } from "zod";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { Split } from "../../splits.ts";
import { fitCensored } from "../censored_gp/censored_gp.ts";
import { type CensoredMethod, INFERENCES } from "../censored_gp/inference.ts";
import { censoredSides, type Limits } from "../censored_gp/limits.ts";
import { OnlineRows, type RowPrediction } from "../censored_gp/online_rows.ts";
import {
  columnScaling,
  firstTrainingRow,
  scaleColumns,
} from "../gaussian_process/forecast_rows.ts";
import { PairGeometry } from "../gaussian_process/covariance.ts";
import {
  type HyperParameter,
  type Kernel,
  kernelSchema,
} from "../gaussian_process/kernel.ts";
import type { RegressionRows } from "../gaussian_process/one_step_ahead.ts";
import {
  PriorCovariance,
  type SearchOptions,
} from "../gaussian_process/regression.ts";

/** What a window found. */
export interface CensoredWindowFit {
  /** Rows that the hyperparameters were fitted on. */
  readonly trainRows: number;
  /** How many of them were cut off. */
  readonly censored: number;
  /** The kernel with its fitted values, on standardised inputs. */
  readonly kernel: Kernel;
  /** Variance of the noise, on standardised targets. */
  readonly noiseVariance: number;
  /** Approximate log marginal likelihood of the standardised training targets. */
  readonly logMarginalLikelihood: number;
  /** Whether the search met its tolerance. */
  readonly converged: boolean;
  /** Hyperparameters that ended on a bound. */
  readonly atBounds: readonly string[];
  /** What variances were multiplied by; 1 without `variance`. */
  readonly level: number;
}

/** Schema of {@linkcode CensoredWindowFit}. */
export const censoredWindowFitSchema: z.ZodType<CensoredWindowFit> = z.object({
  trainRows: z.int(),
  censored: z.int(),
  kernel: kernelSchema,
  noiseVariance: z.number(),
  logMarginalLikelihood: z.number(),
  converged: z.boolean(),
  atBounds: z.array(z.string()).readonly(),
  level: z.number(),
});

/** How a window is fitted. */
export interface CensoredWindowOptions extends SearchOptions {
  /** Covariance function of the standardised inputs. */
  readonly kernel: Kernel;
  /** Noise on the standardised targets. */
  readonly noiseVariance: HyperParameter;
  /** Most training rows, the last ones of the window. */
  readonly trainRows: number;
  /** How the posterior is approximated. */
  readonly method: CensoredMethod;
  /** What the limits are divided by to be on the scale of the targets, `[t]`. */
  readonly units: Float64Array;
  /** Limits, infinite where there is none. */
  readonly limits: Limits;
  /** A measure of variance `[t]` whose mean over the training rows to match. */
  readonly measure?: Float64Array | undefined;
  /** Quantile of the training targets that stands in for a missing limit. */
  readonly tail: number;
}

/** Predictions of the test rows, on the scale of the targets. */
export interface CensoredWindowPredictions {
  /** What the window found. */
  readonly fit: CensoredWindowFit;
  /** Values of the free hyperparameters. */
  readonly values: Float64Array;
  /** Means before the limits. */
  readonly means: Float64Array;
  /** Variances before the limits, noise included, at the measure's level. */
  readonly variances: Float64Array;
}

/**
 * Fits a censored process to the training rows and predicts each test row from
 * all rows before it.
 *
 * @param rows Inputs and targets.
 * @param split The window.
 * @param options Kernel, limits and search.
 * @returns Predictions of the test rows.
 * @throws DataError for fewer than 10 usable training rows.
 */
export async function predictCensoredWindow(
  rows: RegressionRows,
  split: Split,
  options: CensoredWindowOptions,
): Promise<CensoredWindowPredictions> {
  const start = firstTrainingRow(rows, split, {
    trainRows: options.trainRows,
    model: "a censored process",
    hint: "Lengthen the training window",
  });
  const trainRows = split.trainEnd - start;
  const { width } = rows;
  const cut = rows.inputs.subarray(start * width, split.testEnd * width);
  const inputs = scaleColumns(
    cut,
    columnScaling(cut.subarray(0, trainRows * width), width),
  );
  const count = split.testEnd - start;
  const x = wf.tensor(inputs, { shape: [count, width] });
  const raw = rows.targets.subarray(start, split.testEnd);
  const ends = tailsOf(raw.subarray(0, trainRows), options.tail);
  const limitsOf = (row: number): Limits => {
    const unit = options.units[start + row] ?? NaN;
    const { left, right } = options.limits;
    return {
      left: Number.isFinite(left) ? left / unit : ends.left,
      right: Number.isFinite(right) ? right / unit : ends.right,
    };
  };
  const clipped = raw.map((value, row) => {
    const { left, right } = limitsOf(row);
    return Math.min(Math.max(value, left), right);
  });
  const sides = Int8Array.from(
    clipped,
    (value, row) => censoredSides(Float64Array.of(value), limitsOf(row))[0]!,
  );
  const scaling = columnScaling(clipped.subarray(0, trainRows), 1);
  const mean = scaling.means[0] ?? NaN;
  const scale = scaling.scales[0] ?? NaN;
  const targets = scaleColumns(clipped, scaling);
  const fit = await fitCensored(
    {
      x: wf.slice(x, [0, trainRows]),
      targets: targets.slice(0, trainRows),
      sides: sides.slice(0, trainRows),
    },
    { ...options, optimise: true },
  );
  const prior = new PriorCovariance(options);
  const latent = await prior.latent(
    PairGeometry.within(x),
    wf.tensor(fit.values),
  ).data();
  const online = new OnlineRows(latent, count);
  const noise = fit.report.noiseVariance;
  const test = split.testStart - start;
  const means = new Float64Array(count - test);
  const variances = new Float64Array(count - test);
  let forecast = 0;
  let measured = 0;
  for (let row = 0; row < count; row += 1) {
    const prediction = online.predict();
    if (row < trainRows) {
      const unit = options.units[start + row] ?? NaN;
      forecast += (unit * scale) ** 2 * (prediction.variance + noise);
      measured += options.measure?.[start + row] ?? NaN;
    }
    if (row >= test) {
      means[row - test] = mean + scale * prediction.mean;
      variances[row - test] = scale ** 2 * (prediction.variance + noise);
    }
    const target = targets[row] ?? NaN;
    if (row < trainRows) {
      online.observe(
        prediction,
        fit.locations[row] ?? NaN,
        fit.variances[row] ?? NaN,
      );
    } else if (sides[row] === 0) {
      online.observe(prediction, target, noise);
    } else {
      const site = await matchedSite(prediction, target, sides[row]!, noise);
      online.observe(prediction, site.location, site.variance);
    }
  }
  const level = options.measure === undefined ? 1 : measured / forecast;
  return {
    fit: {
      trainRows,
      level,
      censored: sides.subarray(0, trainRows).filter((side) => side !== 0)
        .length,
      kernel: fit.report.kernel,
      noiseVariance: noise,
      logMarginalLikelihood: fit.report.logMarginalLikelihood,
      converged: fit.report.converged,
      atBounds: fit.report.atBounds,
    },
    values: fit.values,
    means,
    variances: variances.map((value) => level * value),
  };
}

/** The normal observation that gives a prediction the moments of a censored one. */
async function matchedSite(
  { mean, variance }: RowPrediction,
  limit: number,
  side: number,
  noise: number,
): Promise<{ location: number; variance: number }> {
  const one = (value: number) => wf.tensor(Float64Array.of(value));
  const { precision, shift } = INFERENCES.ep.update(
    {
      precision: one(0),
      shift: one(0),
      mean: one(mean),
      variance: one(variance),
    },
    { limits: one(limit), signs: one(side) },
    one(noise),
  );
  const [[tau = NaN], [nu = NaN]] = await wf.read(precision, shift);
  // A row far on the near side of its limit says nothing.
  return tau > 1e-150
    ? { location: nu / tau, variance: 1 / tau }
    : { location: mean, variance: 1e150 };
}

/** Quantiles at both ends, by order statistics; infinite for none. */
function tailsOf(values: Float64Array, tail: number): Limits {
  const cut = Math.floor(tail * values.length);
  if (tail === 0) return { left: -Infinity, right: Infinity };
  const sorted = values.toSorted();
  return {
    left: sorted[cut] ?? NaN,
    right: sorted[values.length - 1 - cut] ?? NaN,
  };
}
