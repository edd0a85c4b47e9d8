/**
 * Sparse Gaussian-process regression: a few inducing rows carry what many rows
 * told.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { PairGeometry } from "./covariance.ts";
import type { PriorCovariance } from "./regression.ts";

/**
 * `vfe`: Titsias' variational bound of the evidence; `fitc`: the evidence of a
 * model whose rows are independent given the inducing ones.
 */
export type SparseMethod = "vfe" | "fitc";

/** Pairs between the inducing rows, and between them and others. */
export class SparseGeometry {
  /** Number of inducing rows. */
  readonly size: number;
  readonly #within: PairGeometry;
  readonly #between: PairGeometry;
  readonly #diagonal: PairGeometry;

  /**
   * @param inducing Inducing rows `[m, d]`.
   * @param x Other rows `[n, d]`.
   */
  constructor(inducing: F64, x: F64) {
    this.size = inducing.shape[0] ?? 0;
    this.#within = PairGeometry.within(inducing);
    this.#between = PairGeometry.between(inducing, x);
    this.#diagonal = PairGeometry.diagonal(x);
  }

  /** Computes what does not change with the hyperparameters. */
  async realize(): Promise<void> {
    await this.#within.realize();
    await this.#between.realize();
    await this.#diagonal.realize();
  }

  /**
   * Projects the rows on the inducing ones.
   *
   * @param prior Kernel and noise.
   * @param free Values of the free numbers, natural scale, `[p]`.
   * @param jitter Added to the diagonal of the inducing rows, as a part of its
   * mean.
   * @returns The projection, lazy.
   */
  project(prior: PriorCovariance, free: F64, jitter: number): Projection {
    const own = prior.latent(this.#within, free);
    const level = wf.multiply(wf.mean(wf.diagonal(own)), jitter);
    const factor = wf.cholesky(
      jitter === 0
        ? own
        : wf.add(own, wf.multiply(this.#within.identity, level)),
    );
    const features = wf.triangularSolve(
      factor,
      prior.latent(this.#between, free),
      { lower: true },
    );
    const variance = prior.latent(this.#diagonal, free);
    return {
      factor,
      features,
      rest: wf.maximum(
        wf.subtract(variance, wf.sum(wf.square(features), { axis: 0 })),
        0,
      ),
    };
  }
}

/** Rows as the inducing ones see them. */
export interface Projection {
  /** Factor L of the covariance of the inducing rows, `[m, m]`. */
  readonly factor: F64;
  /** `L⁻¹ K_uf`, `[m, n]`: the function at a row is a product with these. */
  readonly features: F64;
  /** Variance of each row that the inducing rows do not explain, `[n]`. */
  readonly rest: F64;
}

/** What observations say about the inducing rows. */
export interface SparseEvidence {
  /** Bound (vfe) or evidence (fitc) of the targets, a scalar. */
  readonly evidence: F64;
  /** Factor of `I + Φ Λ⁻¹ Φᵀ`, `[m, m]`, with the features Φ. */
  readonly information: F64;
  /** Mean of the whitened function at the inducing rows, `[m]`. */
  readonly mean: F64;
}

/**
 * The evidence of targets and the posterior of the inducing rows, in `n m²`.
 *
 * @param projection The projected rows.
 * @param projection.features `[m, n]`.
 * @param projection.rest `[n]`.
 * @param targets `[n]`.
 * @param noise Variance of the noise.
 * @param method Bound or model.
 * @returns Lazy, with gradients.
 */
export function sparseEvidence(
  { features, rest }: Projection,
  targets: F64,
  noise: F64,
  method: SparseMethod,
): SparseEvidence {
  const [size = 0, rows = 0] = features.shape;
  const spread = method === "vfe"
    ? wf.broadcastTo(noise, [rows])
    : wf.add(rest, noise);
  const root = wf.sqrt(spread);
  const scaled = wf.divide(features, root);
  const scaledTargets = wf.divide(targets, root);
  const information = wf.cholesky(
    wf.add(
      wf.eye(size, size, { dtype: "f64" }),
      wf.matmul(scaled, wf.transpose(scaled)),
    ),
  );
  const projected = wf.expandDims(wf.matmul(scaled, scaledTargets), 1);
  const whitened = wf.triangularSolve(information, projected, { lower: true });
  const mean = wf.triangularSolve(information, whitened, {
    lower: true,
    transpose: true,
  });
  const fit = wf.subtract(
    wf.sum(wf.square(whitened)),
    wf.sum(wf.square(scaledTargets)),
  );
  const volume = wf.add(
    wf.sum(wf.log(spread)),
    wf.multiply(wf.sum(wf.log(wf.diagonal(information))), 2),
  );
  const density = wf.multiply(
    wf.subtract(
      wf.subtract(fit, volume),
      rows * Math.log(2 * Math.PI),
    ),
    0.5,
  );
  const evidence = method === "vfe"
    ? wf.subtract(density, wf.divide(wf.sum(rest), wf.multiply(noise, 2)))
    : density;
  return { evidence, information, mean: wf.squeeze(mean, 1) };
}

/** One-step-ahead predictions, one a row. */
export interface RowPredictions {
  /** Predictive means. */
  readonly means: Float64Array;
  /** Predictive variances of the observations, noise included. */
  readonly variances: Float64Array;
}

/**
 * Predicts each row from the rows before it: a Kalman filter on the whitened
 * function at the inducing rows, `m²` a row.
 *
 * @param features `[m, n]`, row-major.
 * @param rest Unexplained variances `[n]`.
 * @param targets `[n]`.
 * @param noise Variance of the noise.
 * @param method As in {@linkcode sparseEvidence}.
 * @returns Predictions, equal to those of the batch formulas on the rows before.
 */
export function filterRows(
  features: Float64Array,
  rest: Float64Array,
  targets: Float64Array,
  noise: number,
  method: SparseMethod,
): RowPredictions {
  const rows = targets.length;
  const size = features.length / rows;
  const means = new Float64Array(rows);
  const variances = new Float64Array(rows);
  const state = new Float64Array(size);
  const spread = new Float64Array(size * size);
  for (let index = 0; index < size; index += 1) {
    spread[index * size + index] = 1;
  }
  const row = new Float64Array(size);
  const gain = new Float64Array(size);
  for (let day = 0; day < rows; day += 1) {
    let mean = 0;
    for (let index = 0; index < size; index += 1) {
      row[index] = features[index * rows + day]!;
      mean += row[index]! * state[index]!;
    }
    let known = 0;
    for (let index = 0; index < size; index += 1) {
      let sum = 0;
      const start = index * size;
      for (let other = 0; other < size; other += 1) {
        sum += spread[start + other]! * row[other]!;
      }
      gain[index] = sum;
      known += sum * row[index]!;
    }
    const unexplained = rest[day]!;
    means[day] = mean;
    variances[day] = known + unexplained + noise;
    const total = known + noise + (method === "fitc" ? unexplained : 0);
    const surprise = (targets[day]! - mean) / total;
    for (let index = 0; index < size; index += 1) {
      state[index]! += gain[index]! * surprise;
      const part = gain[index]! / total;
      const start = index * size;
      for (let other = 0; other < size; other += 1) {
        spread[start + other]! -= part * gain[other]!;
      }
    }
  }
  return { means, variances };
}
