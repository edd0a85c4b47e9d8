/**
 * Contractions for tests: kernels built by hand, with random data.
 *
 * @module
 */

import {
  allocate,
  type DType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { evaluateKernel } from "../../ir/evaluate.ts";
import { type Expr, ExprPool } from "../../ir/expr.ts";
import type { ContractKernel, KernelStore } from "../../ir/kernel.ts";
import type { WebGpuKernel } from "../abi.ts";
import type { KernelRun } from "../rows/testing.ts";

/** Shape and storage of a test contraction. */
export interface ContractCase {
  /** Lengths of the batch axes. */
  readonly batch?: readonly number[];
  /** Rows. */
  readonly m: number;
  /** Columns. */
  readonly n: number;
  /** Depth. */
  readonly k: number;
  /** Whether the left factor lies as `[k, m]`. */
  readonly turnLeft?: boolean;
  /** Whether the right factor lies as `[n, k]`. */
  readonly turnRight?: boolean;
  /** Whether the result lies as `[n, m]`. */
  readonly turnResult?: boolean;
  /** Whether all batches share the right factor. */
  readonly shareRight?: boolean;
  /** Dtype of both factors. */
  readonly dtype?: DType;
  /** Dtype of the result. */
  readonly result?: DType;
}

/** What an epilogue is made of. */
export interface EpilogueParts {
  /** The pool. */
  readonly pool: ExprPool;
  /** The sum. */
  readonly sum: Expr;
  /** Index of a result. */
  readonly index: Expr;
  /** Position of the row. */
  readonly m: Expr;
  /** Position of the column. */
  readonly n: Expr;
}

/** A contraction with its data. */
export interface ContractTest {
  /** What it is, for messages. */
  readonly name: string;
  /** The kernel. */
  readonly kernel: ContractKernel;
  /** Data of its operands. */
  readonly operands: readonly TypedArray[];
  /** Its scalars. */
  readonly scalars: readonly number[];
}

/** Arithmetic on indices. */
export class Indices {
  /** The pool. */
  readonly pool: ExprPool;

  /**
   * @param pool The pool.
   */
  constructor(pool: ExprPool) {
    this.pool = pool;
  }

  /**
   * The row-major index of a place.
   *
   * @param places Position along each axis.
   * @param lengths Lengths of the axes.
   */
  at(places: readonly Expr[], lengths: readonly number[]): Expr {
    const { pool } = this;
    let index = pool.constant(0);
    places.forEach((place, axis) => {
      const start = pool.make("multiply", "i32", [
        index,
        pool.size(lengths[axis]!),
      ]);
      index = axis === 0 ? place : pool.make("add", "i32", [start, place]);
    });
    return index;
  }
}

let seed = 12345;

/**
 * The next of a fixed row of random numbers.
 *
 * @returns A number from 0 to 1.
 */
export function random(): number {
  seed = Math.imul(seed, 1664525) + 1013904223 | 0;
  return (seed >>> 8) / 0x1000000;
}

/** Random data are repeated after so many, a prime number. */
const REPEATED = 999_983;

/**
 * Random data.
 *
 * @param dtype Their dtype.
 * @param size How many.
 * @returns Floats around 0, whole numbers that are small.
 */
export function randomData(dtype: DType, size: number): TypedArray {
  const data = allocate(dtype, size);
  for (let i = 0; i < Math.min(size, REPEATED); i++) {
    const value = random();
    data[i] = dtype === "bool"
      ? Math.round(value)
      : dtype === "u8"
      ? Math.floor(value * 256)
      : dtype === "i8" || dtype === "i32" || dtype === "u32"
      ? Math.floor(value * 200) - (dtype === "u32" ? 0 : 100)
      : value - 0.5;
  }
  for (let i = REPEATED; i < size; i += REPEATED) {
    data.copyWithin(i, 0, Math.min(REPEATED, size - i));
  }
  return data;
}

/**
 * A contraction of two plain factors.
 *
 * @param shape Its shape.
 * @param epilogue What is stored, and further operands that it loads, which
 * follow the two factors; the sum alone by default.
 * @returns The contraction.
 */
export function contractTest(
  shape: ContractCase,
  epilogue?: (parts: EpilogueParts) => {
    readonly values: readonly Expr[];
    readonly operands?: readonly TypedArray[];
    readonly scalars?: readonly number[];
  },
): ContractTest {
  const { batch = [], m, n, k, dtype = "f32" } = shape;
  const pool = new ExprPool();
  const indices = new Indices(pool);
  const rank = batch.length;
  const batches = batch.map((_, axis) => pool.axis(axis));
  const [row, column, depth] = [0, 1, 2].map((axis) =>
    pool.axis(rank + axis)
  ) as [
    Expr,
    Expr,
    Expr,
  ];
  const factor = (
    operand: number,
    turned: boolean | undefined,
    places: readonly [Expr, Expr],
    lengths: readonly [number, number],
    shared?: boolean,
  ) => {
    const order = turned ? [1, 0] as const : [0, 1] as const;
    const index = indices.at(
      [...(shared ? [] : batches), ...order.map((side) => places[side])],
      [...(shared ? [] : batch), ...order.map((side) => lengths[side])],
    );
    return pool.load(operand, dtype, index);
  };
  const a = factor(0, shape.turnLeft, [row, depth], [m, k]);
  const b = factor(
    1,
    shape.turnRight,
    [depth, column],
    [k, n],
    shape.shareRight,
  );
  const places = shape.turnResult ? [column, row] : [row, column];
  const lengths = shape.turnResult ? [n, m] : [m, n];
  const index = indices.at([...batches, ...places], [...batch, ...lengths]);
  const whole = dtype === "f32" || dtype === "f16" ? "f32" : dtype;
  const sum = pool.make("reduced", whole, [], 0);
  const made = epilogue?.({ pool, sum, index, m: row, n: column });
  const values = made?.values ?? [sum];
  const stores: KernelStore[] = values.map((value, output) => ({
    output,
    index,
    value,
  }));
  const count = batch.reduce((x, y) => x * y, 1);
  const more = made?.operands ?? [];
  const sizes = [count * m * k, (shape.shareRight ? 1 : count) * k * n];
  let data: readonly TypedArray[] | undefined;
  return {
    name: JSON.stringify(shape),
    kernel: {
      kind: "contract",
      name: "test",
      node: 0,
      nodes: [0],
      pool,
      axes: [...batch, m, n, k],
      operands: [
        ...sizes.map((size) => ({ dtype, size })),
        ...more.map((one) => ({ dtype: dtypeOf(one), size: one.length })),
      ].map((operand, buffer) => ({ ...operand, buffer })),
      scalars: (made?.scalars ?? []).map((_, scalar) => ({
        scalar,
        dtype: "f32",
      })),
      outputs: values.map((value, output) => ({
        buffer: sizes.length + more.length + output,
        dtype: shape.result ?? value.dtype,
        size: count * m * n,
      })),
      inPlace: [],
      flops: 2 * count * m * n * k,
      bytes: 0,
      cut: "",
      a,
      b,
      dtype: whole,
      stores,
    },
    get operands() {
      return data ??= [
        ...sizes.map((size) => randomData(dtype, size)),
        ...more,
      ];
    },
    scalars: made?.scalars ?? [],
  };
}

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Uint8Array) return "u8";
  if (data instanceof Int8Array) return "i8";
  return "f16";
}

/**
 * A run of a compiled contraction.
 *
 * @param test The contraction.
 * @param kernel The compiled kernel.
 * @returns The run.
 */
export function runOf(test: ContractTest, kernel: WebGpuKernel): KernelRun {
  return {
    kernel,
    operands: test.operands,
    outputs: test.kernel.outputs,
    scalars: test.scalars.map((value) => ({ dtype: "f32", value })),
  };
}

/**
 * What is wrong with results.
 *
 * @param test The contraction.
 * @param outputs Data of its outputs.
 * @param tolerance Difference that is allowed, relative to the largest number.
 * @returns A message, or undefined where they agree with the interpreter.
 */
export function mistakeOf(
  test: ContractTest,
  outputs: readonly TypedArray[],
  tolerance = 1e-5,
): string | undefined {
  const wanted = evaluateKernel(test.kernel, test.operands, test.scalars);
  for (const [k, data] of wanted.entries()) {
    let largest = 0;
    for (const value of data) {
      if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    }
    for (let i = 0; i < data.length; i++) {
      const [x, y] = [data[i]!, outputs[k]![i]!];
      const same = Object.is(x, y) || x === y ||
        Math.abs(x - y) <= tolerance * largest;
      if (!same) {
        return `${test.name}: output ${k} at ${i} is ${y} and not ${x}`;
      }
    }
  }
  return undefined;
}

/**
 * A contraction whose right factor is a code book's entry times a scale, as
 * quantised weights are: codes `[n, k]` packed in words, scales `[n, k / block]`.
 *
 * @param m Rows.
 * @param n Columns.
 * @param k Depth.
 * @param bits Bits of a code, 4 or 8.
 * @param block Codes that share a scale.
 * @returns The contraction.
 */
export function packedTest(
  m: number,
  n: number,
  k: number,
  bits: number,
  block: number,
): ContractTest {
  const plain = contractTest({ m, n, k });
  const { pool } = plain.kernel;
  const each = 32 / bits;
  const [column, depth] = [pool.axis(1), pool.axis(2)];
  const whole = (
    op: "multiply" | "add" | "quotient" | "modulo",
    a: Expr,
    b: Expr,
  ) => pool.make(op, "i32", [a, b]);
  const place = whole("add", whole("multiply", column, pool.size(k)), depth);
  const word = pool.load(1, "u32", whole("quotient", place, pool.size(each)));
  const shift = whole(
    "multiply",
    whole("modulo", place, pool.size(each)),
    pool.size(bits),
  );
  const code = pool.make("and", "u32", [
    pool.make("shiftRight", "u32", [word, pool.make("cast", "u32", [shift])]),
    pool.constant(2 ** bits - 1, "u32"),
  ]);
  const entry = pool.load(2, "f32", pool.make("cast", "i32", [code]));
  const scale = pool.load(3, "f32", whole("quotient", place, pool.size(block)));
  const words = new Uint32Array(n * k / each);
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  const operands: TypedArray[] = [
    plain.operands[0]!,
    words,
    randomData("f32", 2 ** bits),
    randomData("f32", n * k / block),
  ];
  return {
    ...plain,
    name: `packed ${m} ${n} ${k}, ${bits} bits`,
    operands,
    kernel: {
      ...plain.kernel,
      operands: operands.map((data, buffer) => ({
        buffer,
        dtype: dtypeOf(data),
        size: data.length,
      })),
      b: pool.make("multiply", "f32", [entry, scale]),
    },
  };
}
