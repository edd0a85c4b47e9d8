import assert from "node:assert/strict";
import { reference } from "../../fixtures/reference/volatility.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { harRv } from "./har_rv.ts";
import { assertClose, normals, series } from "./testing.ts";

const variance = series(reference.har.variance);

Deno.test("harRv in levels gives statsmodels' coefficients and Newey-West errors", async () => {
  const { fit, next } = await harRv.run({ variance }, { neweyWestLags: 5 });
  const expected = reference.har.levels;
  assertClose(fit.coefficients, expected.coefficients, 1e-9, "coefficients");
  assertClose(
    fit.classicErrors,
    expected.classicErrors,
    1e-9,
    "classic errors",
  );
  assertClose(
    fit.neweyWestErrors,
    expected.neweyWestErrors,
    1e-9,
    "Newey-West errors",
  );
  assertClose(fit.rSquared, expected.rSquared, 1e-9);
  assertClose(fit.residualVariance, expected.residualVariance, 1e-9);
  assertClose(await next.item(), expected.next, 1e-9);
  assert.equal(fit.rows, 578);
});

Deno.test("harRv in logs gives statsmodels' fit, and forecasts with the log-normal mean", async () => {
  const { fit, next } = await harRv.run({ variance }, {
    log: true,
    neweyWestLags: 5,
    smallSample: true,
  });
  const expected = reference.har.log;
  assertClose(fit.coefficients, expected.coefficients, 1e-9, "coefficients");
  assertClose(
    fit.neweyWestErrors,
    expected.neweyWestErrorsCorrected,
    1e-9,
    "errors",
  );
  assertClose(
    await next.item(),
    Math.exp(expected.next + expected.residualVariance / 2),
    1e-9,
  );
});

Deno.test("harRv finds the coefficients of a simulated heterogeneous autoregression", async () => {
  const truth = [0.1, 0.35, 0.3, 0.2];
  const random = normals(4);
  const path = Array.from({ length: 22 }, () => 0.7);
  const mean = (rows: number) =>
    path.slice(-rows).reduce((sum, value) => sum + value, 0) / rows;
  while (path.length < 6000) {
    const [constant, day, week, month] = truth as [
      number,
      number,
      number,
      number,
    ];
    const shock = 0.05 * random();
    path.push(
      constant + day * mean(1) + week * mean(5) + month * mean(22) + shock,
    );
  }
  const { fit } = await harRv.run({ variance: series(path) });
  fit.coefficients.forEach((coefficient, index) => {
    const error = Math.abs(coefficient - (truth[index] as number));
    assert.ok(
      error < 3.5 * (fit.neweyWestErrors[index] as number),
      `coefficient ${index}`,
    );
  });
});

Deno.test("harRv: fitted rows are the regression of the rows before, NaN for the first 22", async () => {
  const { fit, fitted } = await harRv.run({ variance });
  const values = reference.har.variance;
  const rows = await fitted.data();
  assert.equal(rows.length, values.length);
  assert.ok(rows.subarray(0, 22).every(Number.isNaN));
  const mean = (end: number, size: number) =>
    values.slice(end - size, end).reduce((sum, value) => sum + value, 0) / size;
  for (const row of [22, 300, 599]) {
    const regressors = [1, mean(row, 1), mean(row, 5), mean(row, 22)];
    const expected = regressors.reduce(
      (sum, x, at) => sum + x * (fit.coefficients[at] ?? NaN),
      0,
    );
    assertClose(rows[row] as number, expected, 1e-10, `row ${row}`);
  }
});

Deno.test("harRv leaves out unknown rows at the start", async () => {
  const unknown = wf.full([3], NaN, { dtype: "f64" });
  const later = await harRv.run({ variance: wf.concat([unknown, variance]) });
  const plain = await harRv.run({ variance });
  assertClose(later.fit.coefficients, plain.fit.coefficients, 1e-12);
  assert.ok((await later.fitted.data()).subarray(0, 25).every(Number.isNaN));
});

Deno.test("harRv refuses holes, values that are not positive, short and constant series", async () => {
  const values = Float64Array.from(reference.har.variance.slice(0, 60));
  const spoilt = (value: number) => series(values.with(30, value));
  await assert.rejects(
    harRv.run({ variance: spoilt(NaN) }),
    /value at row 30 is NaN/,
  );
  await assert.rejects(
    harRv.run({ variance: spoilt(0) }),
    /positive: value at row 30 is 0/,
  );
  await assert.rejects(
    harRv.run({ variance: series(values.slice(0, 26)) }),
    /too few known rows/,
  );
  await assert.rejects(
    harRv.run({ variance: series(values.map(() => 2)) }),
    /regressor 1 is a combination of those before it/,
  );
});
