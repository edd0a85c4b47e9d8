import assert from "node:assert/strict";
import { tensor, zeros } from "../creation.ts";
import { assertGradient, noise } from "../linear_algebra/testing.ts";
import { read } from "../realize.ts";
import { rmsNorm } from "./rms_norm.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

Deno.test("the gradient of rmsNorm over two axes", () =>
  assertGradient(
    DOUBLE,
    (x, weight) => rmsNorm(x, { axis: [0, 2], weight }),
    [
      { values: noise(12, 1), shape: [2, 3, 2] },
      { values: noise(4, 2), shape: [2, 2] },
    ],
  ));

Deno.test("rmsNorm of zeros is 0, and NaN stays", async () => {
  assert.deepEqual([...(await read(rmsNorm(zeros([3]))))[0]], [0, 0, 0]);
  const [found] = await read(rmsNorm(tensor([[NaN, 1], [2, 2]])));
  assert.deepEqual([...found].map(Number.isNaN), [true, true, false, false]);
});
