import assert from "node:assert/strict";
import type { Expr, ExprPool } from "../../ir/expr.ts";
import { affineFactor, codeBits } from "./affine_factors.ts";
import { contraction, product } from "./testing_kernels.ts";

/** A factor `scale * (code - middle) + offset` of 32 steps each. */
function factor(pool: ExprPool, loaded: Expr, mask: number): Expr {
  const step = pool.axis(2);
  const block = pool.make("quotient", "i32", [step, pool.size(32)]);
  const bits = pool.make("and", "u8", [loaded, pool.constant(mask, "u8")]);
  const code = pool.make("cast", "f32", [bits]);
  const centred = pool.make("subtract", "f32", [
    code,
    pool.constant(8, "f32"),
  ]);
  const scale = pool.load(1, "f32", block);
  return pool.make("add", "f32", [
    pool.make("multiply", "f32", [scale, centred]),
    pool.make("negative", "f32", [scale]),
  ]);
}

function kernelOf(mask: number) {
  return contraction({
    ...product("f32", [1, 8, 128]),
    more: [{ dtype: "f32", size: 4 }],
    right: { dtype: "u8", steps: [0, 128, 1] },
    factor: (pool, loaded, side) =>
      side === 0 ? loaded : factor(pool, loaded, mask),
  });
}

Deno.test("affineFactor takes scales and offsets of stretches apart", () => {
  const kernel = kernelOf(15);
  const parts = affineFactor(kernel, kernel.b, 2, 64);
  assert.equal(parts?.run, 32);
  assert.equal(parts?.code.op, "cast");
  const [code] = parts!.code.args;
  assert.equal(codeBits(code!, kernel.axes), 4);
});

Deno.test("affineFactor leaves codes that no mantissa takes, and short stretches", () => {
  const wide = kernelOf(255);
  assert.equal(affineFactor(wide, wide.b, 2, 64), undefined);
  const kernel = kernelOf(15);
  assert.equal(affineFactor(kernel, kernel.b, 2, 8), undefined);
  // Along columns the scale is one for all, and so is what is added.
  assert.equal(affineFactor(kernel, kernel.b, 1, 64), undefined);
});
