import assert from "node:assert/strict";
import { tensor } from "../creation.ts";
import { gelu, subtract } from "../elementwise.ts";
import { linspace } from "../creation.ts";
import { assertGradient, noise } from "../linear_algebra/testing.ts";
import { read } from "../realize.ts";
import { geluTanh } from "./gelu_tanh.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

Deno.test("geluTanh is near the exact form", async () => {
  const x = linspace(-6, 6, 101, { dtype: "f64" });
  const [found] = await read(subtract(geluTanh(x), gelu(x)));
  const largest = Math.max(...found.map(Math.abs));
  assert.ok(largest < 5e-4 && largest > 4e-4, String(largest));
});

Deno.test("geluTanh has limits at infinity and a gradient", async () => {
  const [found] = await read(geluTanh(tensor([-30, 30, Infinity, NaN])));
  assert.deepEqual([...found], [-0, 30, Infinity, NaN]);
  await assertGradient(DOUBLE, (x) => geluTanh(x), [
    { values: noise(5, 1).map((x) => 4 * x), shape: [5] },
  ]);
});
