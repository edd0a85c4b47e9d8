import { z } from "zod";
import assert from "node:assert/strict";
import { reference } from "../../fixtures/reference/volatility.ts";
import { checkCausal, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { ewma } from "./ewma.ts";
import { ewmaForecast } from "./ewma_forecast.ts";
import { garch11 } from "./garch11.ts";
import { garchForecast } from "./garch_forecast.ts";
import { harForecast } from "./har_forecast.ts";
import { harRv } from "./har_rv.ts";
import { qlike } from "./loss_ops.ts";
import type { Splits } from "../splits.ts";
import { assertClose, normals, series } from "./testing.ts";

const returns = Float64Array.from(reference.garch.normal.returns.slice(0, 420));
const variance = Float64Array.from(reference.har.variance.slice(0, 420));
const splits: Splits = [
  { trainStart: 0, trainEnd: 200, testStart: 200, testEnd: 300 },
  { trainStart: 100, trainEnd: 300, testStart: 305, testEnd: 420 },
];

function testRows(length: number): boolean[] {
  return Array.from(
    { length },
    (_, row) =>
      splits.some(({ testStart, testEnd }) =>
        row >= testStart && row < testEnd
      ),
  );
}

Deno.test("the forecasts cover the test rows and no others", async () => {
  const results = [
    await ewmaForecast.run({ returns: series(returns), splits }),
    await harForecast.run({ variance: series(variance), splits }),
    await garchForecast.run({ returns: series(returns), splits }),
  ];
  for (const { forecast, fits } of results) {
    const rows = [...await forecast.data()];
    assert.deepEqual(rows.map((value) => !Number.isNaN(value)), testRows(420));
    assert.ok(rows.every((value) => Number.isNaN(value) || value > 0));
    assert.equal(fits.length, 2);
  }
});

Deno.test("ewmaForecast runs the average of ewma through all rows", async () => {
  const { forecast } = await ewmaForecast.run({
    returns: series(returns),
    splits,
  });
  const whole = await ewma.run({ returns: series(returns) }, { warmUp: 20 });
  const path = await whole.variance.data();
  const expected = path.map((value, row) => testRows(420)[row] ? value : NaN);
  assertClose(await forecast.data(), expected, 1e-12);
  const squared = await ewmaForecast.run({
    variance: series(returns.map((r) => r * r)),
    splits,
  });
  assertClose(await squared.forecast.data(), expected, 1e-12);
});

Deno.test("harForecast at the first test row is the next forecast of harRv on the rows before", async () => {
  for (const log of [true, false]) {
    const { forecast, fits } = await harForecast.run({
      variance: series(variance),
      splits,
    }, {
      log,
    });
    const before = await harRv.run({
      variance: series(variance.subarray(0, 200)),
    }, { log });
    assertClose(
      (await forecast.data())[200] as number,
      await before.next.item(),
      1e-9,
    );
    assertClose(fits[0]?.fit.coefficients ?? [], before.fit.coefficients, 1e-9);
    assert.equal(fits[1]?.fit.rows, 200);
  }
});

Deno.test("garchForecast at the first test row is the next variance of garch11 on the rows before", async () => {
  const { forecast, fits } = await garchForecast.run({
    returns: series(returns),
    splits,
  });
  const before = await garch11.run({
    returns: series(returns.subarray(0, 200)),
  });
  assertClose(
    (await forecast.data())[200] as number,
    await before.next.item(),
    1e-5,
  );
  assertClose(
    fits[0]?.parameters.beta ?? NaN,
    before.fit.parameters.beta,
    1e-3,
  );
  const fit = fits[0]?.parameters ?? assert.fail("no fit");
  const rows = await forecast.data();
  const update = fit.omega +
    fit.alpha * ((returns[200] as number) - fit.mu) ** 2 +
    fit.beta * (rows[200] as number);
  assertClose(rows[201] as number, update, 1e-10);
});

Deno.test("a variance wired into garchForecast sets the level of its forecasts", async () => {
  const half = series(returns.map((r) => 0.5 * r * r));
  const plain = await garchForecast.run({ returns: series(returns), splits });
  const matched = await garchForecast.run({
    returns: series(returns),
    variance: half,
    splits,
  });
  const level = matched.fits[0]?.level ?? NaN;
  assert.ok(level > 0.45 && level < 0.55, `${level}`);
  const [left, right] = [
    await matched.forecast.data(),
    await plain.forecast.data(),
  ];
  assertClose(left[250] as number, level * (right[250] as number), 1e-9);
});

Deno.test("rows that are not known yet are left out at the start", async () => {
  const later = (values: Float64Array) =>
    series([NaN, NaN, ...values.subarray(2)]);
  const plain = [{
    trainStart: 2,
    trainEnd: 200,
    testStart: 200,
    testEnd: 210,
  }];
  const early = [{ ...plain[0]!, trainStart: 0 }];
  const one = await garchForecast.run({
    returns: later(returns),
    splits: early,
  });
  const two = await garchForecast.run({
    returns: series(returns),
    splits: plain,
  });
  assertClose(await one.forecast.data(), await two.forecast.data(), 1e-9);
});

/** An op of one series whose splits are cut to its length, as a pipeline would make them. */
function overSeries<F>(
  name: string,
  run: (
    values: F64,
    splits: Splits,
  ) => Promise<{ forecast: F64; fits: F }>,
) {
  return op({
    name: `test/${name}`,
    version: "1",
    doc:
      "A walk-forward forecast whose splits follow from the length of its series",
    causal: true,
    inputs: { series: port.tensor("f64", ["t"]) },
    params: z.object({}),
    outputs: { forecast: port.tensor("f64", ["t"]) },
    run: async ({ series: values }) => {
      const length = values.shape[0] ?? 0;
      const cut = splits.filter(({ testStart }) => testStart < length)
        .map((split) => ({
          ...split,
          testEnd: Math.min(split.testEnd, length),
        }));
      if (cut.length === 0) {
        return { forecast: series(new Float64Array(length).fill(NaN)) };
      }
      return { forecast: (await run(values, cut)).forecast };
    },
  });
}

Deno.test("ewmaForecast, harForecast and garchForecast are causal", async () => {
  const ofEwma = overSeries(
    "ewma",
    (values, cut) => ewmaForecast.run({ returns: values, splits: cut }),
  );
  const ofHar = overSeries(
    "har",
    (values, cut) => harForecast.run({ variance: values, splits: cut }),
  );
  const ofGarch = overSeries(
    "garch",
    (values, cut) => garchForecast.run({ returns: values, splits: cut }),
  );
  await checkCausal(ofEwma, { series: series(returns) }, {});
  await checkCausal(ofHar, { series: series(variance) }, {});
  await checkCausal(ofGarch, { series: series(returns) }, {});
});

Deno.test("the insanity filter keeps forecasts in levels positive", async () => {
  const wild = variance.map((value, row) => row === 250 ? 400 : value);
  const inputs = { variance: series(wild), splits };
  const plain = await harForecast.run(inputs, {
    log: false,
    insanityFilter: false,
  });
  const kept = await harForecast.run(inputs, { log: false });
  const most = Math.max(...variance.subarray(22, 200));
  assert.ok(((await plain.forecast.data())[251] as number) > most);
  const mean =
    variance.subarray(22, 200).reduce((sum, value) => sum + value, 0) / 178;
  assertClose((await kept.forecast.data())[251] as number, mean, 1e-12);
  assert.ok((kept.fits[0]?.replaced ?? 0) >= 1);
});

Deno.test("harForecast beats a constant where variance is persistent", async () => {
  const { forecast } = await harForecast.run({
    variance: series(variance),
    splits,
  });
  const truth = series(variance);
  const mean =
    variance.subarray(0, 200).reduce((sum, value) => sum + value, 0) / 200;
  const har = await qlike.run({ variance: truth, forecast }, {
    missing: "drop",
  });
  const flat = (await forecast.data()).map((value) =>
    Number.isNaN(value) ? NaN : mean
  );
  const constant = await qlike.run(
    { variance: truth, forecast: series(flat) },
    { missing: "drop" },
  );
  assert.ok(
    har.mean < 0.7 * constant.mean,
    `${har.mean} against ${constant.mean}`,
  );
});

Deno.test("splits that cannot be followed are refused, and too little history", async () => {
  const base = { trainStart: 0, trainEnd: 200, testStart: 200, testEnd: 300 };
  const forecastOver = (...bad: Splits) =>
    harForecast.run({ variance: series(variance), splits: bad });
  await assert.rejects(forecastOver(), /there are no walk-forward windows/);
  for (
    const fault of [
      { testStart: 199 },
      { testEnd: 421 },
      { trainStart: 200 },
      { testEnd: 200 },
    ]
  ) {
    await assert.rejects(
      forecastOver({ ...base, ...fault }),
      /walk-forward window 0 does not fit/,
    );
  }
  await assert.rejects(
    forecastOver(base, base),
    /the test of walk-forward window 1 overlaps or precedes the one before/,
  );
  const early = [{ trainStart: 0, trainEnd: 10, testStart: 10, testEnd: 40 }];
  await assert.rejects(
    harForecast.run({ variance: series(variance), splits: early }),
    /Cannot forecast row 10: too few rows are known before it/,
  );
  await assert.rejects(
    garchForecast.run({ returns: series(returns), splits: early }),
    /Cannot fit GARCH\(1,1\) to split 0: too few returns are known/,
  );
  await assert.rejects(
    ewmaForecast.run({ splits: [base] }),
    /Cannot choose between "variance" and "returns"/,
  );
});

Deno.test("an abort ends garchForecast long before its last split", async () => {
  const next = normals(2);
  const long = series(Float64Array.from({ length: 4000 }, next));
  const many = Array.from({ length: 30 }, (_, index) => ({
    trainStart: 0,
    trainEnd: 1000 + 100 * index,
    testStart: 1000 + 100 * index,
    testEnd: 1100 + 100 * index,
  }));
  const controller = new AbortController();
  const logged: number[] = [];
  const done = garchForecast({ returns: long, splits: many }).value({
    store: "none",
    signal: controller.signal,
    onProgress: (event) => {
      if (event.type !== "node-progress") return;
      logged.push(event.fraction);
      controller.abort();
    },
  });
  await assert.rejects(done, /abort|cancel/i);
  assert.ok(logged.length > 0 && logged.length < 5, `${logged.length}`);
});
