import assert from "node:assert/strict";
import { ParameterError } from "../../core/errors.ts";
import { ones } from "../creation.ts";
import { key } from "../random/key.ts";
import { read } from "../realize.ts";
import { sum } from "../reductions.ts";
import type { F32 } from "../tensor.ts";
import { grad } from "../transforms.ts";
import { dropout } from "./dropout.ts";

Deno.test("dropout keeps the mean, and its gradient the mask", async () => {
  const x = ones([10_000]);
  const loss = (one: F32) => sum(dropout(one, 0.2, key(3)));
  const [thin, gradient] = await read(
    dropout(x, 0.2, key(3)),
    grad(loss)(x),
  );
  const zeros = thin.filter((one) => one === 0).length;
  // Five standard deviations.
  assert.ok(Math.abs(zeros - 2000) < 200, String(zeros));
  assert.ok(thin.every((one) => one === 0 || one === 1.25));
  assert.deepEqual([...gradient], [...thin]);
});

Deno.test("dropout at rate 0 does nothing, and refuses 1", () => {
  const x = ones([3]);
  assert.equal(dropout(x, 0, key(1)), x);
  assert.throws(() => dropout(x, 1, key(1)), ParameterError);
});
