import assert from "node:assert/strict";
import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { tensor, zeros } from "../creation.ts";
import { cast } from "../elementwise.ts";
import { assertGradient, noise } from "../linear_algebra/testing.ts";
import { read } from "../realize.ts";
import { layerNorm } from "./layer_norm.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

Deno.test("layerNorm keeps its digits far from 0", async () => {
  const x = tensor([1e6 - 1, 1e6, 1e6 + 1], { dtype: "f64" });
  const [found] = await read(layerNorm(x, { epsilon: 0 }));
  const side = Math.sqrt(1.5);
  [-side, 0, side].forEach((value, k) =>
    assert.ok(Math.abs(found[k]! - value) < 1e-9)
  );
});

Deno.test("the gradient of layerNorm along a middle axis", () =>
  assertGradient(
    DOUBLE,
    (x, weight, bias) =>
      layerNorm(x, { axis: 1, weight: weight!, bias: bias! }),
    [
      { values: noise(24, 1), shape: [2, 4, 3] },
      { values: noise(4, 2), shape: [4] },
      { values: noise(4, 3), shape: [4] },
    ],
  ));

Deno.test("layerNorm of f16 does not overflow inside", async () => {
  const x = cast(tensor([-30000, 30000]), "f16");
  const result = layerNorm(x);
  assert.equal(result.dtype, "f16");
  assert.deepEqual([...(await read(result))[0]], [-1, 1]);
});

Deno.test("layerNorm refuses what does not fit", () => {
  const x = zeros([2, 3]);
  assert.throws(() => layerNorm(x, { weight: zeros([2]) }), ShapeError);
  assert.throws(() => layerNorm(x, { bias: zeros([1, 3]) }), ShapeError);
  assert.throws(() => layerNorm(x, { axis: 2 }), ShapeError);
  assert.throws(() => layerNorm(x, { epsilon: -1 }), ParameterError);
  const double = zeros([3], { dtype: "f64" }) as unknown as typeof x;
  assert.throws(() => layerNorm(x, { weight: double }), DTypeError);
});
