import assert from "node:assert/strict";
import { z } from "zod";
import { checkCausal, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { columnScaling, forecastRows, scaleColumns } from "./forecast_rows.ts";
import { gpFit } from "./gp_fit.ts";
import { gpForecast } from "./gp_forecast.ts";
import { gpPredict } from "./gp_predict.ts";
import { close, matrix, vector } from "./testing.ts";

const ROWS = 260;
const SPLITS = [
  { trainStart: 0, trainEnd: 160, testStart: 165, testEnd: 210 },
  { trainStart: 60, trainEnd: 210, testStart: 210, testEnd: 260 },
];
const QUICK = { trainRows: 120, maxIterations: 15 };

/** Daily variances whose logarithm is an AR(1) plus noise, with a feature. */
async function simulate(rows = ROWS): Promise<{
  variance: Float64Array;
  features: Float64Array;
}> {
  const shocks = await wf.random.normal(wf.random.key(3), [3, rows], {
    dtype: "f64",
  }).data();
  const variance = new Float64Array(rows);
  const features = new Float64Array(rows);
  let level = 0;
  for (let day = 0; day < rows; day += 1) {
    level = 0.95 * level + 0.3 * (shocks[day] ?? NaN);
    variance[day] = 1e-4 * Math.exp(level + 0.4 * (shocks[rows + day] ?? NaN));
    features[day] = level + 0.5 * (shocks[2 * rows + day] ?? NaN);
  }
  return { variance, features };
}

async function inputs(rows = ROWS): Promise<{ variance: F64; features: F64 }> {
  const { variance, features } = await simulate(rows);
  return {
    variance: wf.tensor(variance),
    features: wf.tensor(features, { shape: [rows, 1] }),
  };
}

Deno.test("gpForecast equals refitting the posterior each day", async () => {
  const { variance, features } = await simulate();
  const found = await gpForecast.run(
    { ...await inputs(), splits: SPLITS },
    QUICK,
  );
  const logMean = await found.logMean.data();
  const logVariance = await found.logVariance.data();
  const rows = forecastRows(variance, features, 1, [1, 5, 22]);
  for (const [index, split] of SPLITS.entries()) {
    const fit = found.fits[index];
    assert.ok(fit !== undefined);
    const start = split.trainEnd - fit.trainRows;
    const cut = (from: number, to: number) =>
      rows.inputs.slice(from * rows.width, to * rows.width);
    const scaling = columnScaling(cut(start, split.trainEnd), rows.width);
    const table = (from: number, to: number) =>
      wf.tensor(scaleColumns(cut(from, to), scaling), {
        shape: [to - from, rows.width],
      });
    for (const row of [split.testStart, split.testEnd - 1]) {
      const known = rows.targets.slice(start, row)
        .map((value) => (value - fit.targetMean) / fit.targetScale);
      const fitted = await gpFit.run(
        { x: table(start, row), y: wf.tensor(known) },
        {
          kernel: fit.kernel,
          noiseVariance: fit.noiseVariance,
          standardise: false,
          optimise: false,
        },
      );
      const { mean, variance: spread } = await gpPredict.run(
        { ...fitted, xNew: table(row, row + 1) },
        { noise: true },
      );
      close(
        logMean[row],
        fit.targetMean + fit.targetScale * await mean.item(),
        1e-8,
      );
      close(logVariance[row], fit.targetScale ** 2 * await spread.item(), 1e-8);
    }
  }
});

Deno.test("gpForecast is causal: what comes on a day changes no forecast up to it", async () => {
  const { variance, features } = await inputs();
  const base = await gpForecast.run(
    { variance, features, splits: SPLITS },
    QUICK,
  );
  const before = await base.forecast.data();
  const changed = (await simulate()).variance;
  changed.fill(1, 230);
  const after = await (await gpForecast.run(
    { variance: wf.tensor(changed), features, splits: SPLITS },
    QUICK,
  )).forecast.data();
  assert.deepEqual([...after.slice(0, 231)], [...before.slice(0, 231)]);
  assert.notEqual(after[231], before[231]);
});

Deno.test("gpForecast passes checkCausal when its windows end with the series", async () => {
  const windows = op({
    name: "test/gpForecastOverSeries",
    version: "1",
    doc: "A forecast whose windows follow from the length of its series",
    inputs: {
      variance: port.tensor("f64", ["t"]),
      features: port.tensor("f64", ["t", "d"]),
    },
    params: z.object({}),
    outputs: {
      forecast: port.tensor("f64", ["t"]),
      lower: port.tensor("f64", ["t"]),
      upper: port.tensor("f64", ["t"]),
    },
    run: async ({ variance, features }) => {
      const splits = SPLITS.filter((split) => split.testStart < variance.size)
        .map((split) => ({
          ...split,
          testEnd: Math.min(split.testEnd, variance.size),
        }));
      const { forecast, lower, upper } = await gpForecast.run(
        { variance, features, splits },
        QUICK,
      );
      return { forecast, lower, upper };
    },
  });
  await checkCausal(windows, await inputs(), {}, {
    cuts: [166, 187, 209, 233, 259],
  });
});

Deno.test("gpForecast fills test rows only, in bands around the median", async () => {
  const found = await gpForecast.run(
    { ...await inputs(), splits: SPLITS },
    { ...QUICK, level: 0.8 },
  );
  const [forecast, lower, upper, mean, spread] = await Promise.all([
    found.forecast.data(),
    found.lower.data(),
    found.upper.data(),
    found.logMean.data(),
    found.logVariance.data(),
  ]);
  for (let row = 0; row < ROWS; row += 1) {
    const isTest = row >= 165;
    assert.equal(Number.isFinite(forecast[row]), isTest);
    if (!isTest) continue;
    const [m = NaN, s = NaN] = [mean[row], spread[row]];
    close(forecast[row], Math.exp(m + s / 2), 1e-15);
    close(lower[row], Math.exp(m - 1.2815515655446 * Math.sqrt(s)), 1e-12);
    close(upper[row], Math.exp(m + 1.2815515655446 * Math.sqrt(s)), 1e-12);
  }
  assert.deepEqual(found.fits.map(({ trainRows }) => trainRows), [120, 120]);
});

Deno.test("gpForecast explains log variance out of sample and covers what its level says", async () => {
  const { variance } = await simulate();
  const found = await gpForecast.run(
    { ...await inputs(), splits: SPLITS },
    { trainRows: 200 },
  );
  const mean = await found.logMean.data();
  const lower = await found.lower.data();
  const upper = await found.upper.data();
  let errors = 0;
  let naive = 0;
  let covered = 0;
  for (let row = 165; row < ROWS; row += 1) {
    const truth = Math.log(variance[row] ?? NaN);
    errors += (truth - (mean[row] ?? NaN)) ** 2;
    naive += (truth - Math.log(variance[row - 1] ?? NaN)) ** 2;
    const value = variance[row] ?? NaN;
    if (value > (lower[row] ?? NaN) && value < (upper[row] ?? NaN)) {
      covered += 1;
    }
  }
  // The best possible forecast of this process has 0.8 of the naive error.
  assert.ok(errors < 0.9 * naive, `${errors} of ${naive}`);
  // 95 days at 90 %: four standard errors either way.
  assert.ok(Math.abs(covered / 95 - 0.9) < 0.13);
});

Deno.test("gpForecast returns to variance by the median or by smearing where asked to", async () => {
  const data = { ...await inputs(), splits: SPLITS };
  const median = await gpForecast.run(data, {
    ...QUICK,
    retransformation: "median",
  });
  const smeared = await gpForecast.run(data, {
    ...QUICK,
    retransformation: "smearing",
  });
  const middle = await median.forecast.data();
  close(
    middle[200],
    Math.exp((await median.logMean.data())[200] ?? NaN),
    1e-15,
  );
  assert.equal(median.fits[0]?.smearing, null);
  const factor = smeared.fits[0]?.smearing ?? NaN;
  close(
    ((await smeared.forecast.data())[200] ?? NaN) / (middle[200] ?? NaN),
    factor,
    1e-9,
  );
  assert.ok(factor > 1 && factor < 1.5);
});

Deno.test("gpForecast takes a kernel of the user and leading rows without data", async () => {
  const { variance, features } = await simulate();
  variance.fill(NaN, 0, 3);
  features.fill(NaN, 0, 30);
  const found = await gpForecast.run({
    variance: wf.tensor(variance),
    features: wf.tensor(features, { shape: [ROWS, 1] }),
    splits: [{ trainStart: 0, trainEnd: 100, testStart: 100, testEnd: 110 }],
  }, {
    lags: [1],
    kernel: {
      kind: "product",
      kernels: [
        { kind: "constant" },
        { kind: "rbf", lengthScale: [2, 2] },
      ],
    },
  });
  assert.equal(found.fits[0]?.trainRows, 69);
  assert.equal(found.fits[0]?.kernel.kind, "product");
});

Deno.test("forecastRows puts logarithms of past means and yesterday's features beside each day", () => {
  const rows = forecastRows(
    Float64Array.of(NaN, 1, 2, 3, 4),
    Float64Array.of(10, 11, 12, 13, 14),
    1,
    [1, 3],
  );
  assert.equal(rows.firstKnown, 4);
  assert.equal(rows.width, 3);
  assert.deepEqual(
    [...rows.inputs.slice(12)],
    [Math.log(3), Math.log(2), 13],
  );
  assert.equal(rows.targets[4], Math.log(4));
});

Deno.test("gpForecast refuses bad variances, gaps, short windows and windows that do not fit", async () => {
  const { variance, features } = await simulate();
  const run = (
    values: Float64Array,
    splits = SPLITS,
    known = features,
  ) =>
    gpForecast.run({
      variance: wf.tensor(values),
      features: wf.tensor(known, { shape: [ROWS, 1] }),
      splits,
    }, QUICK);
  const put = (values: Float64Array, row: number, value: number) =>
    values.map((old, index) => index === row ? value : old);
  await assert.rejects(run(put(variance, 9, 0)), /variance of row 9 is 0/);
  await assert.rejects(
    run(put(variance, 9, NaN)),
    /row 9 of "variance" is not finite/,
  );
  await assert.rejects(
    run(variance, SPLITS, put(features, 50, NaN)),
    /row 50 of "features" is not finite/,
  );
  await assert.rejects(
    run(variance, [
      { trainStart: 0, trainEnd: 25, testStart: 25, testEnd: 30 },
    ]),
    /3 usable rows/,
  );
  await assert.rejects(
    run(variance, [
      { trainStart: 0, trainEnd: 250, testStart: 250, testEnd: 300 },
    ]),
    /does not fit/,
  );
  await assert.rejects(
    gpForecast.run(
      { variance: vector([1, 2]), features: matrix([[1], [2]]), splits: [] },
      QUICK,
    ),
    /windows/,
  );
});
