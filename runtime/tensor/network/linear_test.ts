import assert from "node:assert/strict";
import { ShapeError } from "../../core/errors.ts";
import { zeros } from "../creation.ts";
import { assertEqualOn, floats, noise } from "../linear_algebra/testing.ts";
import { einsum } from "../einsum.ts";
import { add } from "../elementwise.ts";
import { linear } from "./linear.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

Deno.test("linear multiplies by the transposed weight", async () => {
  const x = floats(DOUBLE, noise(12, 1), [2, 2, 3]);
  const weight = floats(DOUBLE, noise(15, 2), [5, 3]);
  const bias = floats(DOUBLE, noise(5, 3), [5]);
  await assertEqualOn(
    DOUBLE,
    linear(x, weight, bias),
    add(einsum("abi,oi->abo", x, weight), bias),
  );
  assert.throws(() => linear(zeros([2]), zeros([2, 3])), ShapeError);
});
