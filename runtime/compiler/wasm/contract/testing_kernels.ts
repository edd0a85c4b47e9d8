/**
 * Contractions and data for tests.
 *
 * @module
 */

import {
  allocate,
  type DType,
  isFloatDType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { type Expr, ExprPool } from "../../ir/expr.ts";
import type {
  ContractKernel,
  KernelStore,
  Operand,
  ScalarOperand,
} from "../../ir/kernel.ts";

/** A view of an operand: by how much its index grows along each axis. */
export interface View {
  /** Dtype of the operand. */
  readonly dtype: DType;
  /** Steps along the axes; 0 where the view does not depend on one. */
  readonly steps: readonly number[];
  /** Element at the start of all axes. */
  readonly start?: number;
}

/** What the epilogue of a test is made from. */
export interface EpilogueParts {
  /** The pool. */
  readonly pool: ExprPool;
  /** Positions along the axes. */
  readonly axes: readonly Expr[];
  /** The sum. */
  readonly sum: Expr;
  /** Row-major index over all axes but the last. */
  readonly index: Expr;
}

/** A contraction for a test. */
export interface ContractionOptions {
  /** Lengths of the axes. */
  readonly axes: readonly number[];
  /** Dtype of the sum. */
  readonly dtype: DType;
  /** The left factor: operand 0. */
  readonly left: View;
  /** The right factor: operand 1. */
  readonly right: View;
  /** Makes a factor of what was loaded; by default it is that. */
  readonly factor?: (pool: ExprPool, loaded: Expr, side: 0 | 1) => Expr;
  /** Further operands. */
  readonly more?: readonly { dtype: DType; size: number }[];
  /** Scalars. */
  readonly scalars?: readonly ScalarOperand[];
  /** Outputs; by default one of the dtype of the sum. */
  readonly outputs?: readonly DType[];
  /** The epilogue; by default the sum is stored, row-major. */
  readonly stores?: (parts: EpilogueParts) => KernelStore[];
}

/**
 * A sum of multiples, as an index.
 *
 * @param pool The pool.
 * @param terms What is added, and how often.
 * @param start A number that is added.
 * @returns The index.
 */
export function indexOf(
  pool: ExprPool,
  terms: readonly (readonly [Expr, number])[],
  start = 0,
): Expr {
  let total = pool.size(start);
  for (const [expr, step] of terms) {
    if (step === 0) continue;
    const term = pool.make("multiply", "i32", [expr, pool.size(step)]);
    total = pool.make("add", "i32", [total, term]);
  }
  return total;
}

/**
 * A contraction.
 *
 * @param options What it is.
 * @returns The kernel.
 */
export function contraction(options: ContractionOptions): ContractKernel {
  const pool = new ExprPool();
  const { dtype } = options;
  const axes = options.axes.map((_, axis) => pool.axis(axis));
  const operands: Operand[] = [];
  const factors = [options.left, options.right].map((view, side) => {
    const { steps, start = 0 } = view;
    let last = start;
    options.axes.forEach((length, axis) =>
      last += (length - 1) * Math.max(0, steps[axis]!)
    );
    operands.push({ buffer: side, dtype: view.dtype, size: last + 1 });
    const index = indexOf(
      pool,
      axes.map((axis, k) => [axis, steps[k]!]),
      start,
    );
    const loaded = pool.load(side, view.dtype, index);
    return options.factor?.(pool, loaded, side as 0 | 1) ?? loaded;
  });
  options.more?.forEach(({ dtype, size }) =>
    operands.push({ buffer: operands.length, dtype, size })
  );
  const index = indexOf(
    pool,
    axes.slice(0, -1).map((axis, k) => [axis, stepOf(options.axes, k)]),
  );
  const sum = pool.make("reduced", dtype, [], 0);
  const size = options.axes.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    name: "test",
    node: 0,
    nodes: [0],
    kind: "contract",
    pool,
    axes: options.axes,
    operands,
    scalars: options.scalars ?? [],
    outputs: (options.outputs ?? [dtype]).map((one, k) => ({
      buffer: operands.length + k,
      dtype: one,
      size,
    })),
    inPlace: [],
    flops: 0,
    bytes: 0,
    cut: "",
    a: factors[0]!,
    b: factors[1]!,
    dtype,
    stores: options.stores?.({ pool, axes, sum, index }) ??
      [{ output: 0, index, value: sum }],
  };
}

/** Product of the lengths of the axes between one and the last. */
function stepOf(axes: readonly number[], axis: number): number {
  return axes.slice(axis + 1, -1).reduce((a, b) => a * b, 1);
}

/**
 * A matrix product.
 *
 * @param dtype Dtype of everything.
 * @param sizes m, n and k.
 * @param turned Whether the left and the right factor are transposed.
 * @returns Options of the contraction.
 */
export function product(
  dtype: DType,
  [m, n, k]: readonly [number, number, number],
  turned: readonly [left: boolean, right: boolean] = [false, false],
): ContractionOptions {
  return {
    axes: [m, n, k],
    dtype,
    left: { dtype, steps: turned[0] ? [1, 0, m] : [k, 0, 1] },
    right: { dtype, steps: turned[1] ? [0, k, 1] : [0, 1, n] },
  };
}

/**
 * Data for an operand: the same for the same arguments.
 *
 * @param dtype Its dtype.
 * @param size Number of elements.
 * @param seed Tells it from other data.
 * @returns The data, between -1 and 1 or of all whole numbers.
 */
export function dataOf(dtype: DType, size: number, seed: number): TypedArray {
  const data = allocate(dtype, size);
  let state = seed * 2654435761 + 12345;
  for (let k = 0; k < size; k++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    const high = state >>> 8;
    data[k] = isFloatDType(dtype)
      ? high / 2 ** 23 - 1
      : dtype === "bool"
      ? high & 1
      : state >> 5;
  }
  return data;
}
