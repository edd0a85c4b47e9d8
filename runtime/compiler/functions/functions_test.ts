import assert from "node:assert/strict";
import exact from "../../../fixtures/reference/functions.json" with {
  type: "json",
};
import special from "../../../fixtures/reference/special.json" with {
  type: "json",
};
import { allocate } from "../../device/dtypes.ts";
import { type Expr, ExprPool } from "../ir/expr.ts";
import { evaluateKernel } from "../ir/evaluate.ts";
import type { RowKernel } from "../ir/kernel.ts";
import { renderRows } from "../wasm/rows/mod.ts";
import {
  assertClose,
  kernelBase,
  mapKernel,
  runCompiled,
} from "../wasm/rows/testing.ts";
import { UNARY_FUNCTIONS } from "./testing.ts";

type Float = "f32" | "f64";
type Name = Expr["op"];

/** A function of flat data, in vectors. */
function inVectors(
  op: Name,
  dtype: Float,
  size: number,
  count: number,
  value = 0,
): RowKernel {
  const pool = new ExprPool();
  const index = pool.axis(0);
  const args = Array.from(
    { length: count },
    (_, k) => pool.load(k, dtype, index),
  );
  const base = kernelBase(
    pool,
    [size],
    args.map(() => [dtype, size]),
    [[dtype, size]],
  );
  const made = pool.make(op, dtype, args, value);
  return mapKernel(base, [{ output: 0, index, value: made }]);
}

/** The same once a row, beside a sum that is done in vectors. */
function singly(
  op: Name,
  dtype: Float,
  size: number,
  count: number,
  value = 0,
): RowKernel {
  const map = inVectors(op, dtype, size, count, value);
  const { pool } = map;
  const { operands, outputs } = kernelBase(
    pool,
    [],
    [...map.operands.map((one) => [one.dtype, one.size] as const), [
      "f32",
      9 * size,
    ]],
    [[dtype, size], ["f32", size]],
  );
  const index = pool.make("add", "i32", [
    pool.make("multiply", "i32", [pool.axis(0), pool.size(9)]),
    pool.axis(1),
  ]);
  const other = pool.load(count, "f32", index);
  return {
    ...map,
    axes: [size, 9],
    outer: 1,
    operands,
    outputs,
    stages: [{
      reductions: [{ op: "max", dtype: "f32", value: other }],
      stores: [],
    }],
    rowStores: [...map.rowStores, {
      output: 1,
      index: pool.axis(0),
      value: pool.make("reduced", "f32", [], 0),
    }],
  };
}

/** Distance of neighbouring numbers. */
function unit(x: number, dtype: Float): number {
  const [bits, low] = dtype === "f64" ? [52, -1022] : [23, -126];
  const exponent = x === 0 ? low : Math.floor(Math.log2(Math.abs(x)));
  return 2 ** (Math.max(exponent, low) - bits);
}

/** Computes a function at some points, in vectors and singly. */
function computed(
  op: Name,
  dtype: Float,
  points: readonly (readonly number[])[],
  count: number,
  value: number,
) {
  const operands = Array.from({ length: count }, (_, k) => {
    const array = allocate(dtype, points.length);
    points.forEach((point, j) => array[j] = point[k]!);
    return array;
  });
  return [inVectors, singly].map((make) => {
    const kernel = make(op, dtype, points.length, count, value);
    const data = make === singly
      ? [...operands, allocate("f32", 9 * points.length)]
      : operands;
    return {
      kernel,
      data,
      made: runCompiled(kernel, renderRows(kernel), data)[0]!,
    };
  });
}

/** Compares with exact values, in units of the last place. */
function assertExact(
  op: Name,
  rows: readonly (readonly number[])[],
  dtype: Float,
  units: number,
  value = 0,
): void {
  const fits = rows.filter((row) =>
    dtype === "f64" || row.slice(0, -1).every((x) => Math.fround(x) === x)
  );
  const count = rows[0]!.length - 1;
  for (const { made } of computed(op, dtype, fits, count, value)) {
    fits.forEach((row, j) => {
      const expected = row[count]!;
      const rounded = dtype === "f32" ? Math.fround(expected) : expected;
      if (Object.is(made[j], rounded)) return;
      const error = Math.abs(made[j]! - expected);
      assert.ok(
        error <= units * unit(expected, dtype),
        `${op}(${row.slice(0, count)}) is ${made[j]}, expected ${expected}`,
      );
    });
  }
}

for (const [name, rows] of Object.entries(exact.values)) {
  Deno.test(`${name} is exact to 3 units in the last place`, () => {
    for (const dtype of ["f32", "f64"] as const) {
      assertExact(name as Name, rows, dtype, 3);
    }
  });
}

Deno.test("special functions are exact to some units in the last place", () => {
  const { values } = special;
  for (const dtype of ["f32", "f64"] as const) {
    assertExact("erf", values.erf, dtype, 3);
    assertExact("erfc", values.erfc, dtype, 4);
    assertExact("logNormalCdf", values.logNormalCdf, dtype, 4);
    // Near zeros of the functions the error is absolute.
    const above = (rows: number[][]) => rows.filter(([x]) => x! > 1.6);
    assertExact("lgamma", values.lgamma.filter(([x]) => x! > 0), dtype, 8);
    assertExact("polygamma", above(values.digamma), dtype, 16, 0);
    assertExact("polygamma", above(values.trigamma), dtype, 6, 1);
    assertExact("polygamma", above(values.polygamma2), dtype, 8, 2);
    assertExact("polygamma", above(values.polygamma3), dtype, 8, 3);
  }
});

const EDGES = [
  0,
  -0,
  Infinity,
  -Infinity,
  NaN,
  1,
  -1,
  2,
  -2,
  0.5,
  -0.5,
  1e-40,
  -1e-40,
  1.5,
  -1.5,
  3,
  -3,
  -1e6,
  1e30,
  -1e30,
  88.9,
  -104.2,
  -86.95,
  -87.4,
  1e-20,
  1.1754943508222875e-38,
  3.4028234663852886e38,
  -3.4028234663852886e38,
];

/** Compares all edges with the interpreter, that is with JavaScript's `Math`. */
function assertEdges(
  op: Name,
  dtype: Float,
  points: readonly (readonly number[])[],
  value = 0,
): void {
  const count = points[0]!.length;
  for (
    const { kernel, data, made } of computed(op, dtype, points, count, value)
  ) {
    const expected = evaluateKernel(kernel, data, [])[0]!;
    const tolerance = dtype === "f32" ? 5e-7 : 1e-14;
    made.forEach((y, k) => {
      const detail = `${op}(${points[k]}) in ${dtype}`;
      assert.equal(Number.isNaN(y), Number.isNaN(expected[k]!), detail);
      if (expected[k] === 0 && y === 0 && op === "logNormalCdf") return;
      if (expected[k] === 0 && Math.abs(y) < 1e-30) {
        assert.ok(Object.is(y, expected[k]) || y !== 0, `${detail}: ${y}`);
      } else if (!Number.isNaN(y)) {
        const [a, b] = [allocate(dtype, 1), allocate(dtype, 1)];
        [a[0], b[0]] = [y, expected[k]!];
        try {
          assertClose(a, b, tolerance);
        } catch {
          assert.fail(`${detail} is ${y}, expected ${expected[k]}`);
        }
      }
    });
  }
}

Deno.test("functions of edges are those of JavaScript's Math", () => {
  for (const dtype of ["f32", "f64"] as const) {
    const points = [
      ...EDGES,
      ...(dtype === "f64" ? [709.9, -745.2, 1e300] : []),
    ]
      .map((x) => [x]);
    for (const op of UNARY_FUNCTIONS) assertEdges(op, dtype, points);
    for (const order of [0, 1, 2]) {
      assertEdges(
        "polygamma",
        dtype,
        points.filter(([x]) => !(x! < 0 && x! > -1e-30) && x! < 1e300),
        order,
      );
    }
  }
});

Deno.test("functions of two edges are those of JavaScript's Math", () => {
  const points = EDGES.flatMap((a) => EDGES.map((b) => [a, b] as const));
  for (const dtype of ["f32", "f64"] as const) {
    assertEdges("power", dtype, points);
    assertEdges("atan2", dtype, points);
    assertEdges("remainder", dtype, points);
  }
});

Deno.test("powers of known exponents are those of JavaScript's Math", () => {
  for (const dtype of ["f32", "f64"] as const) {
    for (const b of [0, 0.5, 1, 2, 3, 4, -1, -2, 1.5, -0.5, 7]) {
      const kernel = inVectors("negative", dtype, EDGES.length, 1);
      const { pool } = kernel;
      const { index, value } = kernel.rowStores[0]!;
      const power = pool.make("power", dtype, [
        value.args[0]!,
        pool.constant(b, dtype),
      ]);
      const known = {
        ...kernel,
        rowStores: [{ output: 0, index, value: power }],
      };
      const data = [allocate(dtype, EDGES.length)];
      EDGES.forEach((x, k) => data[0]![k] = x);
      const made = runCompiled(known, renderRows(known), data)[0]!;
      assertClose(made, evaluateKernel(known, data, [])[0]!, 1e-6);
    }
  }
});
