import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { compareLosses } from "./diebold_mariano.ts";
import { scoreForecasts } from "./score_forecasts.ts";
import { assertClose, normals, series } from "./testing.ts";

const next = normals(3);
const truth = Float64Array.from({ length: 60 }, () => Math.exp(next() / 2));
const variance = series(truth);
const forecasts = {
  constant: series(truth.map(() => 1.2)),
  good: series(truth.map((value) => value * Math.exp(next() / 5))),
  copy: series(truth.map(() => 1.2)),
};

Deno.test("scoreForecasts gives each loss of each model, its ratio and its test", async () => {
  const { table, count } = await scoreForecasts.run({ variance, forecasts }, {
    baseline: "constant",
    losses: ["mse", "mae"],
  });
  assert.equal(count, 60);
  assert.deepEqual(
    table.map(({ loss, model }) => `${loss} ${model}`),
    [
      "mse constant",
      "mse copy",
      "mse good",
      "mae constant",
      "mae copy",
      "mae good",
    ],
  );
  const guess = await forecasts.good.data();
  const losses = truth.map((value, row) =>
    (value - (guess[row] as number)) ** 2
  );
  const base = truth.map((value) => (value - 1.2) ** 2);
  const mean = (values: Float64Array) =>
    values.reduce((sum, value) => sum + value, 0) / 60;
  const row = table[2];
  assertClose(row?.mean ?? NaN, mean(losses), 1e-12);
  assertClose(row?.ratio ?? NaN, mean(losses) / mean(base), 1e-12);
  const test = compareLosses(
    losses.map((loss, at) => loss - (base[at] as number)),
    1,
    "bartlett",
  );
  assertClose(row?.comparison?.statistic ?? NaN, test.statistic, 1e-12);
  assert.ok((row?.comparison?.statistic ?? 0) < -2, "the good forecast wins");
});

Deno.test("scoreForecasts says why a pair has no test", async () => {
  const { table } = await scoreForecasts.run({ variance, forecasts }, {
    baseline: "constant",
  });
  const note = (model: string) =>
    table.find((row) => row.model === model)?.note;
  assert.equal(note("constant"), "the baseline itself");
  assert.match(
    note("copy") ?? "",
    /long-run variance of their loss differences is 0/,
  );
  assert.equal(note("good"), null);
});

Deno.test("scoreForecasts scores all models on the same rows", async () => {
  const holes = (await forecasts.good.data()).map((value, row) =>
    row < 10 ? NaN : value
  );
  const inputs = { variance, forecasts: { ...forecasts, good: series(holes) } };
  await assert.rejects(
    scoreForecasts.run(inputs, { baseline: "constant" }),
    /Cannot score row 0: "forecasts.good" is NaN/,
  );
  const { table, count } = await scoreForecasts.run(inputs, {
    baseline: "constant",
    missing: "drop",
  });
  assert.equal(count, 50);
  const rows = truth.subarray(10);
  const mae = table.find(({ model, loss }) =>
    model === "constant" && loss === "mae"
  );
  const expected = rows.reduce((sum, value) => sum + Math.abs(value - 1.2), 0) /
    50;
  assertClose(mae?.mean ?? NaN, expected, 1e-12);
  const mask = wf.tensor(Uint8Array.from(truth, (_, row) => row < 10 ? 0 : 1), {
    dtype: "bool",
  });
  const masked = await scoreForecasts.run({ ...inputs, mask }, {
    baseline: "constant",
  });
  assert.deepEqual(masked.table, table);
});

Deno.test("scoreForecasts refuses a baseline that is none of the forecasts", async () => {
  await assert.rejects(
    scoreForecasts.run({ variance, forecasts }, { baseline: "naive" }),
    /Cannot use "naive" as the baseline[\s\S]*one of "constant", "copy", "good"/,
  );
});
