/**
 * Matrices and comparisons for the tests of this folder.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Work } from "../../clock.ts";

/** A row-major matrix. */
export interface Matrix {
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly columns: number;
  /** Elements, row-major. */
  readonly data: Float64Array;
}

/**
 * A matrix from nested lists.
 *
 * @param lists Its rows.
 * @returns The matrix.
 */
export function matrix(lists: readonly (readonly number[])[]): Matrix {
  return {
    rows: lists.length,
    columns: lists[0]?.length ?? 0,
    data: Float64Array.from(lists.flat()),
  };
}

/**
 * A matrix from its elements.
 *
 * @param rows Rows.
 * @param columns Columns.
 * @param data Elements, row-major.
 * @returns The matrix.
 */
export function reshaped(
  rows: number,
  columns: number,
  data: Float64Array,
): Matrix {
  assert.equal(data.length, rows * columns);
  return { rows, columns, data };
}

/**
 * Reproducible numbers in (-1, 1), far from any pattern that a kernel has.
 *
 * @param length How many.
 * @param seed Any integer.
 * @returns The numbers.
 */
export function noise(length: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/**
 * A plain triple loop.
 *
 * @param a Left factor.
 * @param b Right factor.
 * @returns Their product.
 */
export function product(a: Matrix, b: Matrix): Matrix {
  assert.equal(a.columns, b.rows);
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.columns; j++) {
      let sum = 0;
      for (let k = 0; k < a.columns; k++) {
        sum += a.data[i * a.columns + k]! * b.data[k * b.columns + j]!;
      }
      data[i * b.columns + j] = sum;
    }
  }
  return { rows: a.rows, columns: b.columns, data };
}

/**
 * The transpose.
 *
 * @param a A matrix.
 * @returns Its transpose.
 */
export function transposed(a: Matrix): Matrix {
  const data = new Float64Array(a.data.length);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.columns; j++) {
      data[j * a.rows + i] = a.data[i * a.columns + j]!;
    }
  }
  return { rows: a.columns, columns: a.rows, data };
}

/**
 * The identity.
 *
 * @param n Its order.
 * @returns The matrix.
 */
export function identity(n: number): Matrix {
  return diagonal(new Float64Array(n).fill(1));
}

/**
 * A diagonal matrix.
 *
 * @param values Its diagonal.
 * @returns The matrix.
 */
export function diagonal(values: Float64Array): Matrix {
  const n = values.length;
  const data = new Float64Array(n * n);
  values.forEach((value, i) => data[i * n + i] = value);
  return { rows: n, columns: n, data };
}

/**
 * A well conditioned symmetric positive definite matrix.
 *
 * @param n Its order.
 * @param seed Any integer.
 * @returns The matrix.
 */
export function positiveDefinite(n: number, seed: number): Matrix {
  const g = reshaped(n, n, noise(n * n, seed));
  const a = product(g, transposed(g));
  for (let i = 0; i < n; i++) a.data[i * (n + 1)]! += n / 10 + 0.1;
  return a;
}

/**
 * Asserts that two lists of numbers agree element by element.
 *
 * @param actual What came.
 * @param expected What is right.
 * @param tolerance Largest difference, relative to the largest expected size or 1.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  assert.equal(actual.length, expected.length);
  let scale = 1;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(
      difference <= tolerance * scale,
      `element ${i}: ${actual[i]} instead of ${expected[i]}`,
    );
  }
}

/**
 * Runs a computation to its end without a pause.
 *
 * @param work The computation.
 * @returns What it computed.
 */
export function runToEnd<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
