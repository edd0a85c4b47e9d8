import assert from "node:assert/strict";
import { normalQuantile } from "./normal_quantile.ts";

Deno.test("normalQuantile gives the tabulated quantiles", () => {
  const table: [number, number][] = [
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [0.999999, 4.753424308822899],
  ];
  for (const [probability, quantile] of table) {
    assert.ok(Math.abs(normalQuantile(probability) - quantile) < 1e-9);
  }
});

Deno.test("normalQuantile refuses what is not an upper probability", () => {
  assert.throws(() => normalQuantile(0.4), /probability is 0.4/);
  assert.throws(() => normalQuantile(1), /probability is 1/);
});
