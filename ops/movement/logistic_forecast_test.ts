import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { classPriorForecast, logisticForecast } from "./logistic_forecast.ts";
import { fitLogistic, predictLogistic } from "./logistic_regression.ts";

const ROWS = 40;
const SPLITS = [
  { trainStart: 0, trainEnd: 18, testStart: 20, testEnd: 30 },
  { trainStart: 0, trainEnd: 28, testStart: 30, testEnd: 40 },
];

const values = Array.from(
  { length: ROWS },
  (_, row) => [Math.sin(row * 1.7), Math.cos(row * 0.9)],
);
const classes = values.map(([a, b]) =>
  a! + 0.5 * b! > 0.3 ? 2 : a! < 0 ? 0 : 1
);

function forecast(features: number[][], labels: number[]) {
  return logisticForecast.run({
    features: wf.tensor(features, { dtype: "f64" }),
    labels: wf.tensor(labels, { dtype: "i32" }),
    splits: SPLITS,
  });
}

Deno.test("logisticForecast equals a fit on each training window", async () => {
  const logits = await (await forecast(values, classes)).logits.data();
  for (const { trainStart, trainEnd, testStart, testEnd } of SPLITS) {
    const { weights, bias } = await fitLogistic.run({
      features: wf.tensor(values.slice(trainStart, trainEnd), { dtype: "f64" }),
      labels: wf.tensor(classes.slice(trainStart, trainEnd), { dtype: "i32" }),
    });
    const expected = await predictLogistic.run({
      features: wf.tensor(values.slice(testStart, testEnd), { dtype: "f64" }),
      weights,
      bias,
    });
    const window = await expected.logits.data();
    window.forEach((value, index) =>
      assert.ok(Math.abs(value - logits[testStart * 3 + index]!) < 1e-9)
    );
  }
});

Deno.test("logisticForecast gives NaN outside the test windows only", async () => {
  const logits = await (await forecast(values, classes)).logits.data();
  logits.forEach((value, index) =>
    assert.equal(Number.isNaN(value), index < 20 * 3)
  );
});

Deno.test("logisticForecast does not see rows after its training window", async () => {
  const before = await (await forecast(values, classes)).logits.data();
  const changed = values.map((row, t) => t >= 35 ? [9, -9] : row);
  const relabelled = classes.map((label, t) =>
    t >= 28 ? (label + 1) % 3 : label
  );
  const after = await (await forecast(changed, relabelled)).logits.data();
  assert.deepEqual(after.slice(0, 35 * 3), before.slice(0, 35 * 3));
  assert.notDeepEqual(after.slice(35 * 3), before.slice(35 * 3));
});

Deno.test("logisticForecast does not train on unlabelled rows", async () => {
  const holes = classes.map((label, row) => row % 5 === 0 ? -1 : label);
  const { fits } = await forecast(values, holes);
  assert.deepEqual(fits.map(({ trainRows }) => trainRows), [14, 22]);
});

Deno.test("logisticForecast refuses windows that overlap or leave the rows", async () => {
  for (
    const split of [
      { trainStart: 0, trainEnd: 21, testStart: 20, testEnd: 30 },
      { trainStart: 0, trainEnd: 20, testStart: 20, testEnd: 41 },
    ]
  ) {
    await assert.rejects(
      logisticForecast.run({
        features: wf.tensor(values, { dtype: "f64" }),
        labels: wf.tensor(classes, { dtype: "i32" }),
        splits: [split],
      }),
      /walk-forward window 0 does not fit/,
    );
  }
});

Deno.test("classPriorForecast gives the smoothed frequencies of the training window", async () => {
  const { logits } = await classPriorForecast.run({
    labels: wf.tensor([0, 0, 2, -1, 1, 1], { dtype: "i32" }),
    splits: [{ trainStart: 0, trainEnd: 4, testStart: 4, testEnd: 6 }],
  });
  const rows = await logits.data();
  assert.ok(rows.slice(0, 12).every(Number.isNaN));
  const expected = [3 / 6, 1 / 6, 2 / 6].map(Math.log);
  [...rows.slice(12)].forEach((value, index) =>
    assert.ok(Math.abs(value - expected[index % 3]!) < 1e-15)
  );
});

Deno.test("logisticForecast names the row whose features are not finite", async () => {
  const holes = values.map((row, t) => t === 33 ? [NaN, 0] : row);
  await assert.rejects(
    forecast(holes, classes),
    /the features of row 33 are not finite/,
  );
});
