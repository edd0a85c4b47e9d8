import assert from "node:assert/strict";
import { debiasForecast } from "./debias_forecast.ts";
import { close, f64, normals } from "./testing.ts";

const SPLITS = [
  { trainStart: 0, trainEnd: 1000, testStart: 1000, testEnd: 2000 },
  { trainStart: 0, trainEnd: 2000, testStart: 2000, testEnd: 3000 },
];

/** Berkson errors: the truth is the forecast plus noise of the same size. */
async function shrunken(): Promise<{ variance: number[]; forecast: number[] }> {
  const signal = await normals(21, 3000);
  const noise = await normals(22, 3000);
  return {
    variance: Array.from(signal, (s, t) => Math.exp(s + (noise[t] ?? NaN))),
    forecast: Array.from(
      signal,
      (s, t) => t < 1000 ? NaN : Math.exp(s + 0.5),
    ),
  };
}

const run = (
  { variance, forecast }: { variance: number[]; forecast: number[] },
  params: Parameters<typeof debiasForecast.run>[1] = {},
) =>
  debiasForecast.run({
    variance: f64(variance),
    forecast: f64(forecast),
    splits: SPLITS,
  }, params);

/** Slope of the log forecast on the log truth over rows. */
function slopeOnTruth(
  forecast: ArrayLike<number>,
  variance: number[],
  from: number,
  to: number,
): number {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  const x = rows.map((row) => Math.log(variance[row] ?? NaN));
  const y = rows.map((row) => Math.log(forecast[row] ?? NaN));
  const meanX = x.reduce((a, b) => a + b) / x.length;
  const meanY = y.reduce((a, b) => a + b) / y.length;
  const sxy = x.reduce(
    (sum, v, i) => sum + (v - meanX) * ((y[i] ?? NaN) - meanY),
    0,
  );
  return sxy / x.reduce((sum, v) => sum + (v - meanX) ** 2, 0);
}

Deno.test("debiasForecast restores the spread by both methods, with constants of earlier rows", async () => {
  const data = await shrunken();
  close(slopeOnTruth(data.forecast, data.variance, 2000, 3000), 0.5, 0.05);
  for (const method of ["lcc", "tweedie"] as const) {
    const { forecast, calibrations } = await run(data, { method });
    const corrected = await forecast.data();
    assert.equal(calibrations[1]?.rows, 1000);
    close(slopeOnTruth(corrected, data.variance, 2000, 3000), 1, 0.1);
    assert.ok(Number.isNaN(corrected[999]));
  }
});

Deno.test("debiasForecast by Mincer and Zarnowitz's regression lowers the loss of a forecast that is too spread", async () => {
  const data = await shrunken();
  const spread = {
    variance: data.variance,
    forecast: data.forecast.map((value) => value ** 2),
  };
  const { forecast, calibrations } = await run(spread, {
    method: "mincerZarnowitz",
  });
  // log v = s + noise and log f = 2 s + 1, so the truth has the slope 1/2 on it.
  close(1 / (calibrations[1]?.slope ?? NaN), 0.5, 0.03);
  const loss = (values: ArrayLike<number>) => {
    let sum = 0;
    for (let row = 2000; row < 3000; row += 1) {
      const ratio = (data.variance[row] ?? NaN) / (values[row] ?? NaN);
      sum += ratio - Math.log(ratio) - 1;
    }
    return sum / 1000;
  };
  const corrected = loss(await forecast.data());
  assert.ok(corrected < 0.7 * loss(spread.forecast));
  // The forecast that knows the process: exp(s + 1/2).
  close(corrected / loss(data.forecast), 1, 0.05);
});

Deno.test("debiasForecast bounds the slope where a forecast hardly varies", async () => {
  const data = await shrunken();
  const flat = {
    variance: data.variance,
    forecast: data.forecast.map((value) => value ** 0.01),
  };
  const { calibrations } = await run(flat, {
    method: "mincerZarnowitz",
    minimumSlope: 0.5,
  });
  close(1 / (calibrations[1]?.slope ?? NaN), 2, 1e-12);
  assert.deepEqual(
    calibrations[1]?.findings.map(({ name }) => name),
    ["slopeCeilingBinds"],
  );
});

Deno.test("debiasForecast meets the mean of the proxy on its calibration rows", async () => {
  const data = await shrunken();
  const { calibrations } = await run(data);
  const { intercept = NaN, slope = NaN, factor = NaN } = calibrations[1] ?? {};
  const corrected = data.forecast.slice(1000, 2000).map((value) =>
    factor * Math.exp((Math.log(value) - intercept) / slope)
  );
  const mean = (values: number[]) =>
    values.reduce((a, b) => a + b) / values.length;
  close(mean(corrected) / mean(data.variance.slice(1000, 2000)), 1, 1e-12);
  const plain = await run(data, { matchLevel: false });
  assert.equal(plain.calibrations[1]?.factor, 1);
});

Deno.test("debiasForecast leaves the first window alone and says so", async () => {
  const data = await shrunken();
  const { forecast, calibrations } = await run(data);
  assert.equal(calibrations[0]?.findings[0]?.name, "notCalibrated");
  close((await forecast.data())[1500], data.forecast[1500], 1e-12);
});

Deno.test("debiasForecast does not see the window that it corrects", async () => {
  const data = await shrunken();
  const before = await (await run(data)).forecast.data();
  const variance = data.variance.map((value, row) => row < 2000 ? value : 7);
  const after = await (await run({ ...data, variance })).forecast.data();
  assert.deepEqual([...after], [...before]);
});

Deno.test("debiasForecast says when the slope floor binds", async () => {
  const data = await shrunken();
  const { calibrations } = await run({
    variance: data.variance,
    forecast: data.forecast.map((value) => value ** 0.1),
  });
  assert.equal(calibrations[1]?.slope, 0.2);
  assert.equal(calibrations[1]?.findings[0]?.name, "slopeFloorBinds");
});

Deno.test("debiasForecast refuses variances that are not positive and missing test rows", async () => {
  const data = await shrunken();
  const put = (values: number[], row: number, value: number) =>
    values.map((old, index) => index === row ? value : old);
  await assert.rejects(
    run({ ...data, variance: put(data.variance, 5, 0) }),
    /row 5 of "variance" is 0/,
  );
  await assert.rejects(
    run({ ...data, forecast: put(data.forecast, 1005, NaN) }),
    /test row 1005 has none/,
  );
});
