/**
 * One walk-forward window of a Gaussian-process regression: hyperparameters from
 * the training rows, then each test row from all rows before it.
 *
 * @module
 */

import { z } from "zod";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import type { Split } from "../../splits.ts";
import { PairGeometry } from "./covariance.ts";
import {
  columnScaling,
  firstTrainingRow,
  scaleColumns,
} from "./forecast_rows.ts";
import { inducingRows } from "./inducing_rows.ts";
import { type HyperParameter, type Kernel, kernelSchema } from "./kernel.ts";
import {
  condition,
  maximiseLikelihood,
  PriorCovariance,
  searchHyperparameters,
  type SearchOptions,
  type SearchResult,
  withJitter,
} from "./regression.ts";
import {
  filterRows,
  type RowPredictions,
  sparseEvidence,
  SparseGeometry,
} from "./sparse.ts";

/** Rows of a regression in the order of time. */
export interface RegressionRows {
  /** Targets `[t]`. */
  readonly targets: Float64Array;
  /** Inputs `[t, width]`, each row known before its target. */
  readonly inputs: Float64Array;
  /** Columns of `inputs`. */
  readonly width: number;
  /** First row whose target and inputs are all known; so are all later ones. */
  readonly firstKnown: number;
}

/** How a window is fitted. */
export interface WindowOptions extends SearchOptions {
  /** Covariance function of the standardised inputs. */
  readonly kernel: Kernel;
  /** Noise on the standardised targets. */
  readonly noiseVariance: HyperParameter;
  /** Most training rows, the last ones of the window. */
  readonly trainRows: number;
  /** Inducing rows of a sparse process; exact inference where absent. */
  readonly inducing?: number | undefined;
}

/** What a window found. */
export interface WindowFit {
  /** Rows that the hyperparameters were fitted on. */
  readonly trainRows: number;
  /** The kernel with its fitted values, on standardised inputs. */
  readonly kernel: Kernel;
  /** Variance of the noise, on standardised targets. */
  readonly noiseVariance: number;
  /** Log marginal likelihood of the standardised training targets, or its bound. */
  readonly logMarginalLikelihood: number;
  /** Jitter of the conditioning, as a part of the mean of the diagonal. */
  readonly jitter: number;
  /** Evaluations of the likelihood. */
  readonly evaluations: number;
  /** Whether the search met its tolerance. */
  readonly converged: boolean;
  /** Hyperparameters that ended on a bound. */
  readonly atBounds: readonly string[];
  /** Mean of the targets over the training rows. */
  readonly targetMean: number;
  /** Standard deviation (ddof 0) of the targets over the training rows. */
  readonly targetScale: number;
}

/** Fields of the schema of {@linkcode WindowFit}. */
export const WINDOW_FIT_SHAPE = {
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
};

/** Schema of {@linkcode WindowFit}. */
export const windowFitSchema: z.ZodType<WindowFit> = z.object(
  WINDOW_FIT_SHAPE,
);

/** Predictions of one window, on the scale of the targets. */
export interface WindowPredictions extends RowPredictions {
  /** What the window found. */
  readonly fit: WindowFit;
  /** Values of the free hyperparameters. */
  readonly values: Float64Array;
  /** Row of the first prediction: the first training row. */
  readonly start: number;
}

/**
 * Fits the hyperparameters to a training window and predicts every row from
 * its first one to the last test row, each from the rows before it. What happens
 * on a row, or after it, does not enter its prediction other than, for training
 * rows, through the hyperparameters.
 *
 * Exact inference: with `K = L Lᵀ` over training, gap and test rows and
 * `L z = y`, row t has the mean `Σ_{j<t} L_tj z_j` and the variance `L_tt²`.
 * Sparse inference maximises Titsias' bound, with inducing rows chosen far apart
 * among the training rows, and filters.
 *
 * @param rows Inputs and targets.
 * @param split The window.
 * @param options Kernel, search and inference.
 * @returns Predictions, noise included.
 * @throws DataError for fewer than 10 usable training rows.
 */
export async function predictWindow(
  rows: RegressionRows,
  split: Split,
  options: WindowOptions,
): Promise<WindowPredictions> {
  const start = firstTrainingRow(rows, split, {
    trainRows: options.trainRows,
    model: "a Gaussian process",
    hint: "Lengthen the training window, or shorten the lags",
  });
  const trainRows = split.trainEnd - start;
  const scaled = scaleWindow(rows, start, split);
  const prior = new PriorCovariance(options);
  const found = options.inducing === undefined
    ? await predictExactly(prior, scaled, trainRows, options)
    : await predictSparsely(
      prior,
      scaled,
      trainRows,
      options.inducing,
      options,
    );
  const { mean, scale } = scaled;
  const { search } = found;
  return {
    fit: {
      trainRows,
      ...prior.at(search.values),
      logMarginalLikelihood: search.logMarginalLikelihood,
      evaluations: search.evaluations,
      converged: search.converged,
      atBounds: search.atBounds,
      jitter: found.jitter,
      targetMean: mean,
      targetScale: scale,
    },
    values: search.values,
    start,
    means: found.means.map((value) => mean + scale * value),
    variances: found.variances.map((value) => value * scale ** 2),
  };
}

interface Found extends RowPredictions {
  readonly search: SearchResult;
  readonly jitter: number;
}

async function predictExactly(
  prior: PriorCovariance,
  scaled: ScaledWindow,
  trainRows: number,
  options: SearchOptions,
): Promise<Found> {
  const training = PairGeometry.within(inputsOf(scaled, trainRows));
  const targets = wf.tensor(scaled.targets.slice(0, trainRows));
  const search = await maximiseLikelihood(prior, training, targets, options);
  const trained = await condition(prior, training, targets, search.values);
  const predictions = await predictOneStepAhead(
    prior.observations(
      PairGeometry.within(inputsOf(scaled, scaled.targets.length)),
      wf.tensor(search.values),
      0,
    ),
    // A jitter measured on all rows would let later inputs in.
    trained.jitterVariance,
    wf.tensor(scaled.targets),
  );
  return { ...predictions, search, jitter: trained.jitter };
}

async function predictSparsely(
  prior: PriorCovariance,
  scaled: ScaledWindow,
  trainRows: number,
  count: number,
  options: SearchOptions,
): Promise<Found> {
  const { inputs, width } = scaled;
  const chosen = inducingRows(
    inputs.subarray(0, trainRows * width),
    width,
    count,
  );
  const all = inputsOf(scaled, scaled.targets.length);
  const inducing = wf.take(all, wf.tensor(Int32Array.from(chosen)), {
    axis: 0,
  });
  await wf.realize(inducing);
  const training = new SparseGeometry(inducing, inputsOf(scaled, trainRows));
  const targets = wf.tensor(scaled.targets.slice(0, trainRows));
  await training.realize();
  const search = await searchHyperparameters(
    prior,
    (values, jitter) =>
      sparseEvidence(
        training.project(prior, values, jitter),
        targets,
        prior.noise(values),
        "vfe",
      ).evidence,
    options,
  );
  const values = wf.tensor(search.values);
  const { result, jitter } = await withJitter(async (jitter) => {
    const { features, rest } = new SparseGeometry(inducing, all).project(
      prior,
      values,
      jitter,
    );
    return await wf.read(features, rest, prior.noise(values));
  });
  const [features, rest, noise] = result;
  const predictions = filterRows(
    features,
    rest,
    scaled.targets,
    noise[0] ?? NaN,
    "vfe",
  );
  return { ...predictions, search, jitter };
}

interface ScaledWindow {
  /** Inputs from the first training row to the last test row. */
  readonly inputs: Float64Array;
  /** Columns of `inputs`. */
  readonly width: number;
  /** Targets of the same rows. */
  readonly targets: Float64Array;
  /** What was subtracted from the targets. */
  readonly mean: number;
  /** What they were divided by. */
  readonly scale: number;
}

function inputsOf({ inputs, width }: ScaledWindow, rows: number): F64 {
  return wf.tensor(inputs.slice(0, rows * width), { shape: [rows, width] });
}

function scaleWindow(
  { inputs, targets, width }: RegressionRows,
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
    width,
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
): Promise<RowPredictions> {
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
