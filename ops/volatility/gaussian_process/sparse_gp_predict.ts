/**
 * Predictions of a fitted sparse Gaussian process.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { covariance, PairGeometry } from "./covariance.ts";
import { freeParameters } from "./kernel.ts";
import {
  type SparseGaussianProcessModel,
  sparseGaussianProcessModelSchema,
} from "./sparse_gp_fit.ts";

/** What `sparseGpFit` gives, and where to predict. */
export interface SparseGpPredictInputs {
  /** The fitted model. */
  model: SparseGaussianProcessModel;
  /** Inducing rows `[m, d]`. */
  inducing: F64;
  /** Factor of their covariance `[m, m]`. */
  factor: F64;
  /** Factor of what the observations tell about them `[m, m]`. */
  information: F64;
  /** Their whitened mean `[m]`. */
  mean: F64;
  /** Where to predict `[k, d]`. */
  xNew: F64;
}

/**
 * Posterior mean and variance of a sparse Gaussian process at new rows, in `m²`
 * a row: with `a = L⁻¹ k_u*`, `mean = aᵀμ`,
 * `variance = k** − ‖a‖² + ‖L_B⁻¹ a‖²`, on the scale of the targets.
 *
 * Inputs: the outputs of `sparseGpFit`, and `xNew` `[k, d]`. Param `noise`: add
 * the noise variance (default false). Outputs `[k]`: `mean`, `variance`. Lazy.
 *
 * Source: Titsias 2009.
 *
 * @example
 * ```ts
 * import { sparseGpFit, sparseGpPredict } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const fitted = await sparseGpFit.run({
 *   x: wf.tensor([[0], [1], [2], [3]], { dtype: "f64" }),
 *   y: wf.tensor([0, 0.8, 0.9, 0.1], { dtype: "f64" }),
 * }, { kernel: { kind: "rbf" }, optimise: false, inducing: 4 });
 * const xNew = wf.tensor([[1.5]], { dtype: "f64" });
 * const { mean } = await sparseGpPredict.run({ ...fitted, xNew });
 * console.log(await mean.toArray()); // [0.9495…], as the exact process
 * ```
 */
export const sparseGpPredict: Op<
  SparseGpPredictInputs,
  { noise?: boolean | undefined },
  { mean: F64; variance: F64 }
> = op({
  name: "volatility/sparseGpPredict",
  version: "1",
  doc: "Posterior mean and variance of a sparse Gaussian process",
  inputs: {
    model: port.value(sparseGaussianProcessModelSchema),
    inducing: port.tensor("f64", ["m", "d"]),
    factor: port.tensor("f64", ["m", "m"]),
    information: port.tensor("f64", ["m", "m"]),
    mean: port.tensor("f64", ["m"]),
    xNew: port.tensor("f64", ["k", "d"]),
  },
  params: z.object({ noise: z.boolean().default(false) }),
  outputs: {
    mean: port.tensor("f64", ["k"]),
    variance: port.tensor("f64", ["k"]),
  },
  run: (
    { model, inducing, factor, information, mean, xNew },
    { noise },
  ) => {
    const free = wf.tensor(
      Float64Array.from(freeParameters(model.kernel), ({ value }) => value),
    );
    const features = wf.triangularSolve(
      factor,
      covariance(model.kernel, PairGeometry.between(inducing, xNew), free),
      { lower: true },
    );
    const own = covariance(model.kernel, PairGeometry.diagonal(xNew), free);
    const posterior = wf.triangularSolve(information, features, {
      lower: true,
    });
    const columns = (values: F64) => wf.sum(wf.square(values), { axis: 0 });
    const spread = wf.maximum(
      wf.add(wf.subtract(own, columns(features)), columns(posterior)),
      0,
    );
    return {
      mean: wf.add(
        wf.multiply(
          wf.matmul(wf.transpose(features), mean),
          model.targetScale,
        ),
        model.targetMean,
      ),
      variance: wf.multiply(
        wf.add(spread, noise ? model.noiseVariance : 0),
        model.targetScale ** 2,
      ),
    };
  },
});
