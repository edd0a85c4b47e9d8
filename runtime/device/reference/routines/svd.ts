/**
 * Singular value decomposition.
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
  largestSize,
  norm,
  rotate,
  subtractProduct,
} from "./product.ts";
import { orthonormalColumns, reduceColumns } from "./qr.ts";
import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

const EPSILON = 2 ** -52;
const SWEEPS = 60;
/** Squared row norms, with the matrix scaled to one, that count as zero. */
const ZERO = 1e-290;

/** `A = U · diag(s) · Vᵀ` of one matrix with its vectors as rows. */
interface Decomposition {
  /** Left vectors as rows, `[k, m]`. */
  readonly left: Float64Array;
  /** Singular values, not sorted. */
  readonly values: Float64Array;
  /** Right vectors as rows, `[k, n]`. */
  readonly right: Float64Array;
}

/**
 * Decomposes each matrix of a batch as `A = U · diag(s) · Vᵀ`, reduced: with
 * `k = min(m, n)`, `U` is `m` by `k` and `V` is `n` by `k`, both with orthonormal
 * columns also where the rank is deficient.
 *
 * QR first, then one-sided Jacobi rotations of the rows of `R`, which finds also
 * small singular values to high relative accuracy. The first component of a left
 * vector that has at least half the size of its largest one is positive.
 *
 * @param input Matrices, row-major, `[...leading, m, n]`.
 * @param leading Sizes of the leading axes.
 * @param m Rows.
 * @param n Columns.
 * @returns `u`, `s` descending, and `vt` (`Vᵀ`, `k` by `n`).
 * @throws {NumericalError} A matrix holds NaN or infinity, or Jacobi's method does
 * not converge.
 */
export function* svdRoutine(
  input: Float64Array,
  leading: readonly number[],
  m: number,
  n: number,
): Work<{ u: Float64Array; s: Float64Array; vt: Float64Array }> {
  const k = Math.min(m, n);
  const count = batchCount(leading);
  const u = new Float64Array(count * m * k);
  const s = new Float64Array(count * k);
  const vt = new Float64Array(count * k * n);
  for (let index = 0; index < count; index++) {
    const start = index * m * n;
    const largest = largestSize(input, start, m * n);
    if (!(largest < Infinity)) {
      throw new NumericalError(
        `Cannot find singular values of ${
          matrixName(index, leading)
        } as it is not finite: largest size is ${largest}`,
        { hint: "Look for NaN or infinity in what the matrix is made from" },
      );
    }
    const scale = largest === 0
      ? 1
      : 2 ** Math.max(-1022, Math.floor(Math.log2(largest)));
    const a = input.slice(start, start + m * n);
    for (let i = 0; i < a.length; i++) a[i]! /= scale;

    let found: Decomposition | undefined;
    if (m >= n) {
      const columns = new Float64Array(m * n);
      yield* copyTransposedInSlices(a, 0, n, columns, 0, m, m, n);
      found = yield* decomposeTall(columns, m, n);
    } else {
      const turned = yield* decomposeTall(a, n, m);
      found = turned &&
        { left: turned.right, values: turned.values, right: turned.left };
    }
    if (found === undefined) {
      throw new NumericalError(
        `Cannot find singular values of ${
          matrixName(index, leading)
        }: Jacobi's method does not converge`,
        { actual: `${m} by ${n}, ${SWEEPS} sweeps` },
      );
    }
    const { left, values, right } = found;
    const order = Array.from(values.keys()).sort((i, j) =>
      values[j]! - values[i]!
    );
    const sorted = new Float64Array(k * m);
    order.forEach((from, to) => {
      s[index * k + to] = values[from]! * scale;
      const sign = canonicalSign(left, from * m, m);
      addMultiple(sign, left, from * m, sorted, to * m, m);
      addMultiple(sign, right, from * n, vt, (index * k + to) * n, n);
    });
    yield* copyTransposedInSlices(sorted, 0, m, u, index * m * k, k, k, m);
  }
  return { u, s, vt };
}

/** Decomposes an `m` by `n` matrix, `m >= n`, given by its columns as rows. */
function* decomposeTall(
  columns: Float64Array,
  m: number,
  n: number,
): Work<Decomposition | undefined> {
  const norms = Float64Array.from(
    { length: n },
    (_, j) => norm(columns, j * m, m),
  );
  // Long columns first: Jacobi's method then converges in few sweeps.
  const order = Array.from(norms.keys()).sort((i, j) => norms[j]! - norms[i]!);
  const sorted = new Float64Array(n * m);
  order.forEach((from, to) => {
    sorted.set(columns.subarray(from * m, (from + 1) * m), to * m);
  });
  const reflections = yield* reduceColumns(sorted, m, n);
  const rows = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i <= j; i++) rows[i * n + j] = sorted[j * m + i]!;
  }
  const turns = new Float64Array(n * n);
  for (let i = 0; i < n; i++) turns[i * n + i] = 1;
  if (!(yield* orthogonaliseRows(rows, turns, n))) return undefined;

  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const squared = dot(rows, i * n, rows, i * n, n);
    values[i] = squared > ZERO ? Math.sqrt(squared) : 0;
  }
  const normalised = yield* normaliseRows(rows, values, n);
  const right = new Float64Array(n * n);
  order.forEach((to, from) => {
    for (let i = 0; i < n; i++) right[i * n + to] = normalised[i * n + from]!;
  });

  const q = yield* orthonormalColumns(reflections, m, n);
  const qRows = new Float64Array(m * n);
  yield* copyTransposedInSlices(q, 0, m, qRows, 0, n, n, m);
  for (let i = 0; i < turns.length; i++) turns[i] = -turns[i]!;
  const left = new Float64Array(n * m);
  const rowsAtOnce = Math.max(4, Math.floor(SLICE_WORK / (8 * m * n)) * 4);
  for (let i = 0; i < n; i += rowsAtOnce) {
    const height = Math.min(rowsAtOnce, n - i);
    subtractProduct(left, i * m, m, turns, i * n, n, qRows, 0, n, height, m, n);
    yield;
  }
  return { left, values, right };
}

/**
 * Rotates pairs of rows until all are orthogonal to each other, and the rows of
 * a second matrix with them.
 *
 * @returns Whether that came to an end.
 */
function* orthogonaliseRows(
  rows: Float64Array,
  turns: Float64Array,
  n: number,
): Work<boolean> {
  const tolerance = EPSILON * Math.sqrt(n);
  const squared = new Float64Array(n);
  let work = 0;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 0; i < n; i++) squared[i] = dot(rows, i * n, rows, i * n, n);
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const a = squared[p]!;
        const b = squared[q]!;
        if (!(a > ZERO && b > ZERO)) continue;
        const c = dot(rows, p * n, rows, q * n, n);
        work += 2 * n;
        if (Math.abs(c) <= tolerance * Math.sqrt(a) * Math.sqrt(b)) continue;
        rotated = true;
        const zeta = (b - a) / (2 * c);
        const tangent = (zeta < 0 ? -1 : 1) /
          (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + tangent * tangent);
        const sine = cosine * tangent;
        rotate(rows, p * n, q * n, n, cosine, sine);
        rotate(turns, p * n, q * n, n, cosine, sine);
        squared[p] = normAfterTurn(rows, p * n, n, a, -tangent * c);
        squared[q] = normAfterTurn(rows, q * n, n, b, tangent * c);
        work += 12 * n;
      }
      if (work > SLICE_WORK) {
        work = 0;
        yield;
      }
    }
    if (!rotated) return true;
  }
  return false;
}

/** Squared norm of a row that a rotation changed, anew where digits cancel. */
function normAfterTurn(
  rows: Float64Array,
  start: number,
  n: number,
  before: number,
  change: number,
): number {
  const after = before + change;
  return after > 0.1 * before ? after : dot(rows, start, rows, start, n);
}

/** Rows of length one; rows of zeros are replaced by an orthonormal complement. */
function* normaliseRows(
  rows: Float64Array,
  norms: Float64Array,
  n: number,
): Work<Float64Array> {
  const unit = new Float64Array(n * n);
  const regular: number[] = [];
  for (let i = 0; i < n; i++) {
    if (norms[i] === 0) continue;
    regular.push(i);
    for (let j = 0; j < n; j++) unit[i * n + j] = rows[i * n + j]! / norms[i]!;
  }
  if (regular.length === n) return unit;
  const basis = new Float64Array(regular.length * n);
  regular.forEach((from, to) => {
    basis.set(unit.subarray(from * n, (from + 1) * n), to * n);
  });
  const reflections = yield* reduceColumns(basis, n, regular.length);
  const whole = yield* orthonormalColumns(reflections, n, n);
  let next = regular.length;
  for (let i = 0; i < n; i++) {
    if (norms[i] !== 0) continue;
    unit.set(whole.subarray(next * n, (next + 1) * n), i * n);
    next++;
  }
  return unit;
}
