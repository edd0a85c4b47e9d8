/**
 * Cholesky factorisation of symmetric positive definite matrices.
 *
 * @module
 */

import { NumericalError } from "../../../core/errors.ts";
import { batchCount, matrixName } from "./batch.ts";
import { dot, subtractProduct } from "./product.ts";
import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

const BLOCK = 32;

/** A pivot that is not a positive finite number. */
export interface FailedPivot {
  /** Its number. */
  readonly pivot: number;
  /** Its value. */
  readonly value: number;
}

/**
 * Factors each matrix of a batch as `A = L · Lᵀ`.
 *
 * Left-looking by columns of blocks: each block column is first updated with all
 * that stand left of it, then factored. Only the lower triangle of the input is
 * read.
 *
 * @param input Matrices, row-major, `[...leading, n, n]`.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrices.
 * @returns The lower factors, zero above the diagonal.
 * @throws {NumericalError} A matrix is not positive definite; names the matrix,
 * the first failing pivot and its value.
 */
export function* choleskyRoutine(
  input: Float64Array,
  leading: readonly number[],
  n: number,
): Work<Float64Array> {
  const factor = input.slice();
  const count = batchCount(leading);
  for (let index = 0; index < count; index++) {
    const failed = yield* factorInPlace(factor, index * n * n, n);
    if (failed !== undefined) {
      throw notPositiveDefinite(index, leading, n, failed);
    }
  }
  return factor;
}

/**
 * The error for a matrix that has no Cholesky factor.
 *
 * @param index Number of the matrix in its batch.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrix.
 * @param failed The first pivot that is not a positive finite number.
 * @returns The error.
 */
export function notPositiveDefinite(
  index: number,
  leading: readonly number[],
  n: number,
  { pivot, value }: FailedPivot,
): NumericalError {
  return new NumericalError(
    `Cannot factor ${
      matrixName(index, leading)
    } by Cholesky as it is not positive definite: pivot ${pivot} is ${value}`,
    {
      expected: "a symmetric positive definite matrix",
      actual: `order ${n}, first failing pivot ${pivot} with value ${value}`,
      hint: Number.isNaN(value) || value === Infinity
        ? "Look for NaN or infinity in what the matrix is made from"
        : "Add jitter to the diagonal: a small part, such as 1e-8, of its mean",
    },
  );
}

function* factorInPlace(
  a: Float64Array,
  start: number,
  n: number,
): Work<FailedPivot | undefined> {
  for (let j0 = 0; j0 < n; j0 += BLOCK) {
    const width = Math.min(BLOCK, n - j0);
    const rowsAtOnce = sliceRows(width * (j0 + width));
    for (let i0 = j0; i0 < n; i0 += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, n - i0);
      subtractProduct(
        a,
        start + i0 * n + j0,
        n,
        a,
        start + i0 * n,
        n,
        a,
        start + j0 * n,
        n,
        rows,
        width,
        j0,
      );
      if (i0 === j0) {
        const failed = factorDiagonal(a, start, n, j0, width);
        if (failed !== undefined) return failed;
      }
      solvePanel(a, start, n, j0, width, Math.max(i0, j0 + width), i0 + rows);
      yield;
    }
    clearAbove(a, start, n, j0, width);
  }
  return undefined;
}

/** Rows of a panel that make one slice of work: at least a block, in whole tiles. */
function sliceRows(workPerRow: number): number {
  const rows = Math.floor(SLICE_WORK / (2 * workPerRow));
  return Math.max(BLOCK, rows - (rows % 4));
}

/**
 * Factors a diagonal block in place, once all that stands left of it has been
 * taken off.
 *
 * @param a Holds the matrix, row-major.
 * @param start Index of its first element.
 * @param n Order of the matrix.
 * @param j0 First row of the block.
 * @param width Rows of the block.
 * @returns The first pivot that is not a positive finite number, if any.
 */
export function factorDiagonal(
  a: Float64Array,
  start: number,
  n: number,
  j0: number,
  width: number,
): FailedPivot | undefined {
  for (let j = j0; j < j0 + width; j++) {
    const row = start + j * n;
    const value = a[row + j]! - dot(a, row + j0, a, row + j0, j - j0);
    // NaN fails both comparisons, infinity the second one.
    if (!(value > 0 && value < Infinity)) return { pivot: j, value };
    const root = Math.sqrt(value);
    a[row + j] = root;
    for (let i = j + 1; i < j0 + width; i++) {
      const other = start + i * n;
      a[other + j] = (a[other + j]! - dot(a, other + j0, a, row + j0, j - j0)) /
        root;
    }
  }
  return undefined;
}

/** Divides rows below a factored diagonal block by it: `X · Lᵀ = A`. */
function solvePanel(
  a: Float64Array,
  start: number,
  n: number,
  j0: number,
  width: number,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const row = start + i * n;
    for (let j = j0; j < j0 + width; j++) {
      const diagonal = start + j * n;
      a[row + j] = (a[row + j]! - dot(a, row + j0, a, diagonal + j0, j - j0)) /
        a[diagonal + j]!;
    }
  }
}

function clearAbove(
  a: Float64Array,
  start: number,
  n: number,
  j0: number,
  width: number,
): void {
  for (let i = j0; i < j0 + width; i++) {
    a.fill(0, start + i * n + i + 1, start + (i + 1) * n);
  }
}
