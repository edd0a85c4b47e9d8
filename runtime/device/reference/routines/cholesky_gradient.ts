/**
 * The gradient of the Cholesky factorisation, by walking its blocks backwards: a
 * sixth of the work of solving with the factor from both sides.
 *
 * Source: Murray, Differentiation of the Cholesky decomposition (2016), section 4.
 *
 * @module
 */

import type { Work } from "../../clock.ts";
import { batchCount } from "./batch.ts";
import {
  addMultiple,
  copyTransposed,
  copyTransposedInSlices,
  dot,
  subtractProduct,
} from "./product.ts";
import { SLICE_WORK } from "./sliced.ts";

const BLOCK = 32;

/**
 * Gradients with respect to matrices from those with respect to their factors.
 *
 * @param factors Lower factors, row-major, `[...leading, n, n]`.
 * @param cotangents Gradients of a scalar with respect to them; only the lower
 * triangles are read.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrices.
 * @returns Symmetric gradients with respect to the matrices, `[...leading, n, n]`.
 */
export function* choleskyGradientRoutine(
  factors: Float64Array,
  cotangents: Float64Array,
  leading: readonly number[],
  n: number,
): Work<Float64Array> {
  const gradient = cotangents.slice();
  const count = batchCount(leading);
  const scratch = {
    turned: new Float64Array(n * n),
    left: new Float64Array(BLOCK * n),
    right: new Float64Array(BLOCK * n),
    above: new Float64Array(BLOCK * n),
    square: new Float64Array(BLOCK * BLOCK),
  };
  for (let index = 0; index < count; index++) {
    const start = index * n * n;
    const last = Math.floor((n - 1) / BLOCK) * BLOCK;
    for (let j = last; j >= 0; j -= BLOCK) {
      yield* stepBack(factors, gradient, start, n, j, scratch);
    }
    mirror(gradient, start, n);
  }
  return gradient;
}

interface Scratch {
  /** Transpose of what stands left of the rows below the block. */
  readonly turned: Float64Array;
  /** Transpose of the gradient below the block. */
  readonly left: Float64Array;
  /** Transpose of the factor below the block. */
  readonly right: Float64Array;
  /** Transpose of the factor left of the block. */
  readonly above: Float64Array;
  /** The block's own gradient, mirrored; before that its factor, transposed. */
  readonly square: Float64Array;
}

/**
 * Undoes the step of the factorisation that made the block column at `j`. With the
 * rows of the block split in `R D`, and the rows below in `B C`:
 * `C̄ ← C̄·D⁻¹`, `B̄ ← B̄ - C̄·R`, `D̄ ← D̄ - tril(C̄ᵀ·C)`, `D̄` through the small
 * factorisation, `R̄ ← R̄ - C̄ᵀ·B - (D̄ + D̄ᵀ)·R`.
 */
function* stepBack(
  l: Float64Array,
  g: Float64Array,
  start: number,
  n: number,
  j: number,
  { turned, left, right, above, square }: Scratch,
): Work {
  const width = Math.min(BLOCK, n - j);
  const end = j + width;
  const below = n - end;
  const block = start + j * n;
  const under = start + end * n;
  copyTransposed(l, block + j, n, square, 0, width, width, width);
  divideRows(g, under + j, n, below, square, width);
  copyTransposed(l, block, n, above, 0, width, width, j);
  const rowsAtOnce = Math.max(
    4,
    Math.floor(SLICE_WORK / (8 * width * (j + 1))) * 4,
  );
  for (let i = 0; i < below; i += rowsAtOnce) {
    subtractProduct(
      g,
      under + i * n,
      n,
      g,
      under + i * n + j,
      n,
      above,
      0,
      width,
      Math.min(rowsAtOnce, below - i),
      j,
      width,
    );
    yield;
  }
  copyTransposed(g, under + j, n, left, 0, below, below, width);
  copyTransposed(l, under + j, n, right, 0, below, below, width);
  // Above the diagonal this writes numbers that nothing reads.
  subtractProduct(
    g,
    block + j,
    n,
    left,
    0,
    below,
    right,
    0,
    below,
    width,
    width,
    below,
  );
  stepBackWithin(l, g, block + j, n, width);
  for (let p = 0; p < width; p++) {
    for (let q = 0; q <= p; q++) {
      const value = g[block + j + p * n + q]!;
      square[p * width + q] = p === q ? 2 * value : value;
      square[q * width + p] = square[p * width + q]!;
    }
  }
  subtractProduct(
    g,
    block,
    n,
    square,
    0,
    width,
    above,
    0,
    width,
    width,
    j,
    width,
  );
  yield* copyTransposedInSlices(l, under, n, turned, 0, below, below, j);
  yield;
  const columnsAtOnce = Math.max(
    4,
    Math.floor(SLICE_WORK / (8 * width * (below + 1))) * 4,
  );
  for (let i = 0; i < j; i += columnsAtOnce) {
    subtractProduct(
      g,
      block + i,
      n,
      left,
      0,
      below,
      turned,
      i * below,
      below,
      width,
      Math.min(columnsAtOnce, j - i),
      below,
    );
    yield;
  }
}

/** Rows `x` with `x · D = c` in place of rows `c`; `D` lower, given transposed. */
function divideRows(
  c: Float64Array,
  start: number,
  stride: number,
  rows: number,
  turned: Float64Array,
  width: number,
): void {
  for (let i = 0; i < rows; i++) {
    const row = start + i * stride;
    for (let p = width - 1; p >= 0; p--) {
      const at = p * width + p + 1;
      const known = dot(turned, at, c, row + p + 1, width - p - 1);
      c[row + p] = (c[row + p]! - known) / turned[p * width + p]!;
    }
  }
}

/**
 * The same walk within a diagonal block, row by row; halves the diagonal.
 *
 * @param l Holds the factor.
 * @param g Holds its gradient, which becomes that of the block.
 * @param start Index of the first element of the block, in both.
 * @param n Distance between rows.
 * @param width Rows of the block.
 */
export function stepBackWithin(
  l: Float64Array,
  g: Float64Array,
  start: number,
  n: number,
  width: number,
): void {
  for (let p = width - 1; p >= 0; p--) {
    const row = start + p * n;
    const pivot = l[row + p]!;
    let own = g[row + p]!;
    for (let i = p + 1; i < width; i++) {
      const below = start + i * n;
      own -= l[below + p]! * g[below + p]! / pivot;
    }
    own /= pivot;
    addMultiple(-own, l, row, g, row, p);
    for (let i = p + 1; i < width; i++) {
      const below = start + i * n;
      const scaled = g[below + p]! / pivot;
      g[below + p] = scaled;
      addMultiple(-scaled, l, below, g, row, p);
      addMultiple(-scaled, l, row, g, below, p);
    }
    g[row + p] = own / 2;
  }
}

/** Shares what the lower triangle holds between both triangles. */
function mirror(g: Float64Array, start: number, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const half = g[start + i * n + j]! / 2;
      g[start + i * n + j] = half;
      g[start + j * n + i] = half;
    }
  }
}
