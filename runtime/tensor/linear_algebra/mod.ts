/**
 * Linear algebra and sorting on batches.
 *
 * @module
 */

export { cholesky } from "./cholesky.ts";
export { det, logDet, type SignLogDet, signLogDet } from "./determinant.ts";
export { type Eigh, eigh } from "./eigh.ts";
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
