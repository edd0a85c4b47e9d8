/**
 * The diagonal of a matrix.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";

/**
 * Takes the diagonal of a square matrix.
 *
 * @param matrix `[n, n]`.
 * @returns `[n]`; lazy, with gradients.
 */
export function diagonalOf(matrix: F64): F64 {
  const [n = 0] = matrix.shape;
  return wf.slice(wf.flatten(matrix), [0, n * n, n + 1]);
}
