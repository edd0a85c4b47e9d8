/**
 * Predictions of a fitted Gaussian process.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { covariance, PairGeometry } from "./covariance.ts";
import {
  type GaussianProcessModel,
  gaussianProcessModelSchema,
} from "./gp_fit.ts";
import { freeParameters } from "./kernel.ts";

/** What `gpFit` gives, and where to predict. */
export interface GpPredictInputs {
  /** Training inputs `[n, d]`. */
  x: F64;
  /** The fitted model. */
  model: GaussianProcessModel;
  /** Cholesky factor `[n, n]`. */
  cholesky: F64;
  /** `K⁻¹ y`, `[n]`. */
  weights: F64;
  /** Where to predict `[m, d]`. */
  xNew: F64;
}

const inputs = {
  x: port.tensor("f64", ["n", "d"]),
  model: port.value(gaussianProcessModelSchema),
  cholesky: port.tensor("f64", ["n", "n"]),
  weights: port.tensor("f64", ["n"]),
  xNew: port.tensor("f64", ["m", "d"]),
};

/**
 * Posterior mean and variance of a Gaussian process at new rows:
 * `mean = k*ᵀ K⁻¹ y`, `variance = k** − ‖L⁻¹ k*‖²`, on the scale of the targets.
 *
 * Inputs: the outputs of `gpFit`, and `xNew` `[m, d]`. Param `noise`: add the
 * noise variance, for a prediction of an observation rather than of the function
 * (default false). Outputs `[m]`: `mean`, `variance` (never below 0). Lazy.
 *
 * Source: Rasmussen and Williams 2006, algorithm 2.1.
 *
 * @example
 * ```ts
 * import { gpFit, gpPredict } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const fitted = await gpFit.run({
 *   x: wf.tensor([[0], [1], [2], [3]], { dtype: "f64" }),
 *   y: wf.tensor([0, 0.8, 0.9, 0.1], { dtype: "f64" }),
 * }, { kernel: { kind: "rbf" }, optimise: false });
 * const xNew = wf.tensor([[1.5], [50]], { dtype: "f64" });
 * const { mean, variance } = await gpPredict.run({ ...fitted, xNew });
 * console.log(await mean.toArray()); // [0.9495…, 0.45]: far away, the mean of y
 * console.log(await variance.toArray()); // [0.0127…, 0.1625]
 * ```
 */
export const gpPredict: Op<
  GpPredictInputs,
  { noise?: boolean | undefined },
  { mean: F64; variance: F64 }
> = op({
  name: "volatility/gpPredict",
  version: "1",
  doc: "Posterior mean and variance of a Gaussian process",
  inputs,
  params: z.object({ noise: z.boolean().default(false) }),
  outputs: {
    mean: port.tensor("f64", ["m"]),
    variance: port.tensor("f64", ["m"]),
  },
  run: ({ x, model, cholesky, weights, xNew }, { noise }) => {
    const free = fittedValues(model);
    const cross = covariance(
      model.kernel,
      PairGeometry.between(x, xNew),
      free,
    );
    const own = covariance(model.kernel, PairGeometry.diagonal(xNew), free);
    const explained = wf.sum(wf.square(whiten(cholesky, cross)), { axis: 0 });
    const variance = wf.maximum(wf.subtract(own, explained), 0);
    const scale = model.targetScale;
    return {
      mean: wf.add(
        wf.multiply(wf.matmul(wf.transpose(cross), weights), scale),
        model.targetMean,
      ),
      variance: wf.multiply(
        wf.add(variance, noise ? model.noiseVariance : 0),
        scale ** 2,
      ),
    };
  },
});

/**
 * Full posterior covariance of a Gaussian process between new rows,
 * `k** − (L⁻¹k*)ᵀ(L⁻¹k*)`, on the scale of the targets.
 *
 * Inputs and param `noise` (on the diagonal) as of {@linkcode gpPredict}.
 * Output `covariance` `[m, m]`; lazy.
 *
 * @example
 * ```ts
 * import { gpFit, gpPredictCovariance } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const fitted = await gpFit.run({
 *   x: wf.tensor([[0], [1], [2], [3]], { dtype: "f64" }),
 *   y: wf.tensor([0, 0.8, 0.9, 0.1], { dtype: "f64" }),
 * }, { kernel: { kind: "rbf" }, optimise: false });
 * const xNew = wf.tensor([[1.5], [5]], { dtype: "f64" });
 * const { covariance } = await gpPredictCovariance.run({ ...fitted, xNew });
 * console.log(await covariance.toArray()); // [[0.0127…, 0.0009…], [0.0009…, 0.1587…]]
 * ```
 */
export const gpPredictCovariance: Op<
  GpPredictInputs,
  { noise?: boolean | undefined },
  { covariance: F64 }
> = op({
  name: "volatility/gpPredictCovariance",
  version: "1",
  doc: "Posterior covariance of a Gaussian process between new rows",
  inputs,
  params: z.object({ noise: z.boolean().default(false) }),
  outputs: { covariance: port.tensor("f64", ["m", "m"]) },
  run: ({ x, model, cholesky, xNew }, { noise }) => {
    const free = fittedValues(model);
    const within = PairGeometry.within(xNew);
    const whitened = whiten(
      cholesky,
      covariance(model.kernel, PairGeometry.between(x, xNew), free),
    );
    const explained = wf.matmul(wf.transpose(whitened), whitened);
    const latent = wf.subtract(
      covariance(model.kernel, within, free),
      explained,
    );
    const observed = noise
      ? wf.add(latent, wf.multiply(within.identity, model.noiseVariance))
      : latent;
    return { covariance: wf.multiply(observed, model.targetScale ** 2) };
  },
});

function fittedValues({ kernel }: GaussianProcessModel): F64 {
  return wf.tensor(
    Float64Array.from(freeParameters(kernel), ({ value }) => value),
  );
}

function whiten(cholesky: F64, cross: F64): F64 {
  return wf.triangularSolve(cholesky, cross, { lower: true });
}
