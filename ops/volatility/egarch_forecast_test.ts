import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { samplePrices } from "../data/mod.ts";
import { egarch11 } from "./egarch11.ts";
import { egarchForecast } from "./egarch_forecast.ts";
import { ewmaForecast } from "./ewma_forecast.ts";
import { qlike } from "./loss_ops.ts";

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
    returns.map((value, row) => row < 330 ? value : -10 * value),
    1,
  );
  assert.deepEqual([...later.slice(300, 331)], [...base.slice(300, 331)]);
  assert.notEqual(later[331], base[331]);
  const doubled = await run(returns, 2);
  assert.ok(Math.abs(doubled[310]! / base[310]! - 2) < 1e-12);
});

Deno.test("egarchForecast does not run away on years of an index, as the plain maximum of the likelihood does", async () => {
  const { prices } = await samplePrices.run({}, {
    from: "2002-01-01",
    to: "2008-01-31",
  });
  const close = Float64Array.from(
    prices.getColumn("close").toArray() as Iterable<unknown>,
    Number,
  );
  const returns = close.map((value, row) =>
    row === 0 ? NaN : Math.log(value / close[row - 1]!)
  );
  const squares = returns.map((value) => Math.max(value ** 2, 1e-7));
  const splits = Array.from({ length: 5 }, (_, year) => ({
    trainStart: 252 * year,
    trainEnd: 252 * (year + 1),
    testStart: 252 * (year + 1),
    testEnd: 252 * (year + 2),
  }));
  const measure = async (invertible: boolean) => {
    const { forecast, fits } = await egarchForecast.run({
      returns: wf.tensor(returns),
      splits,
    }, { invertible });
    const loss = await qlike.run({ variance: wf.tensor(squares), forecast }, {
      missing: "drop",
    });
    return { loss: loss.mean, bounded: fits.map((fit) => fit.bounded) };
  };
  const kept = await measure(true);
  const plain = await measure(false);
  const { forecast } = await ewmaForecast.run({
    variance: wf.tensor(squares),
    splits,
  });
  const ewma = await qlike.run({ variance: wf.tensor(squares), forecast }, {
    missing: "drop",
  });
  assert.deepEqual(kept.bounded, [0, 0, 0, 0, 0]);
  assert.ok(plain.bounded.some((rows) => rows > 100));
  assert.ok(kept.loss < 1.05 * ewma.mean, `${kept.loss}, ${ewma.mean}`);
  assert.ok(plain.loss > 1.5 * ewma.mean, `${plain.loss}, ${ewma.mean}`);
});
