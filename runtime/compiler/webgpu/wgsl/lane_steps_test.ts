import assert from "node:assert/strict";
import { compileExprs } from "../../ir/evaluate_expr.ts";
import { type Expr, ExprPool } from "../../ir/expr.ts";
import { LaneAnalysis } from "./lane_steps.ts";

const pool = new ExprPool();
const AXIS = 1;
let seed = 7;

function below(limit: number): number {
  seed = Math.imul(seed, 1664525) + 1013904223 | 0;
  return Math.floor((seed >>> 8) / 0x1000000 * limit);
}

function randomIndex(depth: number): Expr {
  if (depth === 0 || below(5) === 0) return pool.axis(below(3));
  const a = randomIndex(depth - 1);
  const size = pool.size([1, 2, 3, 4, 6, 8, 12, 16, 32, 64][below(10)]!);
  switch (below(6)) {
    case 0:
      return pool.make("quotient", "i32", [a, size]);
    case 1:
      return pool.make("modulo", "i32", [a, size]);
    case 2:
      return pool.make("add", "i32", [a, size]);
    case 3:
      return pool.make("multiply", "i32", [a, size]);
    default:
      return pool.make("add", "i32", [a, randomIndex(depth - 1)]);
  }
}

function valuesAt(index: Expr, axes: readonly number[]): number[] {
  const evaluate = compileExprs([index]);
  return [0, 1, 2, 3].map((lane) =>
    evaluate({
      axes: axes.map((place, axis) => axis === AXIS ? place + lane : place),
      operands: [],
      scalars: [],
      reduced: [],
      carries: [],
    })[0]!
  );
}

Deno.test("LaneAnalysis tells steps and divisors that all places have", () => {
  let regular = 0;
  for (let round = 0; round < 500; round++) {
    const index = randomIndex(4);
    const { step, multiple } = new LaneAnalysis(AXIS, 4).of(index);
    if (step !== undefined) regular++;
    for (let place = 0; place < 8; place++) {
      const axes = [below(50), 4 * below(40), below(50)];
      const values = valuesAt(index, axes);
      const [first] = values as [number];
      assert.equal(multiple === 0 ? first : first % multiple, 0);
      if (step === undefined) continue;
      assert.deepEqual(values, [0, 1, 2, 3].map((lane) => first + lane * step));
    }
  }
  assert.ok(regular > 300);
});

Deno.test("LaneAnalysis finds what packed codes share", () => {
  const place = pool.make("add", "i32", [
    pool.make("multiply", "i32", [pool.axis(0), pool.size(64)]),
    pool.axis(AXIS),
  ]);
  const steps = new LaneAnalysis(AXIS, 4);
  const word = pool.make("quotient", "i32", [place, pool.size(8)]);
  assert.equal(steps.of(word).step, 0);
  assert.equal(steps.of(pool.load(0, "u32", word)).step, 0);
  const within = pool.make("modulo", "i32", [place, pool.size(8)]);
  assert.deepEqual(steps.of(within), { step: 1, multiple: 4 });
  const narrow = pool.make("quotient", "i32", [place, pool.size(2)]);
  assert.equal(steps.of(narrow).step, undefined);
});
