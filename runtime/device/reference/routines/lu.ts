/**
 * LU factorisation with partial pivoting, and what is solved with it.
 *
 * @module
 */

import { NumericalError } from "../../../core/errors.ts";
import { batchCount, matrixName } from "./batch.ts";
import {
  addMultiple,
  copyTransposed,
  copyTransposedInSlices,
  subtractProduct,
} from "./product.ts";
import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";
import { solveRows } from "./triangular_solve.ts";

const BLOCK = 32;

/** `P · A = L · U` of one matrix. */
export interface LuFactors {
  /** `L` below the diagonal (its diagonal is ones), `U` on and above it. */
  readonly packed: Float64Array;
  /** `rows[i]` is the row of `A` that became row `i`. */
  readonly rows: Int32Array;
  /** Determinant of `P`: 1 or -1. */
  readonly sign: 1 | -1;
  /** First column without a usable pivot, or -1 for a regular matrix. */
  readonly singularAt: number;
}

/**
 * Factors one matrix as `P · A = L · U`, right-looking by panels.
 *
 * @param input Holds the matrix, row-major.
 * @param start Index of its first element.
 * @param n Order of the matrix.
 * @returns The factors; a singular matrix is factored as far as it goes.
 */
export function* factorLu(
  input: Float64Array,
  start: number,
  n: number,
): Work<LuFactors> {
  const a = input.slice(start, start + n * n);
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  const right = new Float64Array(BLOCK * n);
  let sign: 1 | -1 = 1;
  let singularAt = -1;
  for (let j0 = 0; j0 < n; j0 += BLOCK) {
    const width = Math.min(BLOCK, n - j0);
    const end = j0 + width;
    for (let j = j0; j < end; j++) {
      const chosen = largestInColumn(a, n, j);
      if (!(Math.abs(a[chosen * n + j]!) > 0)) {
        if (singularAt < 0) singularAt = j;
        continue;
      }
      if (chosen !== j) {
        swapRows(a, n, chosen, j);
        const kept = rows[j]!;
        rows[j] = rows[chosen]!;
        rows[chosen] = kept;
        sign = sign === 1 ? -1 : 1;
      }
      eliminateWithinPanel(a, n, j, end);
    }
    yield;
    if (end === n) break;
    // Rows of U right of the panel: unit lower triangular solve.
    for (let i = j0 + 1; i < end; i++) {
      for (let k = j0; k < i; k++) {
        addMultiple(-a[i * n + k]!, a, k * n + end, a, i * n + end, n - end);
      }
    }
    copyTransposed(a, j0 * n + end, n, right, 0, width, width, n - end);
    const rowsAtOnce = Math.max(
      4,
      Math.floor(SLICE_WORK / (8 * width * (n - end))) * 4,
    );
    for (let i = end; i < n; i += rowsAtOnce) {
      subtractProduct(
        a,
        i * n + end,
        n,
        a,
        i * n + j0,
        n,
        right,
        0,
        width,
        Math.min(rowsAtOnce, n - i),
        n - end,
        width,
      );
      yield;
    }
  }
  return { packed: a, rows, sign, singularAt };
}

function largestInColumn(a: Float64Array, n: number, j: number): number {
  let chosen = j;
  let largest = Math.abs(a[j * n + j]!);
  for (let i = j + 1; i < n; i++) {
    const size = Math.abs(a[i * n + j]!);
    // A NaN is taken at once, so that it is not passed over in silence.
    if (size > largest || Number.isNaN(size)) {
      chosen = i;
      largest = size;
    }
  }
  return chosen;
}

function swapRows(a: Float64Array, n: number, i: number, j: number): void {
  for (let k = 0; k < n; k++) {
    const kept = a[i * n + k]!;
    a[i * n + k] = a[j * n + k]!;
    a[j * n + k] = kept;
  }
}

function eliminateWithinPanel(
  a: Float64Array,
  n: number,
  j: number,
  end: number,
): void {
  const pivot = a[j * n + j]!;
  for (let i = j + 1; i < n; i++) {
    const factor = a[i * n + j]! / pivot;
    a[i * n + j] = factor;
    addMultiple(-factor, a, j * n + j + 1, a, i * n + j + 1, end - j - 1);
  }
}

/**
 * Solves `A · X = B` for each pair of a batch by LU with partial pivoting.
 *
 * @param matrices Square matrices, row-major, `[...leading, n, n]`.
 * @param rightSides Right-hand sides, `[...leading, n, m]`.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrices.
 * @param m Right-hand sides of each matrix.
 * @returns Solutions, `[...leading, n, m]`.
 * @throws {NumericalError} A matrix is singular, or holds NaN or infinity.
 */
export function* solveRoutine(
  matrices: Float64Array,
  rightSides: Float64Array,
  leading: readonly number[],
  n: number,
  m: number,
): Work<Float64Array> {
  const solution = new Float64Array(rightSides.length);
  const columns = new Float64Array(n * m);
  const permuted = new Float64Array(n * m);
  const count = batchCount(leading);
  for (let index = 0; index < count; index++) {
    const lu = yield* factorLu(matrices, index * n * n, n);
    if (lu.singularAt >= 0) {
      throw singularError(lu, matrixName(index, leading));
    }
    for (let i = 0; i < n; i++) {
      const from = (index * n + lu.rows[i]!) * m;
      permuted.set(rightSides.subarray(from, from + m), i * m);
    }
    yield* copyTransposedInSlices(permuted, 0, m, columns, 0, n, n, m);
    yield* solveRows(lu.packed, 0, columns, n, m, true, true);
    yield* solveRows(lu.packed, 0, columns, n, m, false, false);
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

function singularError(lu: LuFactors, name: string): NumericalError {
  const n = lu.rows.length;
  const value = lu.packed[lu.singularAt * (n + 1)]!;
  return new NumericalError(
    `Cannot solve with ${name} as it is singular: pivot ${lu.singularAt} is ${value}`,
    {
      expected: "a regular matrix of finite numbers",
      hint: Number.isNaN(value)
        ? "Look for NaN or infinity in what the matrix is made from"
        : "Remove linearly dependent rows or columns, or add a small multiple of the identity",
    },
  );
}

/** Determinants of a batch, in three forms. */
export interface Determinants {
  /** -1, 0 or 1. */
  readonly sign: Float64Array;
  /** Logarithm of the absolute value; `-Infinity` for sign 0. */
  readonly logAbsolute: Float64Array;
  /** The determinant itself, which may overflow or underflow. */
  readonly determinant: Float64Array;
}

/**
 * The determinant of each matrix of a batch.
 *
 * @param matrices Square matrices, row-major, `[...leading, n, n]`.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrices.
 * @returns For each matrix its determinant, as it is and as sign and logarithm.
 */
export function* determinantRoutine(
  matrices: Float64Array,
  leading: readonly number[],
  n: number,
): Work<Determinants> {
  const count = batchCount(leading);
  const sign = new Float64Array(count);
  const logAbsolute = new Float64Array(count);
  const determinant = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const lu = yield* factorLu(matrices, index * n * n, n);
    // A product with a zero pivot could come out as -0.
    let s: number = lu.singularAt < 0 ? lu.sign : 0;
    let log = 0;
    let whole = s;
    for (let i = 0; i < n; i++) {
      const pivot = lu.packed[i * (n + 1)]!;
      if (s !== 0) s *= Math.sign(pivot);
      log += Math.log(Math.abs(pivot));
      if (s !== 0) whole *= pivot;
    }
    sign[index] = s;
    logAbsolute[index] = log;
    determinant[index] = whole;
  }
  return { sign, logAbsolute, determinant };
}
