/**
 * Linear algebra and sorting on batches.
 *
 * @module
 */

export { cholesky } from "./cholesky.ts";
export { det, logDet, type SignLogDet, signLogDet } from "./determinant.ts";
export { type Eigh, eigh } from "./eigh.ts";
export { cross, matrixPower, trace } from "./matrix_functions.ts";
export {
  matrixNorm,
  type MatrixNormOptions,
  type MatrixNormOrder,
  vectorNorm,
} from "./norms.ts";
export {
  type LeastSquares,
  lstsq,
  matrixRank,
  pinv,
  type RankOptions,
} from "./pseudo_inverse.ts";
export { type Qr, qr } from "./qr.ts";
export { inverse, solve } from "./solve.ts";
export {
  argsort,
  sort,
  type SortOptions,
  type TopK,
  topK,
  type TopKOptions,
} from "./sort.ts";
export { type Svd, svd } from "./svd.ts";
export {
  triangularSolve,
  type TriangularSolveOptions,
} from "./triangular_solve.ts";
