/**
 * Fitting an exact Gaussian-process regression.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { PairGeometry } from "./covariance.ts";
import {
  type HyperParameter,
  hyperParameterSchema,
  type Kernel,
  kernelSchema,
} from "./kernel.ts";
import { logDensity } from "./marginal_likelihood.ts";
import {
  condition,
  maximiseLikelihood,
  PriorCovariance,
  type SearchResult,
} from "./regression.ts";

/** A fitted Gaussian process, beside the tensors that condition it. */
export interface GaussianProcessModel {
  /** The kernel with its fitted values. */
  readonly kernel: Kernel;
  /** Variance of the noise, on the scale of the standardised targets. */
  readonly noiseVariance: number;
  /** What was subtracted from the targets; 0 without standardisation. */
  readonly targetMean: number;
  /** What the targets were divided by; 1 without standardisation. */
  readonly targetScale: number;
  /** Log marginal likelihood of the (standardised) targets. */
  readonly logMarginalLikelihood: number;
  /** Jitter on the diagonal, as a part of its mean; 0 where none was needed. */
  readonly jitter: number;
  /** How the search went; absent when nothing was optimised. */
  readonly search?: {
    /** Log marginal likelihood that each start reached; null for one that failed. */
    readonly starts: readonly (number | null)[];
    /** Evaluations over all starts. */
    readonly evaluations: number;
    /** Whether the best start met its tolerance. */
    readonly converged: boolean;
    /** Hyperparameters that ended on a bound. */
    readonly atBounds: readonly string[];
  } | undefined;
}

/** Schema of {@linkcode GaussianProcessModel}. */
export const gaussianProcessModelSchema: z.ZodType<GaussianProcessModel> = z
  .object({
    kernel: kernelSchema,
    noiseVariance: z.number().min(0),
    targetMean: z.number(),
    targetScale: z.number().positive(),
    logMarginalLikelihood: z.number(),
    jitter: z.number().min(0),
    search: z.object({
      starts: z.array(z.number().nullable()).readonly(),
      evaluations: z.int(),
      converged: z.boolean(),
      atBounds: z.array(z.string()).readonly(),
    }).optional(),
  });

/** Params of {@linkcode gpFit}. */
export interface GpFitParams {
  /** The covariance function. */
  kernel: Kernel;
  /**
   * Variance of the observation noise, on the scale of the standardised
   * targets; default 0.1 within `[1e-6, 1e2]`.
   */
  noiseVariance?: HyperParameter | undefined;
  /** Whether targets are centred and scaled (ddof 0); default true. */
  standardise?: boolean | undefined;
  /** Whether hyperparameters are fitted; default true. */
  optimise?: boolean | undefined;
  /** Starting points: the description's own, then random ones; default 3. */
  starts?: number | undefined;
  /** Seed of the random starting points; default 0. */
  seed?: number | undefined;
  /** Most iterations of L-BFGS a start; default 200. */
  maxIterations?: number | undefined;
  /** Largest gradient that ends a start; default 1e-5. */
  tolerance?: number | undefined;
}

/**
 * Fits an exact Gaussian-process regression `y = f(x) + ε`, `f ~ GP(0, k)`,
 * `ε ~ N(0, noiseVariance)`, by maximising the log marginal likelihood
 * `−½ yᵀK⁻¹y − Σ log L_ii − n/2 log 2π` (`K = L Lᵀ`, noise included) over the
 * logarithms of the hyperparameters with L-BFGS, from several starts, in f64.
 *
 * Inputs: `x` `[n, d]` (scale the columns alike, or give one length scale a
 * column), `y` `[n]`. Outputs: `model` (plain data), `cholesky` `[n, n]` (L),
 * `weights` `[n]` (`K⁻¹ y`), and `x` again, all that `gpPredict` needs.
 *
 * Where the Cholesky factorisation fails, 1e-8 of the mean of the diagonal is added
 * to it, raised tenfold up to 1e-4, and reported as `jitter`; then a
 * NumericalError. Other errors: values that are not finite, no row, constant
 * targets with `standardise`, a start outside its bounds.
 *
 * Source: Mushunje, Mashasha, Chandiwana 2023, "Short-term Volatility Estimation
 * for High Frequency Trades using Gaussian processes (GPs)", arXiv 2311.10935;
 * its equations could not be read, this is exact inference as in Rasmussen and
 * Williams 2006, algorithm 2.1.
 *
 * @example
 * ```ts
 * import { gpFit, gpPredict } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const fitted = await gpFit.run({
 *   x: wf.tensor([[0], [1], [2], [3]], { dtype: "f64" }),
 *   y: wf.tensor([0, 0.8, 0.9, 0.1], { dtype: "f64" }),
 * }, {
 *   kernel: {
 *     kind: "product",
 *     kernels: [{ kind: "constant" }, { kind: "rbf" }],
 *   },
 * });
 * const { mean, variance } = await gpPredict.run({
 *   ...fitted,
 *   xNew: wf.tensor([[1.5]], { dtype: "f64" }),
 * });
 * console.log(await mean.data(), await variance.data()); // [0.4506…] [0.0695…]
 * ```
 */
export const gpFit: Op<
  { x: F64; y: F64 },
  GpFitParams,
  { model: GaussianProcessModel; cholesky: F64; weights: F64; x: F64 }
> = op({
  name: "volatility/gpFit",
  version: "1",
  doc: "Exact Gaussian-process regression by maximum marginal likelihood",
  inputs: {
    x: port.tensor("f64", ["n", "d"]),
    y: port.tensor("f64", ["n"]),
  },
  params: z.object({
    kernel: kernelSchema,
    noiseVariance: hyperParameterSchema.default({
      value: 0.1,
      bounds: [1e-6, 1e2],
    }),
    standardise: z.boolean().default(true),
    optimise: z.boolean().default(true),
    starts: z.int().min(1).default(3),
    seed: z.int().min(0).default(0),
    maxIterations: z.int().min(0).default(200),
    tolerance: z.number().positive().default(1e-5),
  }),
  outputs: {
    model: port.value(gaussianProcessModelSchema),
    cholesky: port.tensor("f64", ["n", "n"]),
    weights: port.tensor("f64", ["n"]),
    x: port.tensor("f64", ["n", "d"]),
  },
  run: async ({ x, y }, params, { signal }) => {
    assertFinite("x", await x.data());
    const observed = await y.data();
    assertFinite("y", observed);
    const { mean, scale } = params.standardise
      ? standardisation(observed)
      : { mean: 0, scale: 1 };
    const targets = wf.tensor(observed.map((value) => (value - mean) / scale));
    const prior = new PriorCovariance(params);
    const geometry = PairGeometry.within(x);
    const search = params.optimise && prior.parameters.length > 0
      ? await maximiseLikelihood(prior, geometry, targets, {
        ...params,
        signal,
      })
      : undefined;
    const values = search?.values ?? prior.start;
    const conditioned = await condition(prior, geometry, targets, values);
    const matrix = prior.observations(
      geometry,
      wf.tensor(values),
      conditioned.jitter,
    );
    return {
      model: {
        ...prior.at(values),
        targetMean: mean,
        targetScale: scale,
        logMarginalLikelihood: await logDensity(matrix, targets).item(),
        jitter: conditioned.jitter,
        search: search === undefined ? undefined : searchReport(search),
      },
      cholesky: conditioned.cholesky,
      weights: conditioned.weights,
      x,
    };
  },
});

function searchReport(
  { starts, evaluations, converged, atBounds }: SearchResult,
): GaussianProcessModel["search"] {
  return {
    starts: starts.map((value) => Number.isNaN(value) ? null : value),
    evaluations,
    converged,
    atBounds,
  };
}

/**
 * Refuses empty and infinite data.
 *
 * @param name The port to blame.
 * @param values What to check.
 */
export function assertFinite(name: string, values: Float64Array): void {
  if (values.length === 0) {
    throw new DataError(`Cannot fit a Gaussian process as "${name}" is empty`, {
      port: name,
    });
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(
      `Cannot fit a Gaussian process as element ${bad} of "${name}" is ${
        values[bad]
      }`,
      { port: name, expected: "finite numbers" },
    );
  }
}

/**
 * Mean and standard deviation (ddof 0) of targets.
 *
 * @param values At least one.
 * @returns What to subtract and to divide by.
 * @throws DataError for constant targets.
 */
export function standardisation(
  values: Float64Array,
): { mean: number; scale: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scale = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) /
      values.length,
  );
  if (!(scale > 0)) {
    throw new DataError(
      `Cannot standardise the targets as all of them are ${mean}`,
      { port: "y", hint: 'Set "standardise: false"' },
    );
  }
  return { mean, scale };
}
