import assert from "node:assert/strict";
import { evaluateKernel } from "./evaluate.ts";
import { type Expr, ExprPool } from "./expr.ts";
import type { ContractKernel, LoopKernel, RowKernel } from "./kernel.ts";

const BASE = {
  name: "test",
  node: 0,
  nodes: [0],
  scalars: [],
  inPlace: [],
  flops: 0,
  bytes: 0,
  cut: "",
};

function at(pool: ExprPool, row: Expr, column: Expr, width: number): Expr {
  const start = pool.make("multiply", "i32", [row, pool.size(width)]);
  return pool.make("add", "i32", [start, column]);
}

Deno.test("evaluateKernel runs the stages of a softmax", () => {
  const pool = new ExprPool();
  const index = at(pool, pool.axis(0), pool.axis(1), 3);
  const x = pool.load(0, "f64", index);
  const max = pool.make("reduced", "f64", [], 0);
  const shifted = pool.make("subtract", "f64", [x, max]);
  const exp = pool.make("exp", "f64", [shifted]);
  const sum = pool.make("reduced", "f64", [], 1);
  const value = pool.make("divide", "f64", [exp, sum]);
  const kernel: RowKernel = {
    ...BASE,
    kind: "row",
    pool,
    axes: [2, 3],
    outer: 1,
    operands: [{ buffer: 0, dtype: "f64", size: 6 }],
    outputs: [{ buffer: 1, dtype: "f64", size: 6 }],
    stages: [
      { reductions: [{ op: "max", dtype: "f64", value: x }], stores: [] },
      { reductions: [{ op: "sum", dtype: "f64", value: exp }], stores: [] },
      { reductions: [], stores: [{ output: 0, index, value }] },
    ],
    rowStores: [],
  };
  const [out] = evaluateKernel(kernel, [[0, 0, 0, 1000, 1000, -Infinity]], []);
  assert.deepEqual([...out!], [1 / 3, 1 / 3, 1 / 3, 0.5, 0.5, 0]);
});

Deno.test("evaluateKernel contracts and applies the epilogue", () => {
  const pool = new ExprPool();
  const [m, n, k] = [pool.axis(0), pool.axis(1), pool.axis(2)];
  const kernel: ContractKernel = {
    ...BASE,
    kind: "contract",
    pool,
    axes: [2, 2, 2],
    operands: [
      { buffer: 0, dtype: "f32", size: 4 },
      { buffer: 1, dtype: "f32", size: 4 },
    ],
    outputs: [{ buffer: 2, dtype: "f32", size: 4 }],
    a: pool.load(0, "f32", at(pool, m, k, 2)),
    b: pool.load(1, "f32", at(pool, k, n, 2)),
    dtype: "f32",
    stores: [{
      output: 0,
      index: at(pool, m, n, 2),
      value: pool.make("negative", "f32", [
        pool.make("reduced", "f32", [], 0),
      ]),
    }],
  };
  const [out] = evaluateKernel(kernel, [[1, 2, 3, 4], [5, 6, 7, 8]], []);
  assert.deepEqual([...out!], [-19, -22, -43, -50]);
});

Deno.test("evaluateKernel walks a loop backwards", () => {
  const pool = new ExprPool();
  const x = pool.load(0, "i32", pool.axis(0));
  const carry = pool.make("carry", "i32", [], 0);
  const kernel: LoopKernel = {
    ...BASE,
    kind: "loop",
    pool,
    axes: [3],
    reverse: true,
    operands: [{ buffer: 0, dtype: "i32", size: 3 }],
    outputs: [
      { buffer: 1, dtype: "i32", size: 3 },
      { buffer: 2, dtype: "i32", size: 1 },
    ],
    carries: [{
      dtype: "i32",
      initial: pool.constant(0),
      next: pool.make("add", "i32", [carry, x]),
    }],
    stores: [{ output: 0, index: pool.axis(0), value: carry }],
    rowStores: [{ output: 1, index: pool.constant(0), value: carry }],
    runningSum: false,
  };
  const [before, final] = evaluateKernel(kernel, [[1, 2, 3]], []);
  assert.deepEqual([[...before!], [...final!]], [[5, 3, 0], [6]]);
});
