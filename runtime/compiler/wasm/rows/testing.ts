/**
 * Runs compiled kernels in tests, and compares them with the interpreter.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  allocate,
  byteSize,
  type DType,
  INTEGER_RANGE,
  isFloatDType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { evaluateKernel } from "../../ir/evaluate.ts";
import type { Expr, ExprPool } from "../../ir/expr.ts";
import type {
  KernelBase,
  KernelStore,
  LoopKernel,
  Operand,
  RowKernel,
} from "../../ir/kernel.ts";
import { ParameterLayout, type WasmKernel, writeScalar } from "../abi.ts";
import { renderLoop } from "./render_loop.ts";
import { renderRows } from "./render_rows.ts";

const PAGE = 65536;

/**
 * What kernels share that tests do not care for.
 *
 * @param pool The pool of the expressions.
 * @param axes Lengths of the axes.
 * @param operands Data of the operands.
 * @param outputs Dtypes and sizes of the outputs.
 * @returns The base of a kernel.
 */
export function kernelBase(
  pool: ExprPool,
  axes: readonly number[],
  operands: readonly (readonly [dtype: DType, size: number])[],
  outputs: readonly (readonly [dtype: DType, size: number])[],
): KernelBase {
  let buffer = 0;
  const operand = ([dtype, size]: readonly [DType, number]): Operand => ({
    buffer: buffer++,
    dtype,
    size,
  });
  return {
    name: "test",
    node: 0,
    nodes: [0],
    pool,
    axes,
    operands: operands.map(operand),
    outputs: outputs.map(operand),
    scalars: [],
    inPlace: [],
    flops: 0,
    bytes: 0,
    cut: "",
  };
}

/**
 * A map over all axes.
 *
 * @param base What it shares with other kernels.
 * @param stores What it writes.
 * @returns The kernel.
 */
export function mapKernel(
  base: KernelBase,
  stores: readonly KernelStore[],
): RowKernel {
  return {
    ...base,
    kind: "row",
    outer: base.axes.length,
    stages: [],
    rowStores: stores,
  };
}

/**
 * The row-major index of all axes.
 *
 * @param pool The pool.
 * @param axes Lengths of the axes.
 * @param order The axes, the slowest first; all by default.
 * @returns The index.
 */
export function rowMajor(
  pool: ExprPool,
  axes: readonly number[],
  order: readonly number[] = axes.map((_, axis) => axis),
): Expr {
  let index: Expr | undefined;
  for (const axis of order) {
    const position = pool.axis(axis);
    index = index === undefined ? position : pool.make("add", "i32", [
      pool.make("multiply", "i32", [index, pool.size(axes[axis]!)]),
      position,
    ]);
  }
  return index ?? pool.constant(0);
}

/** Numbers that differ from run to run of a test by the seed only. */
export class Draw {
  #state: number;

  /**
   * @param seed Any number.
   */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /**
   * The next number.
   *
   * @returns A number from 0 to below 1.
   */
  next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return (this.#state >>> 8) / 2 ** 24;
  }

  /**
   * Data of a dtype, edges of its range among them.
   *
   * @param dtype The dtype.
   * @param size Number of elements.
   * @param special Whether infinities, NaN and the like are among them.
   * @returns The data.
   */
  data(dtype: DType, size: number, special = true): TypedArray {
    const array = allocate(dtype, size);
    for (let k = 0; k < size; k++) array[k] = this.#one(dtype, special);
    return array;
  }

  #one(dtype: DType, special: boolean): number {
    if (dtype === "bool") return Number(this.next() < 0.5);
    const pick = this.next();
    if (isFloatDType(dtype)) {
      if (special && pick < 0.15) {
        const odd = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 1e-40];
        return odd[Math.floor(this.next() * odd.length)]!;
      }
      return (this.next() - 0.5) * (pick < 0.6 ? 4 : 100);
    }
    const [low, high] = INTEGER_RANGE[dtype];
    if (special && pick < 0.15) {
      return [low, high, 0, 1][Math.floor(this.next() * 4)]!;
    }
    const range = pick < 0.6 ? 20 : high - low;
    const from = low < 0 ? -range / 2 : 0;
    return Math.floor(from + this.next() * range);
  }
}

/**
 * Runs a compiled kernel.
 *
 * @param kernel The kernel.
 * @param compiled The same, compiled.
 * @param operands Data of its operands.
 * @param scalars Its scalars.
 * @param parts In how many ranges the work items are done.
 * @returns Data of its outputs.
 */
export function runCompiled(
  kernel: RowKernel | LoopKernel,
  compiled: WasmKernel,
  operands: readonly TypedArray[],
  scalars: readonly number[] = [],
  parts = 1,
): TypedArray[] {
  let used = PAGE;
  const place = (bytes: number) => {
    const address = used;
    used += Math.ceil((bytes + 64) / 64) * 64;
    return address;
  };
  const inputs = operands.map((one) => place(one.byteLength));
  const outputs = kernel.outputs.map((one) =>
    place(one.size * byteSize(one.dtype))
  );
  const temporaries = compiled.temporaries.map(place);
  const scratch = place(
    Math.max(...compiled.phases.map((p) => p.scratchBytes)),
  );
  const memory = new WebAssembly.Memory({
    initial: Math.ceil(used / PAGE) + 1,
    maximum: 65536,
    shared: true,
  });
  const bytes = new Uint8Array(memory.buffer);
  // What no kernel may read or leave as it was.
  bytes.fill(0xa5);
  operands.forEach((one, k) =>
    bytes.set(
      new Uint8Array(one.buffer, one.byteOffset, one.byteLength),
      inputs[k],
    )
  );
  const view = new DataView(memory.buffer);
  for (const phase of compiled.phases) {
    const layout = new ParameterLayout(
      inputs.length,
      outputs.length,
      temporaries.length,
      phase.sizes.length,
      kernel.scalars.length,
    );
    [...inputs, ...outputs, ...temporaries].forEach((address, k) =>
      view.setUint32(4 * k, address, true)
    );
    phase.sizes.forEach((size, k) =>
      view.setInt32(layout.sizes + 4 * k, size, true)
    );
    kernel.scalars.forEach(({ dtype }, k) =>
      writeScalar(view, layout.scalars + 8 * k, dtype, scalars[k]!)
    );
    const instance = new WebAssembly.Instance(
      new WebAssembly.Module(phase.bytes),
      { env: { memory } },
    );
    const run = instance.exports["run"] as (...args: number[]) => void;
    const { items } = phase;
    for (let part = 0; part < parts; part++) {
      const begin = Math.floor(items * part / parts);
      run(0, begin, Math.floor(items * (part + 1) / parts), scratch);
    }
  }
  return kernel.outputs.map(({ dtype, size }, k) => {
    const array = allocate(dtype, size);
    const from = bytes.slice(outputs[k], outputs[k]! + array.byteLength);
    new Uint8Array(array.buffer).set(from);
    return array;
  });
}

/** How results are compared. */
export interface Comparison {
  /** Error allowed, relative to the larger of 1 and the value. */
  readonly tolerance?: number;
  /** Scalars of the kernel. */
  readonly scalars?: readonly number[];
}

/**
 * Compiles a kernel, runs it whole and in parts, and compares the results with
 * the interpreter's.
 *
 * @param kernel The kernel.
 * @param operands Data of its operands.
 * @param comparison How they are compared.
 */
export function assertCompiled(
  kernel: RowKernel | LoopKernel,
  operands: readonly TypedArray[],
  comparison: Comparison = {},
): void {
  const { tolerance = 0, scalars = [] } = comparison;
  const compiled = kernel.kind === "row"
    ? renderRows(kernel)
    : renderLoop(kernel);
  const expected = evaluateKernel(kernel, operands, scalars);
  const whole = runCompiled(kernel, compiled, operands, scalars);
  const parted = runCompiled(kernel, compiled, operands, scalars, 3);
  assert.deepEqual(parted, whole, "parts give the bits of the whole");
  whole.forEach((made, k) => assertClose(made, expected[k]!, tolerance));
}

/**
 * Compares data; infinities must be equal, NaN stand for NaN, and whole numbers
 * be the same.
 *
 * @param made What was computed.
 * @param expected What should be.
 * @param tolerance Error allowed, relative to the larger of 1 and the value.
 */
export function assertClose(
  made: TypedArray,
  expected: TypedArray,
  tolerance: number,
): void {
  assert.equal(made.length, expected.length);
  for (let k = 0; k < made.length; k++) {
    const [a, b] = [made[k]!, expected[k]!];
    if (Object.is(a, b)) continue;
    const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
    const fits = tolerance > 0 ? error <= tolerance : a === b && a !== 0;
    assert.ok(fits, `element ${k} is ${a}, expected ${b}`);
  }
}
