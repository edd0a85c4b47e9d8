/**
 * Fitting a sparse Gaussian-process regression.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
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
import { inducingRows } from "./inducing_rows.ts";
import {
  PriorCovariance,
  searchHyperparameters,
  withJitter,
} from "./regression.ts";
import { sparseEvidence, SparseGeometry, type SparseMethod } from "./sparse.ts";

/** A fitted sparse Gaussian process, beside the tensors that condition it. */
export interface SparseGaussianProcessModel
  extends FittedProcess, SearchReport {
  /** Bound or model. */
  readonly method: SparseMethod;
  /** Bound of the log marginal likelihood (vfe), or that of the model (fitc). */
  readonly evidence: number;
}

/** Schema of {@linkcode SparseGaussianProcessModel}. */
export const sparseGaussianProcessModelSchema: z.ZodType<
  SparseGaussianProcessModel
> = z.object({
  ...FITTED_SHAPE,
  ...SEARCH_SHAPE,
  method: z.enum(["vfe", "fitc"]),
  evidence: z.number(),
});

/** Params of {@linkcode sparseGpFit}. */
export interface SparseGpFitParams extends GpFitParams {
  /** Bound (default) or model. */
  readonly method?: SparseMethod | undefined;
  /** Most inducing rows, chosen far apart; default 64. */
  readonly inducing?: number | undefined;
}

/**
 * Fits a Gaussian-process regression whose cost is linear in its rows: `n m²`
 * for m inducing rows, against `n³` of `gpFit`. The inducing rows are rows of
 * `x` that lie far from each other (farthest-first).
 *
 * `vfe` maximises Titsias' bound
 * `log N(y; 0, Q + σ²I) − tr(K − Q) / 2σ²`, `Q = K_fu K_uu⁻¹ K_uf`: never above
 * the exact log marginal likelihood, and closer with more inducing rows. `fitc`
 * maximises `log N(y; 0, Q + diag(K − Q) + σ²I)`, an exact likelihood of another
 * model, which can put noise where inputs are dense. With all rows inducing
 * both are the exact regression.
 *
 * Inputs and other params as of `gpFit`. Outputs: `model`, and what
 * `sparseGpPredict` needs: `inducing` `[m, d]`, `factor` `[m, m]`,
 * `information` `[m, m]`, `mean` `[m]`. Errors: those of `gpFit`.
 *
 * Sources: Titsias 2009, "Variational learning of inducing variables in sparse
 * Gaussian processes"; Snelson and Ghahramani 2006; Bauer et al. 2016.
 *
 * @example
 * ```ts
 * import { sparseGpFit, sparseGpPredict } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const grid = Float64Array.from({ length: 300 }, (_, row) => row / 50);
 * const fitted = await sparseGpFit.run({
 *   x: wf.tensor(grid, { shape: [300, 1] }),
 *   y: wf.tensor(grid.map(Math.sin)),
 * }, { kernel: { kind: "rbf" }, noiseVariance: 0.01, inducing: 10, starts: 1 });
 * const { mean } = await sparseGpPredict.run({
 *   ...fitted,
 *   xNew: wf.tensor([[1.5]], { dtype: "f64" }),
 * });
 * console.log((await mean.item()).toFixed(3)); // 0.998
 * ```
 */
export const sparseGpFit: Op<
  { x: F64; y: F64 },
  SparseGpFitParams,
  {
    model: SparseGaussianProcessModel;
    inducing: F64;
    factor: F64;
    information: F64;
    mean: F64;
  }
> = op({
  name: "volatility/sparseGpFit",
  version: "1",
  doc: "Sparse Gaussian-process regression, linear in its rows",
  inputs: {
    x: port.tensor("f64", ["n", "d"]),
    y: port.tensor("f64", ["n"]),
  },
  params: z.object({
    ...GP_FIT_SHAPE,
    method: z.enum(["vfe", "fitc"]).default("vfe"),
    inducing: z.int().min(1).max(5000).default(64),
  }),
  outputs: {
    model: port.value(sparseGaussianProcessModelSchema),
    inducing: port.tensor("f64", ["m", "d"]),
    factor: port.tensor("f64", ["m", "m"]),
    information: port.tensor("f64", ["m", "m"]),
    mean: port.tensor("f64", ["m"]),
  },
  run: async ({ x, y }, params, { signal }) => {
    const rows = await x.data();
    assertFinite("x", rows);
    const observed = await y.data();
    assertFinite("y", observed);
    const { mean: center, scale } = params.standardise
      ? standardisation(observed)
      : { mean: 0, scale: 1 };
    const targets = wf.tensor(
      observed.map((value) => (value - center) / scale),
    );
    const chosen = inducingRows(rows, x.shape[1] ?? 0, params.inducing);
    const inducing = wf.take(x, wf.tensor(Int32Array.from(chosen)), {
      axis: 0,
    });
    await wf.realize(inducing);
    const prior = new PriorCovariance(params);
    const geometry = new SparseGeometry(inducing, x);
    await geometry.realize();
    const project = (values: F64, jitter: number) => {
      const projection = geometry.project(prior, values, jitter);
      const noise = prior.noise(values);
      return {
        factor: projection.factor,
        ...sparseEvidence(projection, targets, noise, params.method),
      };
    };
    const search = params.optimise && prior.parameters.length > 0
      ? await searchHyperparameters(
        prior,
        (values, jitter) => project(values, jitter).evidence,
        { ...params, signal },
      )
      : undefined;
    const values = search?.values ?? prior.start;
    const { result, jitter } = await withJitter(async (jitter) => {
      const found = project(wf.tensor(values), jitter);
      const { factor, information, mean, evidence } = found;
      await wf.realize(factor, information, mean, evidence);
      return { factor, information, mean, evidence: await evidence.item() };
    });
    const { evidence, ...tensors } = result;
    return {
      model: {
        ...prior.at(values),
        targetMean: center,
        targetScale: scale,
        method: params.method,
        evidence,
        jitter,
        evaluations: search?.evaluations ?? 0,
        converged: search?.converged ?? true,
        atBounds: search?.atBounds ?? [],
      },
      inducing,
      ...tensors,
    };
  },
});
