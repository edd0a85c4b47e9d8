/**
 * The one inner loop on which the blocked factorisations stand.
 *
 * @module
 */

import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

/**
 * Subtracts a product with a transposed matrix in place: `C -= A · Bᵀ`.
 *
 * Both factors are walked along their rows, which are contiguous, and a tile of
 * 4 × 4 results is kept in registers.
 *
 * @param c Holds `C`, `m` by `n`.
 * @param cStart Index of its first element.
 * @param cStride Distance between its rows.
 * @param a Holds `A`, `m` by `k`.
 * @param aStart Index of its first element.
 * @param aStride Distance between its rows.
 * @param b Holds `B`, `n` by `k`.
 * @param bStart Index of its first element.
 * @param bStride Distance between its rows.
 * @param m Rows of `C`.
 * @param n Columns of `C`.
 * @param k Length of the sums.
 */
export function subtractProduct(
  c: Float64Array,
  cStart: number,
  cStride: number,
  a: Float64Array,
  aStart: number,
  aStride: number,
  b: Float64Array,
  bStart: number,
  bStride: number,
  m: number,
  n: number,
  k: number,
): void {
  const wholeRows = m - (m % 4);
  const wholeColumns = n - (n % 4);
  for (let j = 0; j < wholeColumns; j += 4) {
    const b0 = bStart + j * bStride;
    const b1 = b0 + bStride;
    const b2 = b1 + bStride;
    const b3 = b2 + bStride;
    for (let i = 0; i < wholeRows; i += 4) {
      const a0 = aStart + i * aStride;
      const a1 = a0 + aStride;
      const a2 = a1 + aStride;
      const a3 = a2 + aStride;
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0;
      let s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      let s20 = 0, s21 = 0, s22 = 0, s23 = 0;
      let s30 = 0, s31 = 0, s32 = 0, s33 = 0;
      for (let p = 0; p < k; p++) {
        const x0 = a[a0 + p]!, x1 = a[a1 + p]!;
        const x2 = a[a2 + p]!, x3 = a[a3 + p]!;
        let y = b[b0 + p]!;
        s00 += x0 * y;
        s10 += x1 * y;
        s20 += x2 * y;
        s30 += x3 * y;
        y = b[b1 + p]!;
        s01 += x0 * y;
        s11 += x1 * y;
        s21 += x2 * y;
        s31 += x3 * y;
        y = b[b2 + p]!;
        s02 += x0 * y;
        s12 += x1 * y;
        s22 += x2 * y;
        s32 += x3 * y;
        y = b[b3 + p]!;
        s03 += x0 * y;
        s13 += x1 * y;
        s23 += x2 * y;
        s33 += x3 * y;
      }
      let at = cStart + i * cStride + j;
      c[at]! -= s00;
      c[at + 1]! -= s01;
      c[at + 2]! -= s02;
      c[at + 3]! -= s03;
      at += cStride;
      c[at]! -= s10;
      c[at + 1]! -= s11;
      c[at + 2]! -= s12;
      c[at + 3]! -= s13;
      at += cStride;
      c[at]! -= s20;
      c[at + 1]! -= s21;
      c[at + 2]! -= s22;
      c[at + 3]! -= s23;
      at += cStride;
      c[at]! -= s30;
      c[at + 1]! -= s31;
      c[at + 2]! -= s32;
      c[at + 3]! -= s33;
    }
  }
  for (let i = 0; i < m; i++) {
    const from = i < wholeRows ? wholeColumns : 0;
    const row = aStart + i * aStride;
    for (let j = from; j < n; j++) {
      c[cStart + i * cStride + j]! -= dot(a, row, b, bStart + j * bStride, k);
    }
  }
}

/**
 * Inner product of two contiguous runs.
 *
 * @param a Holds the first run.
 * @param aStart Index of its first element.
 * @param b Holds the second run.
 * @param bStart Index of its first element.
 * @param length Elements of each run.
 * @returns The sum of the products, in order.
 */
export function dot(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  length: number,
): number {
  let sum = 0;
  for (let p = 0; p < length; p++) sum += a[aStart + p]! * b[bStart + p]!;
  return sum;
}

/**
 * Adds a multiple of one contiguous run to another: `y += factor · x`.
 *
 * @param factor The multiple.
 * @param x Holds what is added.
 * @param xStart Index of its first element.
 * @param y Holds what is added to.
 * @param yStart Index of its first element.
 * @param length Elements of each run.
 */
export function addMultiple(
  factor: number,
  x: Float64Array,
  xStart: number,
  y: Float64Array,
  yStart: number,
  length: number,
): void {
  for (let p = 0; p < length; p++) y[yStart + p]! += factor * x[xStart + p]!;
}

/**
 * Euclidean norm of a contiguous run, without overflow or underflow on the way.
 *
 * @param x Holds the run.
 * @param start Index of its first element.
 * @param length Elements of the run.
 * @returns The square root of the sum of squares.
 */
export function norm(x: Float64Array, start: number, length: number): number {
  const sum = dot(x, start, x, start, length);
  if (sum > 1e-280 && sum < 1e300) return Math.sqrt(sum);
  const largest = largestSize(x, start, length);
  if (largest === 0 || !(largest < Infinity)) return largest;
  let scaled = 0;
  for (let p = 0; p < length; p++) {
    const ratio = x[start + p]! / largest;
    scaled += ratio * ratio;
  }
  return largest * Math.sqrt(scaled);
}

/**
 * Copies a matrix transposed.
 *
 * @param from Holds the matrix, `rows` by `columns`.
 * @param fromStart Index of its first element.
 * @param fromStride Distance between its rows.
 * @param to Receives the transpose, `columns` by `rows`.
 * @param toStart Index of its first element.
 * @param toStride Distance between its rows.
 * @param rows Rows of the matrix.
 * @param columns Columns of the matrix.
 */
export function copyTransposed(
  from: Float64Array,
  fromStart: number,
  fromStride: number,
  to: Float64Array,
  toStart: number,
  toStride: number,
  rows: number,
  columns: number,
): void {
  const tile = 32;
  for (let i0 = 0; i0 < rows; i0 += tile) {
    const i1 = Math.min(i0 + tile, rows);
    for (let j0 = 0; j0 < columns; j0 += tile) {
      const j1 = Math.min(j0 + tile, columns);
      for (let i = i0; i < i1; i++) {
        for (let j = j0; j < j1; j++) {
          to[toStart + j * toStride + i] =
            from[fromStart + i * fromStride + j]!;
        }
      }
    }
  }
}

/**
 * Length of the hypotenuse, without overflow or underflow on the way.
 *
 * @param a One leg.
 * @param b The other leg.
 * @returns `sqrt(a² + b²)`.
 */
export function hypotenuse(a: number, b: number): number {
  const sum = a * a + b * b;
  // Math.hypot is many times slower, and only needed at the edges.
  return sum > 1e-280 && sum < 1e300 ? Math.sqrt(sum) : Math.hypot(a, b);
}

/**
 * Rotates two contiguous runs in place: `(x, y)` becomes `(c·x - s·y, s·x + c·y)`.
 *
 * @param x Holds both runs.
 * @param first Index of the first element of the one.
 * @param second Index of the first element of the other.
 * @param length Elements of each run.
 * @param cosine Cosine of the angle.
 * @param sine Sine of the angle.
 */
export function rotate(
  x: Float64Array,
  first: number,
  second: number,
  length: number,
  cosine: number,
  sine: number,
): void {
  for (let p = 0; p < length; p++) {
    const u = x[first + p]!;
    const v = x[second + p]!;
    x[first + p] = cosine * u - sine * v;
    x[second + p] = sine * u + cosine * v;
  }
}

/**
 * The same as {@linkcode copyTransposed}, with pauses.
 *
 * @param from Holds the matrix, `rows` by `columns`.
 * @param fromStart Index of its first element.
 * @param fromStride Distance between its rows.
 * @param to Receives the transpose, `columns` by `rows`.
 * @param toStart Index of its first element.
 * @param toStride Distance between its rows.
 * @param rows Rows of the matrix.
 * @param columns Columns of the matrix.
 */
export function* copyTransposedInSlices(
  from: Float64Array,
  fromStart: number,
  fromStride: number,
  to: Float64Array,
  toStart: number,
  toStride: number,
  rows: number,
  columns: number,
): Work {
  const atOnce = Math.max(32, Math.floor(SLICE_WORK / (8 * columns)));
  for (let i = 0; i < rows; i += atOnce) {
    copyTransposed(
      from,
      fromStart + i * fromStride,
      fromStride,
      to,
      toStart + i,
      toStride,
      Math.min(atOnce, rows - i),
      columns,
    );
    yield;
  }
}

/**
 * Largest absolute value of a contiguous run.
 *
 * @param x Holds the run.
 * @param start Index of its first element.
 * @param length Elements of the run.
 * @returns The largest size, 0 for an empty run, NaN where there is one.
 */
export function largestSize(
  x: Float64Array,
  start: number,
  length: number,
): number {
  let largest = 0;
  for (let p = 0; p < length; p++) {
    const size = Math.abs(x[start + p]!);
    if (!(size <= largest)) {
      if (Number.isNaN(size)) return size;
      largest = size;
    }
  }
  return largest;
}

/**
 * Fixes the sign of a vector that is only known up to its sign: the first
 * component of at least half the largest size becomes positive. The margin keeps
 * rounding from deciding between components of equal size.
 *
 * @param x Holds the vector.
 * @param start Index of its first element.
 * @param length Its elements.
 * @returns -1 if the vector is to be negated, else 1.
 */
export function canonicalSign(
  x: Float64Array,
  start: number,
  length: number,
): 1 | -1 {
  const bound = largestSize(x, start, length) / 2;
  for (let p = 0; p < length; p++) {
    const value = x[start + p]!;
    if (Math.abs(value) >= bound) return value < 0 ? -1 : 1;
  }
  return 1;
}
