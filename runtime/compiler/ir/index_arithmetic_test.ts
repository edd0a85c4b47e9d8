import assert from "node:assert/strict";
import { ExprPool } from "./expr.ts";
import {
  axesOf,
  constantOf,
  dependsOn,
  rangeOf,
  strideAlong,
} from "./index_arithmetic.ts";

Deno.test("an index tells its step along each axis", () => {
  const pool = new ExprPool();
  const row = pool.make("multiply", "i32", [pool.axis(0), pool.size(7)]);
  const back = pool.make("multiply", "i32", [pool.axis(1), pool.size(-1)]);
  const index = pool.make("add", "i32", [
    pool.make("add", "i32", [row, back]),
    pool.size(6),
  ]);
  assert.equal(strideAlong(index, 0), 7);
  assert.equal(strideAlong(index, 1), -1);
  assert.equal(strideAlong(index, 2), 0);
  assert.deepEqual(rangeOf(index, [3, 7]), [0, 20]);
  assert.deepEqual([...axesOf(index)], [0, 1]);
});

Deno.test("quotients and loaded indices have no step", () => {
  const pool = new ExprPool();
  const half = pool.make("quotient", "i32", [pool.axis(0), pool.size(2)]);
  const loaded = pool.load(0, "i32", pool.axis(1));
  const index = pool.make("add", "i32", [half, loaded]);
  assert.equal(strideAlong(index, 0), undefined);
  assert.equal(strideAlong(index, 1), undefined);
  assert.equal(strideAlong(index, 2), 0);
  assert.ok(dependsOn(index, 1));
  assert.deepEqual(rangeOf(half, [9]), [0, 4]);
});

Deno.test("ranges know clamped indices and casts", () => {
  const pool = new ExprPool();
  const byte = pool.make("cast", "i32", [pool.load(0, "u8", pool.axis(0))]);
  assert.deepEqual(rangeOf(byte, [4]), [0, 255]);
  const clamped = pool.make("minimum", "i32", [byte, pool.size(15)]);
  assert.deepEqual(rangeOf(clamped, [4]), [0, 15]);
  const float = pool.make("cast", "i32", [pool.load(1, "f32", pool.axis(0))]);
  assert.deepEqual(rangeOf(float, [4]), [-2147483648, 2147483647]);
});

Deno.test("sums of sizes are known numbers", () => {
  const pool = new ExprPool();
  const sum = pool.make("add", "i32", [pool.size(5), pool.constant(1)]);
  assert.equal(constantOf(sum), 6);
  assert.equal(constantOf(pool.axis(0)), undefined);
});

Deno.test("deep expressions do not overflow the stack", () => {
  const pool = new ExprPool();
  let value = pool.load(0, "f32", pool.axis(3));
  for (let k = 0; k < 50_000; k++) value = pool.make("exp", "f32", [value]);
  assert.ok(dependsOn(value, 3));
});

Deno.test("ranges know parts of axes, and remainders within one turn", () => {
  const pool = new ExprPool();
  const rest = pool.make("modulo", "i32", [pool.axis(0), pool.size(10)]);
  assert.deepEqual(rangeOf(rest, [[23, 27]]), [3, 7]);
  assert.deepEqual(rangeOf(rest, [[27, 31]]), [0, 9]);
  assert.deepEqual(rangeOf(rest, [8]), [0, 7]);
});
