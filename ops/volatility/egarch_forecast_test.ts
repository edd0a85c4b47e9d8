import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { egarch11 } from "./egarch11.ts";
import { egarchForecast } from "./egarch_forecast.ts";

const ROWS = 420;
const SPLITS = [
  { trainStart: 0, trainEnd: 300, testStart: 300, testEnd: 360 },
  { trainStart: 60, trainEnd: 360, testStart: 362, testEnd: ROWS },
];

async function simulate(): Promise<Float64Array> {
  const shocks = await wf.random.normal(wf.random.key(5), [ROWS], {
    dtype: "f64",
  }).data();
  let log = -9;
  return shocks.map((shock) => {
    const value = Math.exp(log / 2) * shock;
    log = -0.45 + 0.95 * log - 0.08 * shock + 0.2 * (Math.abs(shock) - 0.8);
    return value;
  });
}

Deno.test("egarchForecast is the forecast of egarch11 on the day after its training window", async () => {
  const returns = await simulate();
  const { forecast, fits } = await egarchForecast.run({
    returns: wf.tensor(returns),
    splits: SPLITS,
  });
  const values = await forecast.data();
  const { next, fit } = await egarch11.run({
    returns: wf.tensor(returns.slice(0, 300)),
  });
  assert.ok(Math.abs(values[300]! / await next.item() - 1) < 1e-9);
  assert.equal(fits[0]!.level, 1);
  assert.ok(
    Math.abs(fits[0]!.logLikelihood - fit.logLikelihood) < 1e-9,
  );
  assert.ok(Number.isNaN(values[299]) && Number.isNaN(values[361]));
  assert.ok(values.slice(300, 360).every((value) => value > 0));
});

Deno.test("egarchForecast is causal, and takes the level of another measure", async () => {
  const returns = await simulate();
  const run = async (values: Float64Array, factor: number) =>
    await (await egarchForecast.run({
      returns: wf.tensor(values),
      variance: wf.tensor(returns.map((value) => factor * value ** 2)),
      splits: SPLITS,
    })).forecast.data();
  const base = await run(returns, 1);
  const later = await run(
    returns.map((value, row) => row < 330 ? value : 2 * value),
    1,
  );
  assert.deepEqual([...later.slice(300, 331)], [...base.slice(300, 331)]);
  assert.notEqual(later[331], base[331]);
  const doubled = await run(returns, 2);
  assert.ok(Math.abs(doubled[310]! / base[310]! - 2) < 1e-12);
});
