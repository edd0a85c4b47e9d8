/**
 * Products of parts of matrices in f64, subtracted in place.
 *
 * @module
 */

import { type Expr, ExprPool } from "../../ir/expr.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import { ShapedContract } from "../contract/shaped.ts";
import type { WasmRoutineContext } from "./routine.ts";

/** Bytes of an f64. */
export const BYTES = 8;

/** A part of a matrix in memory. */
export interface Part {
  /** Address of its first element. */
  readonly address: number;
  /** Elements from a row to the next. */
  readonly row: number;
  /** Elements from a column to the next. */
  readonly column: number;
}

/** Lengths that texts are made for; they hold no such length. */
const NOMINAL = 4800;

const known = new Map<string, ShapedContract>();

/**
 * The part of a row-major matrix that starts at a row and a column.
 *
 * @param address Address of the matrix.
 * @param width Its columns.
 * @param row First row.
 * @param column First column.
 * @returns The part.
 */
export function partOf(
  address: number,
  width: number,
  row: number,
  column: number,
): Part {
  return {
    address: address + (row * width + column) * BYTES,
    row: width,
    column: 1,
  };
}

/**
 * The transpose of a part.
 *
 * @param part The part.
 * @returns The same elements, with rows for columns.
 */
export function turned({ address, row, column }: Part): Part {
  return { address, row: column, column: row };
}

/**
 * Subtracts a product in place: `target -= left · right`.
 *
 * @param context Where it runs.
 * @param target What is subtracted from.
 * @param left The left factor.
 * @param right The right factor.
 * @param sizes Rows, columns, and length of the sums.
 */
export async function subtractProduct(
  context: WasmRoutineContext,
  target: Part,
  left: Part,
  right: Part,
  [rows, columns, depth]: readonly [number, number, number],
): Promise<void> {
  if (rows === 0 || columns === 0 || depth === 0) return;
  const kernel = kernelFor(target, left, right);
  await context.run(kernel.at(rows, columns, depth), {
    operands: [left.address, right.address, target.address],
    outputs: [target.address],
  });
}

function kernelFor(target: Part, left: Part, right: Part): ShapedContract {
  const key = [target, left, right].flatMap(({ row, column }) => [row, column])
    .join();
  let kernel = known.get(key);
  if (kernel === undefined) {
    kernel = new ShapedContract(kernelOf(target, left, right));
    known.set(key, kernel);
  }
  return kernel;
}

function kernelOf(target: Part, left: Part, right: Part): ContractKernel {
  const pool = new ExprPool();
  const [m, n, k] = [0, 1, 2].map((axis) => pool.axis(axis)) as [
    Expr,
    Expr,
    Expr,
  ];
  const index = ({ row, column }: Part, i: Expr, j: Expr): Expr => {
    const times = (axis: Expr, step: number) =>
      step === 1 ? axis : pool.make("multiply", "i32", [axis, pool.size(step)]);
    return pool.make("add", "i32", [times(i, row), times(j, column)]);
  };
  const at = index(target, m, n);
  const size = NOMINAL * NOMINAL;
  const buffer = (number: number) =>
    ({ buffer: number, dtype: "f64", size }) as const;
  return {
    kind: "contract",
    name: "subtractProduct",
    node: 0,
    nodes: [],
    pool,
    axes: [NOMINAL, NOMINAL, NOMINAL],
    operands: [buffer(0), buffer(1), buffer(2)],
    scalars: [],
    outputs: [buffer(2)],
    inPlace: [2],
    flops: 0,
    bytes: 0,
    cut: "",
    a: pool.load(0, "f64", index(left, m, k)),
    b: pool.load(1, "f64", index(right, k, n)),
    dtype: "f64",
    stores: [{
      output: 0,
      index: at,
      value: pool.make("subtract", "f64", [
        pool.load(2, "f64", at),
        pool.make("reduced", "f64", [], 0),
      ]),
    }],
  };
}
