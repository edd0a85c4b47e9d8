/**
 * Kernels for tests, built by hand, and data for them.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  allocate,
  type DType,
  isFloatDType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { evaluateKernel } from "../../ir/evaluate.ts";
import { type Expr, type ExprOp, ExprPool } from "../../ir/expr.ts";
import type {
  Kernel,
  KernelStore,
  LoopKernel,
  Operand,
  ReductionOp,
  RowKernel,
} from "../../ir/kernel.ts";
import type { WebGpuKernel } from "../abi.ts";
import type { KernelRun } from "./testing.ts";

/** What kernels have that tests do not look at. */
const ABOUT = {
  name: "test",
  node: 0,
  nodes: [0],
  inPlace: [],
  flops: 0,
  bytes: 0,
  cut: "",
};

/** Builds a kernel. */
export class KernelBuilder {
  readonly pool: ExprPool = new ExprPool();
  readonly #operands: Operand[] = [];
  readonly #outputs: Operand[] = [];
  readonly #axes: readonly number[];

  /**
   * @param axes Lengths of the axes.
   */
  constructor(axes: readonly number[]) {
    this.#axes = axes;
  }

  /**
   * An index that steps along the axes.
   *
   * @param strides A step for each axis.
   * @param offset Where it starts.
   */
  index(strides: readonly number[], offset = 0): Expr {
    const { pool } = this;
    let sum = pool.size(offset);
    strides.forEach((stride, axis) => {
      if (stride === 0) return;
      const step = stride === 1
        ? pool.axis(axis)
        : pool.make("multiply", "i32", [pool.axis(axis), pool.size(stride)]);
      sum = sum.op === "constant" && sum.value === 0
        ? step
        : pool.make("add", "i32", [sum, step]);
    });
    return sum;
  }

  /**
   * The row-major index over some axes.
   *
   * @param axes The axes, the slowest first; all by default.
   */
  rowMajor(axes: readonly number[] = this.#axes.map((_, k) => k)): Expr {
    const strides = this.#axes.map(() => 0);
    let stride = 1;
    for (const axis of [...axes].reverse()) {
      strides[axis] = stride;
      stride *= this.#axes[axis]!;
    }
    return this.index(strides);
  }

  /**
   * A new operand, read at an index.
   *
   * @param dtype Its dtype.
   * @param size Number of elements.
   * @param index Where it is read.
   * @param valid Where it exists.
   */
  operand(dtype: DType, size: number, index: Expr, valid?: Expr): Expr {
    this.#operands.push({ buffer: this.#operands.length, dtype, size });
    return this.pool.load(this.#operands.length - 1, dtype, index, valid);
  }

  /**
   * An expression.
   *
   * @param op What it does.
   * @param args Its arguments.
   * @param dtype Its dtype; that of the first argument by default.
   * @param value The number that belongs to `op`.
   */
  make(op: ExprOp, args: readonly Expr[], dtype?: DType, value = 0): Expr {
    return this.pool.make(op, dtype ?? args[0]!.dtype, args, value);
  }

  /**
   * A new output, written at an index.
   *
   * @param size Number of elements.
   * @param index Where.
   * @param value What.
   */
  store(size: number, index: Expr, value: Expr): KernelStore {
    this.#outputs.push({ buffer: 100, dtype: value.dtype, size });
    return { output: this.#outputs.length - 1, index, value };
  }

  /**
   * A rows kernel.
   *
   * @param outer Number of outer axes.
   * @param stages Reductions and stores of each stage.
   * @param rowStores Stores of the rows.
   */
  rows(
    outer: number,
    stages: readonly (readonly [
      reductions: readonly (readonly [ReductionOp, Expr])[],
      stores: readonly KernelStore[],
    ])[],
    rowStores: readonly KernelStore[] = [],
  ): RowKernel {
    return {
      ...ABOUT,
      kind: "row",
      pool: this.pool,
      axes: this.#axes,
      operands: this.#operands,
      scalars: [],
      outputs: this.#outputs,
      outer,
      stages: stages.map(([reductions, stores]) => ({
        reductions: reductions.map(([op, value]) => ({
          op,
          dtype: op.startsWith("arg") ? "i32" : value.dtype,
          value,
        })),
        stores,
      })),
      rowStores,
    };
  }

  /**
   * A loop.
   *
   * @param carries First and next values of the carries.
   * @param stores Stores of each step.
   * @param rowStores Stores at the end.
   * @param options Direction, and whether it is a running sum.
   */
  loop(
    carries: readonly (readonly [initial: Expr, next: Expr])[],
    stores: readonly KernelStore[],
    rowStores: readonly KernelStore[] = [],
    options: { reverse?: boolean; runningSum?: boolean } = {},
  ): LoopKernel {
    return {
      ...ABOUT,
      kind: "loop",
      pool: this.pool,
      axes: this.#axes,
      operands: this.#operands,
      scalars: [],
      outputs: this.#outputs,
      reverse: options.reverse ?? false,
      runningSum: options.runningSum ?? false,
      carries: carries.map(([initial, next]) => ({
        dtype: next.dtype,
        initial,
        next,
      })),
      stores,
      rowStores,
    };
  }
}

/** Numbers that look random and are the same in each run. */
export class Noise {
  #state: number;

  /**
   * @param seed Where to start.
   */
  constructor(seed: number) {
    this.#state = seed * 2654435761 >>> 0;
  }

  /**
   * A whole number.
   *
   * @param count How many there are to choose from, from 0 on.
   */
  below(count: number): number {
    this.#state = Math.imul(this.#state, 1664525) + 1013904223 >>> 0;
    return Math.floor(this.#state / 2 ** 32 * count);
  }

  /**
   * Data of a dtype: floats from -2 to 2, few different whole numbers.
   *
   * @param dtype The dtype.
   * @param size Number of elements.
   * @param special Numbers of which some are strewn in.
   */
  data(
    dtype: DType,
    size: number,
    special: readonly number[] = [],
  ): TypedArray {
    const array = allocate(dtype, size);
    for (let k = 0; k < size; k++) {
      array[k] = special.length > 0 && this.below(50) === 0
        ? special[this.below(special.length)]!
        : isFloatDType(dtype)
        ? this.below(4001) / 1000 - 2
        : dtype === "bool"
        ? this.below(2)
        : this.below(9) - (dtype.startsWith("u") ? 0 : 4);
    }
    return array;
  }
}

/** A kernel, its data, and what must come out. */
export interface KernelCase {
  /** What it tries. */
  readonly name: string;
  /** The kernel with its data. */
  readonly run: KernelRun;
  /** The right outputs. */
  readonly expected: readonly TypedArray[];
}

/**
 * A case with data for all operands.
 *
 * @param name What it tries.
 * @param kernel The kernel.
 * @param rendered The kernel in WGSL.
 * @param operands Data of the operands.
 */
export function kernelCase(
  name: string,
  kernel: Kernel,
  rendered: WebGpuKernel,
  operands: readonly TypedArray[],
): KernelCase {
  return {
    name,
    run: { kernel: rendered, operands, outputs: kernel.outputs },
    expected: evaluateKernel(kernel, operands, []),
  };
}

/**
 * Compares data: floats up to rounding, all else exactly.
 *
 * @param name What is compared.
 * @param actual What came.
 * @param expected What should have come.
 * @param tolerance Error relative to numbers above 1.
 */
export function assertData(
  name: string,
  actual: TypedArray,
  expected: TypedArray,
  tolerance = 4e-6,
): void {
  assert.equal(actual.length, expected.length);
  const slack = expected instanceof Float16Array ? 1e-3 : tolerance;
  const isFloat = expected instanceof Float32Array ||
    expected instanceof Float16Array;
  for (let k = 0; k < expected.length; k++) {
    const [found, right] = [actual[k]!, expected[k]!];
    if (Object.is(found, right)) continue;
    const error = Math.abs(found - right) / Math.max(1, Math.abs(right));
    assert.ok(
      isFloat && error <= slack && !(found === 0 && right === 0),
      `${name}: element ${k} is ${found}, not ${right}`,
    );
  }
}
