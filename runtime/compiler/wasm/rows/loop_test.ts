import type { DType } from "../../../device/dtypes.ts";
import { type Expr, ExprPool } from "../../ir/expr.ts";
import type { LoopKernel } from "../../ir/kernel.ts";
import { assertCompiled, Draw, kernelBase, rowMajor } from "./testing.ts";

/** A variance recursion with a running total, and all that loops can store. */
function recursion(
  dtype: DType,
  lanes: readonly number[],
  steps: number,
  order: readonly number[],
  reverse: boolean,
): LoopKernel {
  const pool = new ExprPool();
  const axes = [...lanes, steps];
  const size = axes.reduce((a, b) => a * b, 1);
  const count = size / steps;
  const base = kernelBase(
    pool,
    axes,
    [[dtype, size], [dtype, count]],
    [[dtype, size], [dtype, count], ["i32", count], ["i32", size]],
  );
  const index = rowMajor(pool, axes, order);
  const row = rowMajor(pool, lanes);
  const make = (
    op: "add" | "multiply",
    a: Expr,
    b: Expr,
    type: DType = dtype,
  ) => pool.make(op, type, [a, b]);
  const constant = (value: number) => pool.constant(value, dtype);
  const carry = (k: number, type: DType = dtype) =>
    pool.make("carry", type, [], k);
  const x = pool.load(0, dtype, index);
  const mixed = make(
    "add",
    make("multiply", constant(3), x),
    make("multiply", constant(2), carry(0)),
  );
  const next = pool.make("minimum", dtype, [mixed, constant(100)]);
  return {
    ...base,
    kind: "loop",
    reverse,
    carries: [
      { dtype, initial: pool.load(1, dtype, row), next },
      { dtype, initial: constant(1), next: carry(0) },
      {
        dtype: "i32",
        initial: pool.constant(0),
        next: pool.make("add", "i32", [
          pool.axis(axes.length - 1),
          make("add", carry(2, "i32"), carry(2, "i32"), "i32"),
        ]),
      },
    ],
    stores: [
      { output: 0, index, value: make("add", next, carry(1)) },
      { output: 3, index, value: carry(2, "i32") },
    ],
    rowStores: [
      { output: 1, index: row, value: make("add", carry(0), carry(1)) },
      { output: 2, index: row, value: carry(2, "i32") },
    ],
    runningSum: false,
  };
}

Deno.test("loops carry values from step to step, in both directions", () => {
  const draw = new Draw(2);
  for (const dtype of ["f64", "f32", "i32", "u8"] as const) {
    for (const reverse of [false, true]) {
      for (
        const [lanes, order] of [
          [[], [0]],
          [[1], [0, 1]],
          [[3], [0, 1]],
          [[13], [0, 1]],
          [[37], [1, 0]],
          [[5, 7], [0, 1, 2]],
          [[5, 7], [2, 1, 0]],
          [[2, 19], [0, 2, 1]],
        ] as const
      ) {
        for (const steps of [1, 6]) {
          const kernel = recursion(dtype, lanes, steps, order, reverse);
          assertCompiled(
            kernel,
            kernel.operands.map(({ size }) => draw.data(dtype, size)),
            { tolerance: dtype === "f32" ? 1e-5 : 1e-13 },
          );
        }
      }
    }
  }
});
