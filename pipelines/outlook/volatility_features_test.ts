import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { volatilityFeatures } from "./volatility_features.ts";

Deno.test("volatilityFeatures stand in the row of the day before, by the names of the models", async () => {
  const forecast = (...variance: number[]) =>
    wf.tensor(variance, { dtype: "f64" });
  const { features } = await volatilityFeatures.run({
    forecasts: { har: forecast(1, 2, 3), ewma: forecast(4, 5, 6) },
  });
  assert.deepEqual(features.shape, [2, 2]);
  const variance = await wf.exp(features).data();
  [5, 2, 6, 3].forEach((wanted, index) =>
    assert.ok(Math.abs(variance[index]! - wanted) < 1e-12)
  );
});
