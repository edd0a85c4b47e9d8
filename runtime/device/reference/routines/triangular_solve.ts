/**
 * Solution of triangular systems.
 *
 * @module
 */

import { NumericalError } from "../../../core/errors.ts";
import { batchCount, matrixName } from "./batch.ts";
import {
  addMultiple,
  copyTransposedInSlices,
  dot,
  subtractProduct,
} from "./product.ts";
import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

const BLOCK = 32;

/** Right-hand sides below which transposing a matrix costs as much as solving. */
const FEW_SIDES = 4;

/** How a triangular matrix is to be read. */
export interface TriangularOptions {
  /** The lower triangle is read, the rest ignored; otherwise the upper one. */
  readonly lower: boolean;
  /** Solve with the transposed matrix. */
  readonly transpose: boolean;
  /** Take the diagonal as ones, whatever is stored there. */
  readonly unitDiagonal: boolean;
}

/**
 * Solves `T · X = B` for each pair of a batch, `T` triangular.
 *
 * @param matrices Triangular matrices, row-major, `[...leading, n, n]`.
 * @param rightSides Right-hand sides, `[...leading, n, m]`.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrices.
 * @param m Right-hand sides of each matrix.
 * @param options Which triangle, and whether transposed.
 * @returns Solutions, `[...leading, n, m]`.
 * @throws {NumericalError} A diagonal element is exactly zero; names the matrix
 * and the element.
 */
export function* triangularSolveRoutine(
  matrices: Float64Array,
  rightSides: Float64Array,
  leading: readonly number[],
  n: number,
  m: number,
  options: TriangularOptions,
): Work<Float64Array> {
  const solution = new Float64Array(rightSides.length);
  const count = batchCount(leading);
  const { lower, transpose, unitDiagonal } = options;
  const isTurned = transpose && m >= FEW_SIDES;
  const turned = isTurned ? new Float64Array(n * n) : matrices;
  const columns = new Float64Array(n * m);
  for (let index = 0; index < count; index++) {
    if (!unitDiagonal) checkDiagonal(matrices, index, leading, n);
    if (isTurned) {
      yield* copyTransposedInSlices(
        matrices,
        index * n * n,
        n,
        turned,
        0,
        n,
        n,
        n,
      );
    }
    yield* copyTransposedInSlices(
      rightSides,
      index * n * m,
      m,
      columns,
      0,
      n,
      n,
      m,
    );
    if (transpose && !isTurned) {
      yield* solveTransposed(
        matrices,
        index * n * n,
        columns,
        n,
        m,
        lower,
        unitDiagonal,
      );
    } else {
      yield* solveRows(
        turned,
        isTurned ? 0 : index * n * n,
        columns,
        n,
        m,
        lower !== transpose,
        unitDiagonal,
      );
    }
    yield* copyTransposedInSlices(
      columns,
      0,
      n,
      solution,
      index * n * m,
      m,
      m,
      n,
    );
  }
  return solution;
}

/**
 * Sees to it that a triangular matrix can be solved with.
 *
 * @param matrices Matrices, row-major, `[...leading, n, n]`.
 * @param index Number of the matrix in its batch.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrix.
 * @throws {NumericalError} A diagonal element is exactly zero.
 */
export function checkDiagonal(
  matrices: Float64Array,
  index: number,
  leading: readonly number[],
  n: number,
): void {
  const zero = firstZero(matrices, index * n * n, n);
  if (zero >= 0) throw zeroOnDiagonal(index, leading, zero);
}

/**
 * The error for a triangular matrix that is singular.
 *
 * @param index Number of the matrix in its batch.
 * @param leading Sizes of the leading axes.
 * @param zero The first element of the diagonal that is zero.
 * @returns The error.
 */
export function zeroOnDiagonal(
  index: number,
  leading: readonly number[],
  zero: number,
): NumericalError {
  return new NumericalError(
    `Cannot solve with ${
      matrixName(index, leading)
    } as it is singular: diagonal element ${zero} is 0`,
    {
      expected: "a triangular matrix without zeros on its diagonal",
      hint: "Check the factorisation that the matrix comes from",
    },
  );
}

function firstZero(a: Float64Array, start: number, n: number): number {
  for (let i = 0; i < n; i++) if (a[start + i * (n + 1)] === 0) return i;
  return -1;
}

/**
 * Solves `T · xᵀ = bᵀ` for each row `b` of a matrix, in place.
 *
 * @param t Holds the triangular matrix.
 * @param start Index of its first element.
 * @param rows Right-hand sides as rows, `[m, n]`; becomes the solutions.
 * @param n Order of the matrix.
 * @param m Rows.
 * @param lower Whether the lower triangle is read.
 * @param unitDiagonal Whether the diagonal is taken as ones.
 */
export function* solveRows(
  t: Float64Array,
  start: number,
  rows: Float64Array,
  n: number,
  m: number,
  lower: boolean,
  unitDiagonal: boolean,
): Work<void> {
  const blocks = Math.ceil(n / BLOCK);
  for (let step = 0; step < blocks; step++) {
    const i0 = (lower ? step : blocks - 1 - step) * BLOCK;
    const width = Math.min(BLOCK, n - i0);
    const known = lower ? 0 : i0 + width;
    const knownCount = lower ? i0 : n - known;
    const rowsAtOnce = Math.max(
      4,
      Math.floor(SLICE_WORK / (8 * width * (knownCount + width))) * 4,
    );
    for (let r0 = 0; r0 < m; r0 += rowsAtOnce) {
      const rowCount = Math.min(rowsAtOnce, m - r0);
      subtractProduct(
        rows,
        r0 * n + i0,
        n,
        rows,
        r0 * n + known,
        n,
        t,
        start + i0 * n + known,
        n,
        rowCount,
        width,
        knownCount,
      );
      for (let r = r0; r < r0 + rowCount; r++) {
        solveWithinBlock(
          t,
          start,
          n,
          rows,
          r * n,
          i0,
          width,
          lower,
          unitDiagonal,
        );
      }
      yield;
    }
  }
}

/**
 * Solves `Tᵀ · xᵀ = bᵀ` for each row `b` of a matrix, in place: each unknown, once
 * known, is taken out of all others along its row of `T`.
 */
function* solveTransposed(
  t: Float64Array,
  start: number,
  rows: Float64Array,
  n: number,
  m: number,
  lower: boolean,
  unitDiagonal: boolean,
): Work<void> {
  const atOnce = Math.max(1, Math.floor(SLICE_WORK / (2 * n * m)));
  for (let step = 0; step < n; step++) {
    const i = lower ? n - 1 - step : step;
    const row = start + i * n;
    const rest = lower ? 0 : i + 1;
    for (let r = 0; r < m; r++) {
      const x = r * n;
      if (!unitDiagonal) rows[x + i]! /= t[row + i]!;
      const count = n - 1 - step;
      addMultiple(-rows[x + i]!, t, row + rest, rows, x + rest, count);
    }
    if (step % atOnce === atOnce - 1) yield;
  }
}

function solveWithinBlock(
  t: Float64Array,
  start: number,
  n: number,
  x: Float64Array,
  xStart: number,
  i0: number,
  width: number,
  lower: boolean,
  unitDiagonal: boolean,
): void {
  const end = i0 + width;
  for (let step = 0; step < width; step++) {
    const i = lower ? i0 + step : end - 1 - step;
    const row = start + i * n;
    const known = lower ? i0 : i + 1;
    const value = x[xStart + i]! -
      dot(t, row + known, x, xStart + known, step);
    x[xStart + i] = unitDiagonal ? value : value / t[row + i]!;
  }
}
