/**
 * Log marginal likelihood of a Gaussian process.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { diagonalOf } from "./diagonal.ts";

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * Log density of a zero-mean normal vector, `−½ yᵀK⁻¹y − Σ log L_ii − n/2 log 2π`
 * with `K = L Lᵀ`. Its gradient is given in closed form,
 * `∂/∂K = ½ (α αᵀ − K⁻¹)` and `∂/∂y = −α` with `α = K⁻¹ y`, which takes about half
 * the work of going back through the factorisation.
 *
 * @param matrix Covariance `[n, n]`, noise included.
 * @param targets The vector `[n]`.
 * @returns A scalar; computing it throws a NumericalError where the matrix is
 * not positive definite.
 */
export function logDensity(matrix: F64, targets: F64): F64 {
  const factor = wf.stopGradient(wf.cholesky(matrix));
  return factoredLogDensity(matrix, factor, targets);
}

const factoredLogDensity: (matrix: F64, factor: F64, targets: F64) => F64 = wf
  .customGradient(
    (_matrix: F64, factor: F64, targets: F64): F64 =>
      densityOf(factor, targets),
    ({ inputs: [_matrix, factor, targets], cotangent }) => {
      const n = targets.size;
      const weights = solveFactored(factor, wf.expandDims(targets, -1));
      const inverse = solveFactored(factor, wf.eye(n, n, { dtype: "f64" }));
      const outer = wf.matmul(weights, wf.transpose(weights));
      return [
        wf.multiply(wf.subtract(outer, inverse), wf.multiply(cotangent, 0.5)),
        undefined,
        wf.multiply(wf.squeeze(weights, -1), wf.negative(cotangent)),
      ];
    },
  );

/**
 * Log density from a Cholesky factor; gradients go through the factor.
 *
 * @param factor Lower factor of the covariance, `[n, n]`.
 * @param targets The vector `[n]`.
 * @returns A scalar.
 */
export function densityOf(factor: F64, targets: F64): F64 {
  const column = wf.expandDims(targets, -1);
  const whitened = wf.triangularSolve(factor, column, { lower: true });
  const fit = wf.multiply(wf.sum(wf.square(whitened)), -0.5);
  const volume = wf.sum(wf.log(diagonalOf(factor)));
  return wf.subtract(
    wf.subtract(fit, volume),
    targets.size / 2 * LOG_TWO_PI,
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
