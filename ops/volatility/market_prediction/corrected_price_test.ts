import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import { allClose } from "../gaussian_process/testing.ts";
import { correctedPrice } from "./corrected_price.ts";
import { numericForecast } from "./numeric_forecast.ts";

const DAYS = 420;
const SPLITS = [
  { trainStart: 0, trainEnd: 300, testStart: 300, testEnd: 360 },
  { trainStart: 0, trainEnd: 360, testStart: 362, testEnd: DAYS },
];

/** Prices whose moves follow yesterday's feature and the weekday. */
async function simulate() {
  const shocks = await wf.random.normal(wf.random.key(11), [2, DAYS], {
    dtype: "f64",
  }).data();
  const feature = shocks.slice(0, DAYS);
  const weekday = Float64Array.from(
    { length: DAYS },
    (_, day) => day % 5 === 0 ? 1 : 0,
  );
  const prices = new Float64Array(DAYS);
  let log = Math.log(50);
  for (let day = 0; day < DAYS; day += 1) {
    const known = day === 0 ? 0 : 0.01 * Math.tanh(feature[day - 1]!);
    log += known + 0.006 * weekday[day]! + 0.004 * shocks[DAYS + day]!;
    prices[day] = Math.exp(log);
  }
  return { prices, feature, weekday };
}

const column = (values: Float64Array) =>
  wf.tensor(values, { shape: [values.length, 1] });

function meanError(
  prices: Float64Array,
  forecast: Float64Array,
): number {
  const rows = SPLITS.flatMap(({ testStart, testEnd }) =>
    Array.from({ length: testEnd - testStart }, (_, k) => testStart + k)
  );
  return rows.reduce(
    (sum, row) => sum + Math.abs(Math.log(prices[row]! / forecast[row]!)),
    0,
  ) / rows.length;
}

for (const inducing of [undefined, 60]) {
  Deno.test(`correctedPrice finds what the forecast misses, and is causal: ${inducing ?? "exact"}`, async () => {
    const { prices, feature, weekday } = await simulate();
    const inputs = {
      features: column(feature),
      ahead: column(weekday),
      splits: SPLITS,
    };
    const { forecast } = await numericForecast.run({
      prices: wf.tensor(prices),
    }, { window: 60 });
    const run = async (values: Float64Array) =>
      await correctedPrice.run({
        ...inputs,
        prices: wf.tensor(values),
        forecast,
      }, { inducing });
    const found = await run(prices);
    const corrected = await found.corrected.data();
    const before = meanError(prices, await forecast.data());
    const after = meanError(prices, corrected);
    // Of the noise alone, E|ε| = 0.004 √(2/π) = 0.0032.
    assert.ok(after < 0.0042 && before > 0.006, `${before} ${after}`);
    const [lower, upper] = [
      await found.lower.data(),
      await found.upper.data(),
    ];
    let inside = 0;
    let count = 0;
    prices.forEach((price, row) => {
      if (Number.isNaN(corrected[row])) return;
      count += 1;
      if (price >= lower[row]! && price <= upper[row]!) inside += 1;
    });
    assert.equal(count, 118);
    assert.ok(inside / count > 0.8 && inside / count < 0.98);
    // A price that comes true later changes no forecast up to its day.
    const later = await (await run(
      prices.map((price, row) => row < 330 ? price : 1.01 * price),
    )).corrected.data();
    assert.deepEqual([...later.slice(300, 331)], [
      ...corrected.slice(300, 331),
    ]);
    assert.notEqual(later[331], corrected[331]);
  });
}

Deno.test("correctedPrice of the price itself learns a biased forecast away", async () => {
  const { prices } = await simulate();
  const truth = prices.map((_, day) => 20 + 3 * Math.sin(day / 9));
  const biased = wf.tensor(truth.map((price) => 1.5 * price - 4));
  const { corrected } = await correctedPrice.run({
    prices: wf.tensor(truth),
    forecast: biased,
    splits: SPLITS,
  }, { target: "price", noiseVariance: { value: 0.01, bounds: [1e-6, 1] } });
  const rows = [300, 359, 362, DAYS - 1];
  const found = await corrected.data();
  allClose(rows.map((row) => found[row]!), rows.map((row) => truth[row]!), 0.1);
});

Deno.test("correctedPrice refuses gaps in its inputs", async () => {
  const { prices, feature } = await simulate();
  const forecast = wf.tensor(prices);
  await assert.rejects(
    correctedPrice.run({
      prices: wf.tensor(prices),
      forecast,
      features: column(feature.map((value, row) => row === 200 ? NaN : value)),
      splits: SPLITS,
    }),
    /row 200 is not finite/,
  );
});
