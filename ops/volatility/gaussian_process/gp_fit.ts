/**
 * Fitting an exact Gaussian-process regression.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { PairGeometry } from "./covariance.ts";
import {
  assertFinite,
  FITTED_SHAPE,
  type FittedProcess,
  GP_FIT_SHAPE,
  type GpFitParams,
  SEARCH_SHAPE,
  type SearchReport,
  standardisation,
} from "./fit_shapes.ts";
import { whitenedDensity } from "./marginal_likelihood.ts";
import {
  condition,
  maximiseLikelihood,
  PriorCovariance,
  type SearchResult,
} from "./regression.ts";

/** A fitted Gaussian process, beside the tensors that condition it. */
export interface GaussianProcessModel extends FittedProcess {
  /** Log marginal likelihood of the (standardised) targets. */
  readonly logMarginalLikelihood: number;
  /** How the search went; absent when nothing was optimised. */
  readonly search?:
    | SearchReport & {
      /** Log marginal likelihood that each start reached; null for one that failed. */
      readonly starts: readonly (number | null)[];
    }
    | undefined;
}

/** Schema of {@linkcode GaussianProcessModel}. */
export const gaussianProcessModelSchema: z.ZodType<GaussianProcessModel> = z
  .object({
    ...FITTED_SHAPE,
    logMarginalLikelihood: z.number(),
    search: z.object({
      starts: z.array(z.number().nullable()).readonly(),
      ...SEARCH_SHAPE,
    }).optional(),
  });

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
  params: z.object(GP_FIT_SHAPE),
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
    const whitened = wf.triangularSolve(
      conditioned.cholesky,
      wf.expandDims(targets, -1),
      { lower: true },
    );
    const likelihood = whitenedDensity(conditioned.cholesky, whitened);
    return {
      model: {
        ...prior.at(values),
        targetMean: mean,
        targetScale: scale,
        logMarginalLikelihood: await likelihood.item(),
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
