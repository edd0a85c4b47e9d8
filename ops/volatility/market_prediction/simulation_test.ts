import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import { ewmaForecast } from "../ewma_forecast.ts";
import { gpForecast } from "../gaussian_process/gp_forecast.ts";
import { scoreForecasts } from "../score_forecasts.ts";
import { censoredReturnForecast } from "./censored_return_forecast.ts";

// Where the variance of each day is known: forecasts must come nearer to it
// than the variance of the training days does.
const DAYS = 1100;
const SPLITS = Array.from({ length: 8 }, (_, index) => {
  const testStart = 600 + index * 60;
  return {
    trainStart: 0,
    trainEnd: testStart,
    testStart,
    testEnd: Math.min(testStart + 60, DAYS),
  };
});

interface Simulation {
  readonly returns: Float64Array;
  /** True variance of each day given the past (GARCH) or the state (SV). */
  readonly variance: Float64Array;
}

async function shocksOf(seed: number): Promise<Float64Array> {
  return await wf.random.normal(wf.random.key(seed), [3, DAYS], {
    dtype: "f64",
  }).data();
}

async function garch(): Promise<Simulation> {
  const shocks = await shocksOf(21);
  const variance = new Float64Array(DAYS);
  const returns = new Float64Array(DAYS);
  let next = 1e-4;
  for (let day = 0; day < DAYS; day += 1) {
    variance[day] = next;
    returns[day] = Math.sqrt(next) * shocks[day]!;
    next = 3e-6 + 0.12 * returns[day]! ** 2 + 0.85 * next;
  }
  return { returns, variance };
}

async function stochasticVolatility(): Promise<Simulation> {
  const shocks = await shocksOf(22);
  const variance = new Float64Array(DAYS);
  const returns = new Float64Array(DAYS);
  let level = 0;
  for (let day = 0; day < DAYS; day += 1) {
    level = 0.97 * level + 0.22 * shocks[DAYS + day]!;
    variance[day] = 1e-4 * Math.exp(level);
    returns[day] = Math.sqrt(variance[day]!) * shocks[day]!;
  }
  return { returns, variance };
}

/** The variance of the training returns, for each test window. */
function constant(returns: Float64Array): Float64Array {
  const forecast = new Float64Array(DAYS).fill(NaN);
  for (const { trainStart, trainEnd, testStart, testEnd } of SPLITS) {
    const train = returns.subarray(trainStart, trainEnd);
    const mean = train.reduce((sum, value) => sum + value, 0) / train.length;
    forecast.fill(
      train.reduce((sum, value) => sum + (value - mean) ** 2, 0) /
        train.length,
      testStart,
      testEnd,
    );
  }
  return forecast;
}

for (
  const [name, simulate] of Object.entries({ garch, stochasticVolatility })
) {
  Deno.test(`forecasts beat a constant variance by QLIKE where the truth is known: ${name}`, async () => {
    const { returns, variance } = await simulate();
    const shocks = await shocksOf(23);
    // A range-like measure: the true variance with a little noise.
    const measured = wf.tensor(
      variance.map((value, day) => value * Math.exp(0.4 * shocks[day]!)),
    );
    const daily = wf.tensor(returns);
    const { forecast: smooth } = await ewmaForecast.run({
      variance: measured,
      splits: [{ trainStart: 0, trainEnd: 60, testStart: 60, testEnd: DAYS }],
    });
    const censored = await censoredReturnForecast.run(
      { returns: daily, splits: SPLITS },
      { trainRows: 120 },
    );
    const scaled = await censoredReturnForecast.run(
      { returns: daily, scale: wf.sqrt(smooth), splits: SPLITS },
      { trainRows: 250 },
    );
    const process = await gpForecast.run(
      { variance: measured, splits: SPLITS },
      { inducing: 50, maxIterations: 15 },
    );
    const { table } = await scoreForecasts.run({
      variance: wf.tensor(variance),
      forecasts: {
        constant: wf.tensor(constant(returns)),
        censored: censored.forecast,
        scaled: scaled.forecast,
        process: process.forecast,
      },
    }, { baseline: "constant", losses: ["qlike"], missing: "drop" });
    const found = Object.fromEntries(table.map((row) => [row.model, row]));
    for (const [model, most] of [["scaled", 0.75], ["process", 0.5]] as const) {
      const { ratio, comparison } = found[model]!;
      assert.ok(ratio! < most, `${model}: ${ratio}`);
      assert.ok(comparison!.statistic < -3, `${model}`);
    }
    // One noise for all days follows nothing: it is the scale that does.
    assert.ok(found["censored"]!.ratio! > 2 * found["scaled"]!.ratio!);
  });
}
