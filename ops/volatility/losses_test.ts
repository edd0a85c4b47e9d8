import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { mae, mse, qlike } from "./loss_ops.ts";
import { rowsToScore } from "./losses.ts";
import { assertClose, series } from "./testing.ts";

const variance = series([1, 2, 0.5]);
const forecast = series([1.2, 1.5, 0.7]);

Deno.test("qlike gives the card's figure", async () => {
  const { mean, count } = await qlike.run({ variance, forecast });
  assert.equal(count, 3);
  assert.ok(Math.abs(mean - 0.0373547) < 5e-8, `${mean}`);
});

Deno.test("qlike is zero for a perfect forecast and does not change with the unit", async () => {
  const perfect = await qlike.run({ variance, forecast: variance });
  assert.equal(perfect.mean, 0);
  const scaled = await qlike.run({
    variance: wf.multiply(variance, 1e-4),
    forecast: wf.multiply(forecast, 1e-4),
  });
  assertClose(
    scaled.mean,
    (await qlike.run({ variance, forecast })).mean,
    1e-12,
  );
});

Deno.test("mse and mae are the means of squared and absolute errors", async () => {
  assertClose(
    (await mse.run({ variance, forecast })).mean,
    (0.04 + 0.25 + 0.04) / 3,
    1e-12,
  );
  const { mean, losses } = await mae.run({ variance, forecast });
  assertClose(mean, 0.9 / 3, 1e-12);
  assertClose(await losses.data(), [0.2, 0.5, 0.2], 1e-12);
});

Deno.test("rows with NaN are an error, unless masked out or dropped on request", async () => {
  const partial = series([NaN, 1.5, 0.7]);
  await assert.rejects(
    mse.run({ variance, forecast: partial }),
    /Cannot score row 0: "forecast" is NaN/,
  );
  const dropped = await mse.run({ variance, forecast: partial }, {
    missing: "drop",
  });
  assert.equal(dropped.count, 2);
  assertClose(dropped.mean, 0.29 / 2, 1e-12);
  assertClose(await dropped.losses.data(), [NaN, 0.25, 0.04], 1e-12);
  const mask = wf.tensor(Uint8Array.of(0, 1, 0), { dtype: "bool" });
  const masked = await mse.run({ variance, forecast: partial, mask });
  assert.equal(masked.count, 1);
  assertClose(masked.mean, 0.25, 1e-12);
});

Deno.test("an infinite forecast is an error even where NaN is dropped", async () => {
  await assert.rejects(
    mse.run({ variance, forecast: series([1, Infinity, 1]) }, {
      missing: "drop",
    }),
    /Cannot score row 1: "forecast" is Infinity/,
  );
});

Deno.test("qlike refuses what is not positive and says which", async () => {
  await assert.rejects(
    qlike.run({ variance: series([1, 0, 1]), forecast }),
    /Cannot compute QLIKE at row 1: "variance" is 0/,
  );
  await assert.rejects(
    qlike.run({ variance, forecast: series([1, -1, 1]) }),
    /Cannot compute QLIKE at row 1: "forecast" is -1/,
  );
});

Deno.test("scores on no rows are refused", () => {
  assert.throws(
    () => rowsToScore({ variance: Float64Array.of(NaN) }, undefined, "drop"),
    /Cannot score forecasts on no rows/,
  );
});
