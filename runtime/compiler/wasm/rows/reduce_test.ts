import assert from "node:assert/strict";
import type { DType } from "../../../device/dtypes.ts";
import { isFloatDType } from "../../../device/dtypes.ts";
import { type Expr, ExprPool } from "../../ir/expr.ts";
import type { ReductionOp, RowKernel } from "../../ir/kernel.ts";
import { renderRows } from "./render_rows.ts";
import { assertCompiled, Draw, kernelBase, rowMajor } from "./testing.ts";

const DTYPES: readonly DType[] = ["f64", "f32", "i32", "u32", "i8", "u8"];

/** Tolerance for sums and products, whose order is free. */
function toleranceOf(dtype: DType): number {
  return dtype === "f64" ? 1e-12 : dtype === "f32" ? 1e-4 : 0;
}

/** One reduction of a permuted operand. */
function reduction(
  op: ReductionOp,
  dtype: DType,
  axes: readonly number[],
  outer: number,
  order: readonly number[],
): RowKernel {
  const pool = new ExprPool();
  const size = axes.reduce((a, b) => a * b, 1);
  const rows = axes.slice(0, outer).reduce((a, b) => a * b, 1);
  const result: DType = op === "argmax" || op === "argmin" ? "i32" : dtype;
  const base = kernelBase(pool, axes, [[dtype, size]], [[result, rows]]);
  const value = pool.load(0, dtype, rowMajor(pool, axes, order));
  return {
    ...base,
    kind: "row",
    outer,
    stages: [{ reductions: [{ op, dtype: result, value }], stores: [] }],
    rowStores: [{
      output: 0,
      index: rowMajor(pool, axes.slice(0, outer)),
      value: pool.make("reduced", result, [], 0),
    }],
  };
}

const CASES: readonly (readonly [number[], number, number[]])[] = [
  // Along contiguous rows, of all lengths.
  [[3, 1], 1, [0, 1]],
  [[3, 5], 1, [0, 1]],
  [[2, 19], 1, [0, 1]],
  [[5, 130], 1, [0, 1]],
  // Of everything.
  [[103], 0, [0]],
  // Along columns.
  [[7, 11], 1, [1, 0]],
  [[70, 9], 1, [1, 0]],
  [[3, 33, 5], 2, [2, 0, 1]],
  // Over two axes that are no neighbours in memory.
  [[6, 5, 7], 1, [1, 0, 2]],
  [[6, 5, 7], 1, [1, 2, 0]],
  [[2, 3, 4, 5], 2, [0, 2, 1, 3]],
];

for (const dtype of DTYPES) {
  Deno.test(`reductions of ${dtype} are those of the interpreter`, () => {
    const draw = new Draw(3);
    for (const [axes, outer, order] of CASES) {
      for (
        const op of [
          "sum",
          "prod",
          "max",
          "min",
          "argmax",
          "argmin",
        ] as const
      ) {
        const kernel = reduction(op, dtype, axes, outer, order);
        const { size } = kernel.operands[0]!;
        const folds = op === "sum" || op === "prod";
        for (const special of [false, true]) {
          const data = draw.data(dtype, size, special);
          if (isFloatDType(dtype) && folds) {
            // Products that neither overflow nor vanish.
            data.forEach((x, k) => {
              if (Number.isFinite(x)) data[k] = 1 + (x % 1) / 100;
            });
          }
          const tolerance = folds ? toleranceOf(dtype) : 0;
          assertCompiled(kernel, [data], { tolerance });
        }
      }
    }
  });
}

Deno.test("equal extremes, and more than one NaN: the first is found", () => {
  for (const dtype of ["f32", "f64", "i32", "bool"] as const) {
    for (const [axes, outer, order] of CASES) {
      for (const op of ["argmax", "argmin"] as const) {
        const kernel = reduction(op, dtype, axes, outer, order);
        const { size } = kernel.operands[0]!;
        const draw = new Draw(size);
        const data = draw.data(dtype, size);
        data.forEach((_, k) => data[k] = Math.floor(draw.next() * 2));
        assertCompiled(kernel, [data]);
        if (!isFloatDType(dtype)) continue;
        data.forEach((_, k) => {
          if (draw.next() < 0.1) data[k] = NaN;
        });
        assertCompiled(kernel, [data]);
        data.fill(op === "argmax" ? -Infinity : Infinity);
        assertCompiled(kernel, [data]);
      }
    }
  }
});

Deno.test("f16 and booleans are reduced, too", () => {
  const draw = new Draw(8);
  for (const [axes, outer, order] of CASES) {
    for (const op of ["max", "min"] as const) {
      for (const dtype of ["f16", "bool"] as const) {
        const kernel = reduction(op, dtype, axes, outer, order);
        const { size } = kernel.operands[0]!;
        assertCompiled(kernel, [draw.data(dtype, size)]);
      }
    }
  }
});

Deno.test("sums of long rows stay accurate", () => {
  for (const order of [[0, 1], [1, 0]]) {
    const axes = [4, 100_003];
    const kernel = reduction("sum", "f32", axes, 1, order);
    const draw = new Draw(1);
    const data = Float32Array.from(
      { length: 400_012 },
      () => 1 + draw.next(),
    );
    assertCompiled(kernel, [data], { tolerance: 1e-6 });
  }
});

/** `(x - max) / sum(|x - max|)`: stages that use what earlier ones found. */
function normalise(
  dtype: "f32" | "f64",
  rows: number,
  columns: number,
  order: readonly number[],
): RowKernel {
  const pool = new ExprPool();
  const axes = [rows, columns];
  const size = rows * columns;
  const base = kernelBase(
    pool,
    axes,
    [[dtype, size]],
    [[dtype, size], ["f32", rows], ["i32", rows]],
  );
  const index = rowMajor(pool, axes, order);
  const x = pool.load(0, dtype, index);
  const reduced = (k: number, type: DType = dtype): Expr =>
    pool.make("reduced", type, [], k);
  const centred = pool.make("subtract", dtype, [x, reduced(0)]);
  return {
    ...base,
    kind: "row",
    outer: 1,
    stages: [
      {
        reductions: [
          { op: "max", dtype, value: x },
          { op: "argmin", dtype: "i32", value: x },
        ],
        stores: [],
      },
      {
        reductions: [{
          op: "sum",
          dtype,
          value: pool.make("absolute", dtype, [centred]),
        }],
        stores: [],
      },
      {
        reductions: [],
        stores: [{
          output: 0,
          index,
          value: pool.make("divide", dtype, [centred, reduced(2)]),
        }],
      },
    ],
    rowStores: [
      {
        output: 1,
        index: pool.axis(0),
        value: pool.make("cast", "f32", [
          pool.make("sqrt", dtype, [reduced(2)]),
        ]),
      },
      { output: 2, index: pool.axis(0), value: reduced(1, "i32") },
    ],
  };
}

Deno.test("stages of a row use the results of earlier stages", () => {
  const draw = new Draw(4);
  for (const dtype of ["f32", "f64"] as const) {
    for (const order of [[0, 1], [1, 0]]) {
      for (const [n, m] of [[1, 7], [9, 5], [33, 70], [4, 3]] as const) {
        assertCompiled(
          normalise(dtype, n, m, order),
          [draw.data(dtype, n * m, false)],
          { tolerance: dtype === "f32" ? 1e-5 : 1e-13 },
        );
      }
    }
  }
});

/** Softmax, and what else needs the exponentials again. */
function softmax(
  dtype: "f32" | "f64" | "f16",
  axes: readonly number[],
  order: readonly number[],
): RowKernel {
  const pool = new ExprPool();
  const size = axes.reduce((a, b) => a * b, 1);
  const rows = axes[0]!;
  const base = kernelBase(
    pool,
    axes,
    [[dtype, size]],
    [[dtype, size], [dtype, size], [dtype, rows]],
  );
  const index = rowMajor(pool, axes, order);
  const x = pool.load(0, dtype, index);
  const reduced = (k: number) => pool.make("reduced", dtype, [], k);
  const centred = pool.make("subtract", dtype, [x, reduced(0)]);
  const weight = pool.make("exp", dtype, [centred]);
  const rest = pool.make("expm1", dtype, [centred]);
  return {
    ...base,
    kind: "row",
    outer: 1,
    stages: [
      { reductions: [{ op: "max", dtype, value: x }], stores: [] },
      {
        reductions: [{ op: "sum", dtype, value: weight }],
        stores: [{ output: 1, index, value: rest }],
      },
      {
        reductions: [{
          op: "sum",
          dtype,
          value: pool.make("multiply", dtype, [weight, rest]),
        }],
        stores: [{
          output: 0,
          index,
          value: pool.make("divide", dtype, [weight, reduced(1)]),
        }],
      },
    ],
    rowStores: [{ output: 2, index: pool.axis(0), value: reduced(2) }],
  };
}

Deno.test("softmax keeps its exponentials from pass to pass", () => {
  const draw = new Draw(9);
  for (const dtype of ["f32", "f64", "f16"] as const) {
    for (
      const [axes, order] of [
        [[3, 1], [0, 1]],
        [[5, 3], [0, 1]],
        [[4, 37], [0, 1]],
        [[4, 37], [1, 0]],
        [[7, 3, 19], [1, 0, 2]],
      ] as const
    ) {
      const kernel = softmax(dtype, axes, order);
      const data = draw.data(dtype, kernel.operands[0]!.size, false);
      const tolerance = dtype === "f32" ? 1e-5 : dtype === "f64" ? 1e-13 : 0.02;
      assertCompiled(kernel, [data], { tolerance });
    }
  }
});

Deno.test("long rows are reduced in parts", () => {
  const draw = new Draw(11);
  for (
    const [axes, outer, order] of [
      [[40_001], 0, [0]],
      [[2, 40_003], 1, [0, 1]],
      [[2, 200, 201], 1, [1, 0, 2]],
      [[3, 40_003], 1, [1, 0]],
    ] as const
  ) {
    for (const op of ["sum", "max", "min"] as const) {
      for (const dtype of ["f32", "f64", "u8", "bool"] as const) {
        if (op === "sum" && dtype === "bool") continue;
        const kernel = reduction(op, dtype, axes, outer, order);
        const { size } = kernel.operands[0]!;
        const data = draw.data(dtype, size, false);
        const tolerance = op === "sum" ? 1e-3 : 0;
        assertCompiled(kernel, [data], { tolerance });
      }
    }
  }
});

/** Products of a batch of matrices with a vector each. */
function matrixTimesVector(
  dtype: DType,
  [batch, rows, columns]: readonly [number, number, number],
): RowKernel {
  const pool = new ExprPool();
  const wide = dtype === "f16" ? "f32" : dtype;
  const factor = (operand: number, index: Expr) => {
    const loaded = pool.load(operand, dtype, index);
    return dtype === wide ? loaded : pool.make("cast", wide, [loaded]);
  };
  const base = kernelBase(
    pool,
    [batch, rows, columns],
    [[dtype, batch * rows * columns], [dtype, batch * columns]],
    [[dtype, batch * rows]],
  );
  const place = pool.make("add", "i32", [
    pool.make("multiply", "i32", [pool.axis(0), pool.size(columns)]),
    pool.axis(2),
  ]);
  const value = pool.make("multiply", wide, [
    factor(0, rowMajor(pool, base.axes)),
    factor(1, place),
  ]);
  return {
    ...base,
    kind: "row",
    outer: 2,
    stages: [{ reductions: [{ op: "sum", dtype: wide, value }], stores: [] }],
    rowStores: [{
      output: 0,
      index: rowMajor(pool, [batch, rows]),
      value: pool.make("reduced", wide, [], 0),
    }],
  };
}

Deno.test("rows that share a factor are summed several at once", () => {
  const draw = new Draw(13);
  for (const dtype of ["f32", "f64", "f16", "i32"] as const) {
    for (const shape of [[1, 256, 35], [2, 263, 12], [1, 263, 1]] as const) {
      const kernel = matrixTimesVector(dtype, shape);
      const [phase] = renderRows(kernel).phases;
      if (shape[2] > 4) {
        assert.equal(phase!.items, shape[0] * Math.ceil(shape[1] / 8));
      }
      const data = kernel.operands.map(({ size }, k) =>
        draw.data(dtype, size, k === 0)
      );
      const tolerance = dtype === "f64" ? 1e-12 : dtype === "i32" ? 0 : 1e-3;
      assertCompiled(kernel, data, { tolerance });
    }
  }
});
