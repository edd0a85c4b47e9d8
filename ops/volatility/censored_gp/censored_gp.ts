/**
 * Fitting a Gaussian process to censored observations.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { PairGeometry } from "../gaussian_process/covariance.ts";
import {
  assertFinite,
  FITTED_SHAPE,
  type FittedProcess,
  GP_FIT_SHAPE,
  type GpFitParams,
  SEARCH_SHAPE,
  type SearchReport,
  standardisation,
} from "../gaussian_process/fit_shapes.ts";
import type { Kernel } from "../gaussian_process/kernel.ts";
import { solveFactored } from "../gaussian_process/marginal_likelihood.ts";
import {
  PriorCovariance,
  searchHyperparameters,
  type SearchOptions,
  withJitter,
} from "../gaussian_process/regression.ts";
import { type CensoredMethod, INFERENCES } from "./inference.ts";
import {
  censoredSides,
  type CensoringLimits,
  LIMIT_SHAPE,
  resolveLimits,
} from "./limits.ts";
import { CensoredProblem } from "./problem.ts";

/** A fitted censored Gaussian process, beside the tensors that condition it. */
export interface CensoredGaussianProcessModel
  extends FittedProcess, SearchReport {
  /** How the posterior is approximated. */
  readonly method: CensoredMethod;
  /** Lower limit on the scale of the targets; null where there is none. */
  readonly left: number | null;
  /** Upper limit on the scale of the targets; null where there is none. */
  readonly right: number | null;
  /** How many observations are at the lower limit. */
  readonly censoredLeft: number;
  /** How many observations are at the upper limit. */
  readonly censoredRight: number;
  /** Approximate log marginal likelihood of the (standardised) targets. */
  readonly logMarginalLikelihood: number;
  /** Steps to the last posterior; 0 where nothing was cut off. */
  readonly steps: number;
}

/** Schema of {@linkcode CensoredGaussianProcessModel}. */
export const censoredGaussianProcessModelSchema: z.ZodType<
  CensoredGaussianProcessModel
> = z.object({
  ...FITTED_SHAPE,
  ...SEARCH_SHAPE,
  method: z.enum(["ep", "laplace", "vi"]),
  left: z.number().nullable(),
  right: z.number().nullable(),
  censoredLeft: z.int().min(0),
  censoredRight: z.int().min(0),
  logMarginalLikelihood: z.number(),
  steps: z.int(),
});

/** Params of {@linkcode censoredGp}. */
export interface CensoredGpParams extends GpFitParams, CensoringLimits {
  /**
   * Expectation propagation (default, the closest to the exact evidence),
   * Laplace's method, or variational inference (a lower bound).
   */
  readonly method?: CensoredMethod | undefined;
}

/**
 * Fits a Gaussian process to observations that limits cut off (a Tobit model):
 * `f ~ GP(0, k)`, `y° = f(x) + ε`, `ε ~ N(0, noiseVariance)`, observed
 * `y = min(max(y°, left), right)`. An observation at a limit has the likelihood
 * `Φ((f − right)/σ)` or `Φ((left − f)/σ)`, all others are normal.
 *
 * What was not cut off is conditioned on exactly; the posterior at the censored
 * rows is approximated by `method`: `ep` matches moments, `laplace` expands at
 * the mode, `vi` maximises a lower bound of the evidence over normal posteriors,
 * with Gauss–Hermite expectations. Where nothing is cut off all three are the
 * exact regression of `gpFit`. Hyperparameters maximise the approximate log
 * marginal likelihood, whose total gradient comes from the converged sites.
 *
 * Inputs and the other params as of `gpFit`. With `standardise` the targets, cut
 * off as they are, are centred and scaled, and the limits with them. Outputs:
 * `model`, and `x`, `cholesky`, `weights` that `censoredGpPredict` needs.
 *
 * Errors: `left` not below `right`, an observation beyond a limit, and those of
 * `gpFit`; a NumericalError where the posterior does not converge.
 *
 * Source: Mushunje, Mashasha, Chandiwana 2023, arXiv 2311.10935, after Chen,
 * Qian, Nabney, Meng 2014 (IEEE TPWRS 29(2)); equations as in Groot and Lucas
 * 2012, "Gaussian process regression with censored data using expectation
 * propagation", and Rasmussen and Williams 2006, chapter 3.
 *
 * @example
 * ```ts
 * import { censoredGp, censoredGpPredict } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const fitted = await censoredGp.run({
 *   x: wf.tensor([[0], [1], [2], [3]], { dtype: "f64" }),
 *   y: wf.tensor([0, 0.9, 0.9, 0.2], { dtype: "f64" }),
 * }, { kernel: { kind: "rbf" }, right: 0.9, optimise: false, standardise: false });
 * const { latentMean, mean } = await censoredGpPredict.run({
 *   ...fitted,
 *   xNew: wf.tensor([[1.5]], { dtype: "f64" }),
 * });
 * console.log((await latentMean.item()).toFixed(2)); // 1.60, above the limit
 * console.log((await mean.item()).toFixed(2)); // 0.87, what is observed
 * ```
 */
export const censoredGp: Op<
  { x: F64; y: F64 },
  CensoredGpParams,
  { model: CensoredGaussianProcessModel; cholesky: F64; weights: F64; x: F64 }
> = op({
  name: "volatility/censoredGp",
  version: "1",
  doc: "Gaussian-process regression of observations that limits cut off",
  inputs: {
    x: port.tensor("f64", ["n", "d"]),
    y: port.tensor("f64", ["n"]),
  },
  params: z.object({
    ...GP_FIT_SHAPE,
    ...LIMIT_SHAPE,
    method: z.enum(["ep", "laplace", "vi"]).default("ep"),
  }),
  outputs: {
    model: port.value(censoredGaussianProcessModelSchema),
    cholesky: port.tensor("f64", ["n", "n"]),
    weights: port.tensor("f64", ["n"]),
    x: port.tensor("f64", ["n", "d"]),
  },
  run: async ({ x, y }, params, { signal }) => {
    const limits = resolveLimits(params);
    assertFinite("x", await x.data());
    const observed = await y.data();
    assertFinite("y", observed);
    const sides = censoredSides(observed, limits);
    const { mean, scale } = params.standardise
      ? standardisation(observed)
      : { mean: 0, scale: 1 };
    const fit = await fitCensored(
      {
        x,
        targets: observed.map((value) => (value - mean) / scale),
        sides,
      },
      { ...params, signal },
    );
    return {
      model: {
        ...fit.report,
        method: params.method,
        targetMean: mean,
        targetScale: scale,
        left: params.left,
        right: params.right,
        censoredLeft: sides.filter((side) => side < 0).length,
        censoredRight: sides.filter((side) => side > 0).length,
      },
      cholesky: fit.cholesky,
      weights: fit.weights,
      x,
    };
  },
});

/** How {@linkcode fitCensored} fits. */
export interface CensoredFitOptions extends SearchOptions {
  /** The covariance function. */
  readonly kernel: Kernel;
  /** Variance of the noise. */
  readonly noiseVariance: NonNullable<GpFitParams["noiseVariance"]>;
  /** How to approximate. */
  readonly method: CensoredMethod;
  /** Whether hyperparameters are fitted. */
  readonly optimise: boolean;
}

/** A fit on its own scale. */
export interface CensoredFit {
  /** What the fit found. */
  readonly report: Pick<
    CensoredGaussianProcessModel,
    | "kernel"
    | "noiseVariance"
    | "logMarginalLikelihood"
    | "jitter"
    | "steps"
    | "evaluations"
    | "converged"
    | "atBounds"
  >;
  /** Values of the free numbers. */
  readonly values: Float64Array;
  /** Where the posterior takes each row to have been observed, `[n]`. */
  readonly locations: Float64Array;
  /** With which variance, jitter included, `[n]`. */
  readonly variances: Float64Array;
  /** Factor of the covariance of the pseudo-observations, `[n, n]`. */
  readonly cholesky: F64;
  /** What multiplies covariances with the rows in a predictive mean, `[n]`. */
  readonly weights: F64;
}

/**
 * Fits and conditions a censored Gaussian process.
 *
 * @param data Observations on the scale of the fit.
 * @param data.x Inputs `[n, d]`.
 * @param data.targets Observations `[n]`.
 * @param data.sides Which of them were cut off.
 * @param options Kernel, method and search.
 * @returns The fit.
 */
export async function fitCensored(
  data: { x: F64; targets: Float64Array; sides: Int8Array },
  options: CensoredFitOptions,
): Promise<CensoredFit> {
  const prior = new PriorCovariance(options);
  const problem = new CensoredProblem(
    prior,
    data,
    INFERENCES[options.method],
  );
  await problem.prepare();
  const settle = (values: Float64Array, jitter: number) =>
    problem.settle(values, jitter);
  const search = options.optimise && prior.parameters.length > 0
    ? await searchHyperparameters(
      prior,
      (values, jitter) => problem.evidence(values, jitter),
      options,
      settle,
    )
    : undefined;
  const values = search?.values ?? prior.start;
  const geometry = PairGeometry.within(data.x);
  const { result, jitter } = await withJitter(async (jitter) => {
    await settle(values, jitter);
    const free = wf.tensor(values);
    const evidence = problem.evidence(free, jitter);
    const noise = await prior.noise(free).item();
    const { locations, variances } = await problem.pseudoObservations(noise);
    const latent = prior.latent(geometry, free);
    const level = wf.multiply(wf.mean(wf.diagonal(latent)), jitter);
    const diagonal = wf.add(wf.tensor(variances), level);
    const cholesky = wf.cholesky(
      wf.add(latent, wf.multiply(geometry.identity, diagonal)),
    );
    const weights = wf.squeeze(
      solveFactored(cholesky, wf.expandDims(wf.tensor(locations), -1)),
      -1,
    );
    await wf.realize(evidence, cholesky, weights);
    return {
      cholesky,
      weights,
      locations,
      variances: await diagonal.data(),
      evidence: await evidence.item(),
    };
  });
  return {
    report: {
      ...prior.at(values),
      logMarginalLikelihood: result.evidence,
      jitter,
      steps: problem.steps,
      evaluations: search?.evaluations ?? 0,
      converged: search?.converged ?? true,
      atBounds: search?.atBounds ?? [],
    },
    values,
    locations: result.locations,
    variances: result.variances,
    cholesky: result.cholesky,
    weights: result.weights,
  };
}
