/**
 * Words for matrices in a batch.
 *
 * @module
 */

/**
 * How many matrices stand in a batch.
 *
 * @param leading Sizes of the leading axes; none for a single matrix.
 * @returns Their product.
 */
export function batchCount(leading: readonly number[]): number {
  return leading.reduce((count, size) => count * size, 1);
}

/**
 * Names one matrix of a batch for an error.
 *
 * @param index Its row-major position in the batch.
 * @param leading Sizes of the leading axes.
 * @returns `the matrix` where there is only one, else `matrix [1, 2] of the batch`.
 */
export function matrixName(index: number, leading: readonly number[]): string {
  if (leading.length === 0) return "the matrix";
  const position: number[] = [];
  let rest = index;
  for (let axis = leading.length - 1; axis >= 0; axis--) {
    const size = leading[axis]!;
    position.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `matrix [${position.join(", ")}] of the batch`;
}
