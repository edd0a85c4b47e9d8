/**
 * The diagonal of a small matrix, on the host.
 *
 * @module
 */

import type { F64 } from "../../runtime/tensor/mod.ts";

/**
 * Reads the diagonal of a square matrix.
 *
 * @param matrix Shape [n, n].
 * @returns Its n diagonal elements.
 */
export async function readDiagonal(matrix: F64): Promise<number[]> {
  const [size = 0] = matrix.shape;
  const values = await matrix.data();
  return Array.from(
    { length: size },
    (_, at) => values[at * (size + 1)] as number,
  );
}
