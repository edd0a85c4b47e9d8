/**
 * Eigendecomposition of symmetric matrices.
 *
 * @module
 */

import { NumericalError } from "../../../core/errors.ts";
import { batchCount, matrixName } from "./batch.ts";
import {
  addMultiple,
  canonicalSign,
  copyTransposedInSlices,
  dot,
  hypotenuse,
  largestSize,
  rotate,
} from "./product.ts";
import { applyReflection, reflect } from "./qr.ts";
import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

const EPSILON = 2 ** -52;
const STEPS_PER_EIGENVALUE = 60;

/**
 * Decomposes each symmetric matrix of a batch as `A = V · diag(w) · Vᵀ`:
 * Householder tridiagonalisation, then implicit QL with Wilkinson's shift.
 *
 * Only the lower triangle of the input is read. The first component of an
 * eigenvector that has at least half the size of its largest one is positive.
 *
 * @param input Matrices, row-major, `[...leading, n, n]`.
 * @param leading Sizes of the leading axes.
 * @param n Order of the matrices.
 * @returns `values` ascending, `[...leading, n]`; `vectors` as columns,
 * `[...leading, n, n]`.
 * @throws {NumericalError} A matrix holds NaN or infinity, or QL does not converge.
 */
export function* eighRoutine(
  input: Float64Array,
  leading: readonly number[],
  n: number,
): Work<{ values: Float64Array; vectors: Float64Array }> {
  const count = batchCount(leading);
  const values = new Float64Array(count * n);
  const vectors = new Float64Array(count * n * n);
  for (let index = 0; index < count; index++) {
    const a = input.slice(index * n * n, (index + 1) * n * n);
    const scale = scaleLowerTriangle(a, n);
    if (!(scale < Infinity)) {
      throw new NumericalError(
        `Cannot find eigenvalues of ${
          matrixName(index, leading)
        } as it is not finite: largest size is ${scale}`,
        { hint: "Look for NaN or infinity in what the matrix is made from" },
      );
    }
    const { diagonal, below, scales } = yield* tridiagonalise(a, n);
    const rows = yield* accumulate(a, scales, n);
    const converged = yield* diagonalise(diagonal, below, rows, n);
    if (!converged) {
      throw new NumericalError(
        `Cannot find eigenvalues of ${
          matrixName(index, leading)
        }: the QL iteration does not converge`,
        { actual: `order ${n}, ${STEPS_PER_EIGENVALUE} steps for one value` },
      );
    }
    const order = Array.from(diagonal.keys()).sort((i, j) =>
      diagonal[i]! - diagonal[j]!
    );
    const sorted = new Float64Array(n * n);
    order.forEach((from, to) => {
      values[index * n + to] = diagonal[from]! * scale;
      const sign = canonicalSign(rows, from * n, n);
      addMultiple(sign, rows, from * n, sorted, to * n, n);
    });
    const at = index * n * n;
    yield* copyTransposedInSlices(sorted, 0, n, vectors, at, n, n, n);
  }
  return { values, vectors };
}

/** Divides by the power of two next to the largest size, which is returned. */
function scaleLowerTriangle(a: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    const size = largestSize(a, i * n, i + 1);
    if (!(size < Infinity)) return size;
    largest = Math.max(largest, size);
  }
  if (largest === 0) return 1;
  const scale = 2 ** Math.max(-1022, Math.floor(Math.log2(largest)));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) a[i * n + j]! /= scale;
  }
  return scale;
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `below[i]` stands between `i` and `i + 1`. */
  readonly below: Float64Array;
  readonly scales: Float64Array;
}

/**
 * Reduces to tridiagonal form; row `k` of the upper triangle of `a` becomes the
 * vector of reflection `k`, so that it is contiguous.
 */
function* tridiagonalise(a: Float64Array, n: number): Work<Tridiagonal> {
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  const scales = new Float64Array(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  let work = 0;
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k]!;
    const length = n - k - 1;
    if (length === 0) break;
    for (let i = 0; i < length; i++) v[i] = a[(k + 1 + i) * n + k]!;
    const scale = reflect(v, 0, length);
    below[k] = v[0]!;
    scales[k] = scale;
    v[0] = 1;
    a.set(v.subarray(0, length), k * n + k + 1);
    if (scale !== 0) {
      updateTrailing(a, n, k + 1, length, scale, v, w);
      work += 4 * length * length;
      if (work > SLICE_WORK) {
        work = 0;
        yield;
      }
    }
  }
  return { diagonal, below, scales };
}

/** `A -= v · wᵀ + w · vᵀ` on the lower triangle that starts at `first`. */
function updateTrailing(
  a: Float64Array,
  n: number,
  first: number,
  length: number,
  scale: number,
  v: Float64Array,
  w: Float64Array,
): void {
  w.fill(0, 0, length);
  for (let i = 0; i < length; i++) {
    const row = (first + i) * n + first;
    w[i]! += dot(a, row, v, 0, i + 1);
    addMultiple(v[i]!, a, row, w, 0, i);
  }
  for (let i = 0; i < length; i++) w[i]! *= scale;
  addMultiple(-scale / 2 * dot(w, 0, v, 0, length), v, 0, w, 0, length);
  for (let i = 0; i < length; i++) {
    const row = (first + i) * n + first;
    addMultiple(-v[i]!, w, 0, a, row, i + 1);
    addMultiple(-w[i]!, v, 0, a, row, i + 1);
  }
}

/** The orthogonal matrix of the reduction, with its columns as rows. */
function* accumulate(
  a: Float64Array,
  scales: Float64Array,
  n: number,
): Work<Float64Array> {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  let work = 0;
  for (let k = n - 2; k >= 0; k--) {
    const length = n - k - 1;
    for (let j = k + 1; j < n; j++) {
      applyReflection(
        a,
        k * n + k + 1,
        scales[k]!,
        rows,
        j * n + k + 1,
        length,
      );
    }
    work += 4 * length * length;
    if (work > SLICE_WORK) {
      work = 0;
      yield;
    }
  }
  return rows;
}

/**
 * Implicit QL on a tridiagonal matrix of norm about one; rotations also turn the
 * rows of the eigenvector matrix.
 *
 * @returns Whether all eigenvalues were found.
 */
function* diagonalise(
  d: Float64Array,
  e: Float64Array,
  rows: Float64Array,
  n: number,
): Work<boolean> {
  const negligible = EPSILON * 2 ** -10 *
    Math.max(largestSize(d, 0, n), largestSize(e, 0, n));
  let work = 0;
  for (let l = 0; l < n; l++) {
    for (let step = 0;; step++) {
      const end = endOfBlock(d, e, l, n, negligible);
      if (end === l) break;
      if (step === STEPS_PER_EIGENVALUE) return false;
      sweep(d, e, rows, n, l, end);
      work += 6 * n * (end - l);
      if (work > SLICE_WORK) {
        work = 0;
        yield;
      }
    }
  }
  return true;
}

/** First index from `l` on whose coupling to the next one may be dropped. */
function endOfBlock(
  d: Float64Array,
  e: Float64Array,
  l: number,
  n: number,
  negligible: number,
): number {
  for (let m = l; m < n - 1; m++) {
    const coupling = Math.abs(e[m]!);
    const near = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
    if (coupling <= EPSILON * near || coupling <= negligible) return m;
  }
  return n - 1;
}

/** One QL step: chases the bulge of a shifted rotation from `end` up to `l`. */
function sweep(
  d: Float64Array,
  e: Float64Array,
  rows: Float64Array,
  n: number,
  l: number,
  end: number,
): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = hypotenuse(half, 1);
  const shift = d[l]! - e[l]! / (half + (half < 0 ? -root : root));
  let bulge = d[end]! - shift;
  let cosine = 1;
  let sine = 1;
  let carried = 0;
  for (let i = end - 1; i >= l; i--) {
    const out = sine * e[i]!;
    const kept = cosine * e[i]!;
    const radius = hypotenuse(out, bulge);
    e[i + 1] = radius;
    if (radius === 0) {
      // The bulge vanished early: the block falls apart here.
      d[i + 1]! -= carried;
      e[end] = 0;
      return;
    }
    sine = out / radius;
    cosine = bulge / radius;
    const lowered = d[i + 1]! - carried;
    const mixed = (d[i]! - lowered) * sine + 2 * cosine * kept;
    carried = sine * mixed;
    d[i + 1] = lowered + carried;
    bulge = cosine * mixed - kept;
    rotate(rows, i * n, (i + 1) * n, n, cosine, sine);
  }
  d[l]! -= carried;
  e[l] = bulge;
  e[end] = 0;
}
