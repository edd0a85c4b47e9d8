import assert from "node:assert/strict";
import { evaluateKernel } from "./evaluate.ts";
import { type Expr, ExprPool } from "./expr.ts";
import type { RowKernel } from "./kernel.ts";
import { unfused } from "./unfuse.ts";

/** Each row minus its largest, over the sum of that; and the sums. */
function rows(length: number, columns: number): RowKernel {
  const pool = new ExprPool();
  const at = pool.make("add", "i32", [
    pool.make("multiply", "i32", [pool.axis(0), pool.size(columns)]),
    pool.axis(1),
  ]);
  const reduced = (k: number) => pool.make("reduced", "f32", [], k);
  const binary = (op: "subtract" | "divide", a: Expr, b: Expr) =>
    pool.make(op, "f32", [a, b]);
  const below = binary("subtract", pool.load(0, "f32", at), reduced(0));
  const operand = { buffer: 0, dtype: "f32", size: length * columns } as const;
  return {
    kind: "row",
    name: "rows",
    node: 0,
    nodes: [0],
    pool,
    axes: [length, columns],
    outer: 1,
    operands: [operand],
    scalars: [],
    outputs: [
      { buffer: 1, dtype: "f32", size: length },
      { ...operand, buffer: 2 },
    ],
    inPlace: [0],
    flops: 1,
    bytes: 1,
    cut: "",
    stages: [
      {
        reductions: [{
          op: "max",
          dtype: "f32",
          value: pool.load(0, "f32", at),
        }],
        stores: [],
      },
      { reductions: [{ op: "sum", dtype: "f32", value: below }], stores: [] },
      {
        reductions: [],
        stores: [{
          output: 1,
          index: at,
          value: binary("divide", below, reduced(1)),
        }],
      },
    ],
    rowStores: [{ output: 0, index: pool.axis(0), value: reduced(1) }],
  };
}

Deno.test("unfused kernels together compute what the kernel does", () => {
  for (const [length, columns] of [[1, 9], [5, 7]] as const) {
    const kernel = rows(length, columns);
    const x = Float32Array.from(
      { length: length * columns },
      (_, k) => (k * 37) % 11,
    );
    const { kernels: [first, second], kept } = unfused(kernel, 10)!;
    assert.deepEqual(kept.map(({ buffer, size }) => [buffer, size]), [
      [10, length],
      [11, length],
    ]);
    const [sums, ...between] = evaluateKernel(first, [x], []);
    const [result] = evaluateKernel(second, [x, ...between], []);
    assert.deepEqual([sums, result], evaluateKernel(kernel, [x], []));
    assert.equal(second.outer, 2);
    assert.equal(second.outputs[0]!.buffer, 2);
  }
});

Deno.test("unfused leaves kernels alone that store no points of rows", () => {
  const kernel = rows(3, 4);
  const stages = kernel.stages.slice(0, 2);
  assert.equal(unfused({ ...kernel, stages }, 10), undefined);
});
