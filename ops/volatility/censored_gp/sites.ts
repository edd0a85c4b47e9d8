/**
 * Gaussian sites: what stands in for the likelihood of each censored
 * observation, and the posterior under them.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";

/** Functions `exp(ν f − τ f² / 2)`, one a censored observation. */
export interface Sites {
  /** τ, positive. */
  readonly precision: F64;
  /** ν, precision times location. */
  readonly shift: F64;
}

/** A normal prior of the function at the censored observations. */
export interface NormalPrior {
  /** `[c]` */
  readonly mean: F64;
  /** `[c, c]` */
  readonly covariance: F64;
}

/** What a prior and sites come to. */
export interface SitePosterior {
  /** Posterior means `[c]`. */
  readonly mean: F64;
  /** Posterior variances `[c]`. */
  readonly variance: F64;
  /** `C⁻¹ (mean − prior mean)`, `[c]`. */
  readonly weights: F64;
  /**
   * Log density of the locations ν/τ under the prior with noise of variance
   * 1/τ, that is the evidence of sites that are normalised as densities.
   */
  readonly logDensity: F64;
  /** Half of `log |I + τ^½ C τ^½|`. */
  readonly halfLogDeterminant: F64;
}

/**
 * The posterior of a normal prior under Gaussian sites, by the factor of
 * `B = I + τ^½ C τ^½`, whose eigenvalues are never below 1.
 *
 * @param prior Mean and covariance.
 * @param sites One a row.
 * @returns The posterior; lazy, with gradients in all of it.
 */
export function sitePosterior(
  { mean, covariance }: NormalPrior,
  { precision, shift }: Sites,
): SitePosterior {
  const count = mean.size;
  const root = wf.sqrt(precision);
  const column = wf.expandDims(root, 1);
  const scaledRows = wf.multiply(column, covariance);
  const inner = wf.add(
    wf.multiply(scaledRows, wf.expandDims(root, 0)),
    wf.eye(count, count, { dtype: "f64" }),
  );
  const factor = wf.cholesky(inner);
  const deviation = wf.divide(
    wf.subtract(shift, wf.multiply(precision, mean)),
    root,
  );
  const whitened = wf.triangularSolve(factor, wf.expandDims(deviation, 1), {
    lower: true,
  });
  const solved = wf.triangularSolve(factor, whitened, {
    lower: true,
    transpose: true,
  });
  const weights = wf.multiply(root, wf.squeeze(solved, 1));
  const explained = wf.triangularSolve(factor, scaledRows, { lower: true });
  const halfLogDeterminant = wf.sum(wf.log(wf.diagonal(factor)));
  const logDensity = wf.subtract(
    wf.multiply(
      wf.subtract(
        wf.sum(wf.log(precision)),
        wf.add(
          wf.sum(wf.square(whitened)),
          count * Math.log(2 * Math.PI),
        ),
      ),
      0.5,
    ),
    halfLogDeterminant,
  );
  return {
    mean: wf.add(mean, wf.matmul(covariance, weights)),
    variance: wf.subtract(
      wf.diagonal(covariance),
      wf.sum(wf.square(explained), { axis: 0 }),
    ),
    weights,
    logDensity,
    halfLogDeterminant,
  };
}
