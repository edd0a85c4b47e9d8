/**
 * Log marginal likelihood of a Gaussian process.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * Log density of a zero-mean normal vector, `−½ yᵀK⁻¹y − Σ log L_ii − n/2 log 2π`
 * with `K = L Lᵀ`. Gradients go back through the Cholesky factor, which takes half
 * the time of the closed form `½ (α αᵀ − K⁻¹)`, as no inverse is made.
 *
 * @param matrix Covariance `[n, n]`, noise included.
 * @param targets The vector `[n]`.
 * @returns A scalar; computing it throws a NumericalError where the matrix is
 * not positive definite.
 */
export function logDensity(matrix: F64, targets: F64): F64 {
  const factor = wf.cholesky(matrix);
  const column = wf.expandDims(targets, -1);
  const whitened = wf.triangularSolve(factor, column, { lower: true });
  return whitenedDensity(factor, whitened);
}

/**
 * The log density of a zero-mean normal vector from what was computed of it.
 *
 * @param factor Lower factor L of its covariance, `[n, n]`.
 * @param whitened `L⁻¹ y`, `[n, 1]`.
 * @returns A scalar, lazy.
 */
export function whitenedDensity(factor: F64, whitened: F64): F64 {
  const fit = wf.multiply(wf.sum(wf.square(whitened)), -0.5);
  const volume = wf.sum(wf.log(wf.diagonal(factor)));
  return wf.subtract(
    wf.subtract(fit, volume),
    whitened.size / 2 * LOG_TWO_PI,
  );
}

/**
 * Solves `L Lᵀ X = B`.
 *
 * @param factor Lower factor `[n, n]`.
 * @param rightSides `[n, m]`.
 * @returns The solutions `[n, m]`; lazy.
 */
export function solveFactored(factor: F64, rightSides: F64): F64 {
  const half = wf.triangularSolve(factor, rightSides, { lower: true });
  return wf.triangularSolve(factor, half, { lower: true, transpose: true });
}
