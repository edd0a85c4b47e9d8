/**
 * QR factorisation by Householder reflections.
 *
 * @module
 */

import { batchCount } from "./batch.ts";
import {
  addMultiple,
  copyTransposedInSlices,
  dot,
  hypotenuse,
  norm,
} from "./product.ts";
import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

/** `A = Q · R` of one matrix, with the columns of `A` as rows. */
interface Reflections {
  /** Row `j` holds column `j` of `R` up to the diagonal, then reflection `j`. */
  readonly columns: Float64Array;
  /** Scales of the reflections: `H = I - scale · v · vᵀ`, `v` begins with 1. */
  readonly scales: Float64Array;
}

/**
 * Reduces a matrix, given by its columns, to triangular form in place.
 *
 * The signs are LAPACK's: a diagonal element of `R` has the opposite sign of the
 * element that it comes from.
 *
 * @param columns Columns as rows, `[n, m]`; overwritten.
 * @param m Length of the columns.
 * @param n Columns.
 * @returns The same array, and the scales of the reflections.
 */
export function* reduceColumns(
  columns: Float64Array,
  m: number,
  n: number,
): Work<Reflections> {
  const steps = Math.min(m, n);
  const scales = new Float64Array(steps);
  let work = 0;
  for (let k = 0; k < steps; k++) {
    scales[k] = reflect(columns, k * m + k, m - k);
    const kept = columns[k * m + k]!;
    columns[k * m + k] = 1;
    for (let j = k + 1; j < n; j++) {
      applyReflection(
        columns,
        k * m + k,
        scales[k]!,
        columns,
        j * m + k,
        m - k,
      );
      work += 4 * (m - k);
      if (work > SLICE_WORK) {
        work = 0;
        yield;
      }
    }
    columns[k * m + k] = kept;
  }
  return { columns, scales };
}

/**
 * Turns a run `x` into the reflection that maps it to `(beta, 0, …, 0)`.
 *
 * @param x Holds the run; it becomes `(beta, v[1], v[2], …)`.
 * @param start Index of its first element.
 * @param length Elements of the run.
 * @returns The scale of the reflection `I - scale · v · vᵀ`, with `v[0] = 1`.
 */
export function reflect(
  x: Float64Array,
  start: number,
  length: number,
): number {
  const first = x[start]!;
  const rest = norm(x, start + 1, length - 1);
  if (rest === 0) return 0;
  const size = hypotenuse(first, rest);
  const beta = first >= 0 ? -size : size;
  const divisor = first - beta;
  for (let p = 1; p < length; p++) x[start + p]! /= divisor;
  x[start] = beta;
  return (beta - first) / beta;
}

/**
 * Applies a reflection to a run in place: `x -= scale · (v · x) · v`.
 *
 * @param v Holds the reflection's vector.
 * @param vStart Index of its first element.
 * @param scale The reflection's scale.
 * @param x Holds the run.
 * @param xStart Index of its first element.
 * @param length Elements of each.
 */
export function applyReflection(
  v: Float64Array,
  vStart: number,
  scale: number,
  x: Float64Array,
  xStart: number,
  length: number,
): void {
  if (scale === 0) return;
  const along = dot(v, vStart, x, xStart, length);
  addMultiple(-scale * along, v, vStart, x, xStart, length);
}

/**
 * The first columns of the orthogonal matrix that reflections make.
 *
 * @param reflections What {@linkcode reduceColumns} returned.
 * @param m Length of the columns.
 * @param wanted How many columns, from the scales' count up to `m`.
 * @returns Orthonormal columns as rows, `[wanted, m]`.
 */
export function* orthonormalColumns(
  { columns, scales }: Reflections,
  m: number,
  wanted: number,
): Work<Float64Array> {
  const q = new Float64Array(wanted * m);
  for (let j = 0; j < wanted; j++) q[j * m + j] = 1;
  let work = 0;
  for (let k = scales.length - 1; k >= 0; k--) {
    const kept = columns[k * m + k]!;
    columns[k * m + k] = 1;
    for (let j = k; j < wanted; j++) {
      applyReflection(columns, k * m + k, scales[k]!, q, j * m + k, m - k);
      work += 4 * (m - k);
      if (work > SLICE_WORK) {
        work = 0;
        yield;
      }
    }
    columns[k * m + k] = kept;
  }
  return q;
}

/**
 * Factors each matrix of a batch as `A = Q · R`, reduced: with `k = min(m, n)`,
 * `Q` is `m` by `k` with orthonormal columns, `R` is `k` by `n`, upper triangular.
 *
 * @param input Matrices, row-major, `[...leading, m, n]`.
 * @param leading Sizes of the leading axes.
 * @param m Rows.
 * @param n Columns.
 * @returns `q` as `[...leading, m, k]` and `r` as `[...leading, k, n]`.
 */
export function* qrRoutine(
  input: Float64Array,
  leading: readonly number[],
  m: number,
  n: number,
): Work<{ q: Float64Array; r: Float64Array }> {
  const k = Math.min(m, n);
  const count = batchCount(leading);
  const q = new Float64Array(count * m * k);
  const r = new Float64Array(count * k * n);
  for (let index = 0; index < count; index++) {
    const columns = new Float64Array(n * m);
    yield* copyTransposedInSlices(input, index * m * n, n, columns, 0, m, m, n);
    const reflections = yield* reduceColumns(columns, m, n);
    const vectors = yield* orthonormalColumns(reflections, m, k);
    yield* copyTransposedInSlices(vectors, 0, m, q, index * m * k, k, k, m);
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < Math.min(j + 1, k); i++) {
        r[index * k * n + i * n + j] = columns[j * m + i]!;
      }
    }
  }
  return { q, r };
}
