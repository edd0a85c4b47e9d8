/**
 * Routines over triangular matrices, in WGSL.
 *
 * @module
 */

export { renderCholesky } from "./cholesky.ts";
export { renderCholeskyGradient } from "./cholesky_gradient.ts";
export { renderTriangularSolve } from "./triangular_solve.ts";
