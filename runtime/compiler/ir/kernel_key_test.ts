import assert from "node:assert/strict";
import { type Expr, ExprPool } from "./expr.ts";
import type { ContractKernel, LoopKernel, RowKernel } from "./kernel.ts";
import { kernelKey } from "./kernel_key.ts";

const BASE = {
  name: "test",
  node: 0,
  nodes: [0],
  scalars: [{ scalar: 0, dtype: "f32" }],
  inPlace: [],
  flops: 10,
  bytes: 20,
  cut: "",
} as const;

/** A softmax-like kernel; the pool may hold other expressions before. */
function row(before: number, change: Partial<RowKernel> = {}): RowKernel {
  const pool = new ExprPool();
  for (let k = 0; k < before; k++) pool.constant(100 + k, "f64");
  const x = pool.load(0, "f32", pool.axis(1));
  const max = pool.make("reduced", "f32", [], 0);
  const value = pool.make("subtract", "f32", [x, max]);
  return {
    ...BASE,
    kind: "row",
    pool,
    axes: [4, 8],
    outer: 1,
    operands: [{ buffer: 7, dtype: "f32", size: 32 }],
    outputs: [{ buffer: 9, dtype: "f32", size: 32 }],
    stages: [
      { reductions: [{ op: "max", dtype: "f32", value: x }], stores: [] },
      {
        reductions: [],
        stores: [{ output: 0, index: pool.axis(1), value }],
      },
    ],
    rowStores: [],
    ...change,
  };
}

Deno.test("kernelKey is that of what a kernel computes, not of its names", () => {
  const key = kernelKey(row(0));
  assert.equal(kernelKey(row(5)), key);
  assert.equal(kernelKey(row(0, { name: "b", node: 3, nodes: [3] })), key);
  assert.equal(
    kernelKey(row(0, { operands: [{ buffer: 1, dtype: "f32", size: 32 }] })),
    key,
  );
});

Deno.test("kernelKey differs where kernels do", () => {
  const operand = { buffer: 7, dtype: "f32", size: 32 } as const;
  const other = row(0);
  const stage = other.stages[0]!;
  const changes: Partial<RowKernel>[] = [
    {},
    { axes: [8, 4] },
    { outer: 0 },
    { flops: 11 },
    { bytes: 21 },
    { scalars: [] },
    { inPlace: [0] },
    { operands: [{ ...operand, dtype: "f16" }] },
    { operands: [{ ...operand, size: 31 }] },
    { operands: [{ ...operand, buffer: 9 }] },
    { operands: [operand, operand] },
    { outputs: [{ buffer: 9, dtype: "f64", size: 32 }] },
  ];
  const keys = changes.map((change) => kernelKey(row(0, change)));
  const min = { ...stage.reductions[0]!, op: "min" as const };
  const stages = [{ ...stage, reductions: [min] }, other.stages[1]!];
  keys.push(kernelKey({ ...other, stages }));
  const store = other.stages[1]!.stores[0]!;
  keys.push(kernelKey({ ...other, rowStores: [store] }));
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("kernelKey knows contractions and loops, and 0 from -0", () => {
  const pool = new ExprPool();
  const base = {
    ...BASE,
    pool,
    axes: [2, 2, 2],
    operands: [{ buffer: 0, dtype: "f32", size: 8 }],
    outputs: [{ buffer: 1, dtype: "f32", size: 8 }],
  } as const;
  const [a, b] = [pool.axis(0), pool.axis(1)].map((index) =>
    pool.load(0, "f32", index)
  ) as [Expr, Expr];
  const stores = [{ output: 0, index: pool.axis(0), value: a }];
  const contract: ContractKernel = {
    ...base,
    kind: "contract",
    a,
    b,
    dtype: "f32",
    stores,
  };
  const loop: LoopKernel = {
    ...base,
    kind: "loop",
    reverse: false,
    carries: [{
      dtype: "f32",
      initial: pool.constant(0, "f32"),
      next: pool.make("add", "f32", [pool.make("carry", "f32", [], 0), a]),
    }],
    stores,
    rowStores: [],
    runningSum: false,
  };
  const [carry] = loop.carries;
  const minus = { ...carry!, initial: pool.constant(-0, "f32") };
  const keys = [
    contract,
    { ...contract, a: b, b: a },
    { ...contract, dtype: "f64" as const },
    { ...contract, stores: [] },
    loop,
    { ...loop, reverse: true },
    { ...loop, runningSum: true },
    { ...loop, carries: [minus] },
    { ...loop, stores: [], rowStores: stores },
  ].map(kernelKey);
  assert.equal(new Set(keys).size, keys.length);
});
