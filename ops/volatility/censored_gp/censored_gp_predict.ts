/**
 * Predictions of a censored Gaussian process.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { covariance, PairGeometry } from "../gaussian_process/covariance.ts";
import { freeParameters } from "../gaussian_process/kernel.ts";
import {
  type CensoredGaussianProcessModel,
  censoredGaussianProcessModelSchema,
} from "./censored_gp.ts";
import { resolveLimits } from "./limits.ts";
import { observedMoments } from "./observed_moments.ts";

/** What `censoredGp` gives, and where to predict. */
export interface CensoredGpPredictInputs {
  /** Training inputs `[n, d]`. */
  x: F64;
  /** The fitted model. */
  model: CensoredGaussianProcessModel;
  /** Cholesky factor `[n, n]`. */
  cholesky: F64;
  /** Weights `[n]`. */
  weights: F64;
  /** Where to predict `[m, d]`. */
  xNew: F64;
}

/** What {@linkcode censoredGpPredict} gives, all `[m]`. */
export interface CensoredGpPrediction {
  /** Mean of the function. */
  latentMean: F64;
  /** Variance of the function. */
  latentVariance: F64;
  /** Variance of an observation before it is cut off, `latentVariance + σ²`. */
  uncensoredVariance: F64;
  /** Mean of the observation, cut off. */
  mean: F64;
  /** Variance of the observation, cut off. */
  variance: F64;
}

/**
 * Predictions of a censored Gaussian process at new rows: of the function, of an
 * observation that no limit cuts off, and of the observation itself, whose mean
 * is `left Φ(a) + right Φ(−b) + μ (Φ(b) − Φ(a)) + s (φ(a) − φ(b))` with
 * `s² = v* + σ²`, `a = (left − μ)/s`, `b = (right − μ)/s`.
 *
 * Inputs: the outputs of `censoredGp`, and `xNew` `[m, d]`. Outputs: see
 * {@linkcode CensoredGpPrediction}, on the scale of the targets. Lazy.
 *
 * Source: as of `censoredGp`.
 *
 * @example
 * ```ts
 * import { censoredGp, censoredGpPredict } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const fitted = await censoredGp.run({
 *   x: wf.tensor([[0], [1], [2]], { dtype: "f64" }),
 *   y: wf.tensor([0.4, 0, 0], { dtype: "f64" }),
 * }, { kernel: { kind: "rbf" }, left: 0, optimise: false, standardise: false });
 * const { mean } = await censoredGpPredict.run({
 *   ...fitted,
 *   xNew: wf.tensor([[1], [2]], { dtype: "f64" }),
 * });
 * console.log((await mean.data()).every((value) => value > 0)); // true
 * ```
 */
export const censoredGpPredict: Op<
  CensoredGpPredictInputs,
  Record<never, never>,
  CensoredGpPrediction
> = op({
  name: "volatility/censoredGpPredict",
  version: "1",
  doc: "Predictions of a censored Gaussian process, latent and observed",
  inputs: {
    x: port.tensor("f64", ["n", "d"]),
    model: port.value(censoredGaussianProcessModelSchema),
    cholesky: port.tensor("f64", ["n", "n"]),
    weights: port.tensor("f64", ["n"]),
    xNew: port.tensor("f64", ["m", "d"]),
  },
  params: z.object({}),
  outputs: {
    latentMean: port.tensor("f64", ["m"]),
    latentVariance: port.tensor("f64", ["m"]),
    uncensoredVariance: port.tensor("f64", ["m"]),
    mean: port.tensor("f64", ["m"]),
    variance: port.tensor("f64", ["m"]),
  },
  run: ({ x, model, cholesky, weights, xNew }) => {
    const free = wf.tensor(
      Float64Array.from(freeParameters(model.kernel), ({ value }) => value),
    );
    const cross = covariance(model.kernel, PairGeometry.between(x, xNew), free);
    const own = covariance(model.kernel, PairGeometry.diagonal(xNew), free);
    const whitened = wf.triangularSolve(cholesky, cross, { lower: true });
    const explained = wf.sum(wf.square(whitened), { axis: 0 });
    const spread = wf.maximum(wf.subtract(own, explained), 0);
    const scale = model.targetScale;
    const latentMean = wf.add(
      wf.multiply(wf.matmul(wf.transpose(cross), weights), scale),
      model.targetMean,
    );
    const uncensoredVariance = wf.multiply(
      wf.add(spread, model.noiseVariance),
      scale ** 2,
    );
    return {
      latentMean,
      latentVariance: wf.multiply(spread, scale ** 2),
      uncensoredVariance,
      ...observedMoments(latentMean, uncensoredVariance, resolveLimits(model)),
    };
  },
});
