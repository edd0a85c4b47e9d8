import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluate.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { fitLogistic, predictLogistic } from "./logistic_regression.ts";

const { logistic } = reference;
const features = wf.tensor(logistic.features, { dtype: "f64" });
const labels = wf.tensor(logistic.labels, { dtype: "i32" });

function largestDifference(actual: Float64Array, expected: number[]): number {
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
}

Deno.test("fitLogistic equals scikit-learn's weights, bias and probabilities", async () => {
  const { weights, bias, report } = await fitLogistic.run(
    { features, labels },
    { penalty: logistic.penalty, standardize: false, tolerance: 1e-9 },
  );
  assert.ok(report.converged);
  assert.ok(
    largestDifference(await weights.data(), logistic.weights.flat()) < 1e-6,
  );
  assert.ok(largestDifference(await bias.data(), logistic.bias) < 1e-6);
  const { logits } = await predictLogistic.run({ features, weights, bias });
  const probabilities = await wf.softmax(logits, { axis: -1 }).data();
  assert.ok(
    largestDifference(probabilities, logistic.probabilities.flat()) < 1e-6,
  );
});

Deno.test("fitLogistic with standardisation does not depend on units", async () => {
  const params = { tolerance: 1e-10 };
  const scale = wf.tensor([1, 1000, 0.001, 5], { dtype: "f64" });
  const shift = wf.tensor([0, 7, -3, 100], { dtype: "f64" });
  const moved = wf.add(wf.multiply(features, scale), shift);
  const fitted = await fitLogistic.run({ features, labels }, params);
  const refitted = await fitLogistic.run({ features: moved, labels }, params);
  const logitsOf = (rows: wf.F64, { weights, bias }: typeof fitted) =>
    predictLogistic.run({ features: rows, weights, bias });
  const before = await logitsOf(features, fitted);
  const after = await logitsOf(moved, refitted);
  const expected = [...await before.logits.data()];
  assert.ok(largestDifference(await after.logits.data(), expected) < 1e-6);
});

Deno.test("fitLogistic gives a constant feature no weight", async () => {
  const constant = wf.concat([features, wf.ones([80, 1], { dtype: "f64" })], {
    axis: 1,
  });
  const { weights } = await fitLogistic.run({ features: constant, labels });
  const last = (await weights.data()).slice(-3);
  assert.ok(last.every((weight) => Math.abs(weight) < 1e-6));
});

Deno.test("fitLogistic refuses one class, unknown classes and missing features", async () => {
  const two = wf.tensor([[1], [2]], { dtype: "f64" });
  await assert.rejects(
    fitLogistic.run({
      features: two,
      labels: wf.tensor([1, 1], { dtype: "i32" }),
    }),
    /fewer than two classes occur/,
  );
  await assert.rejects(
    fitLogistic.run({
      features: two,
      labels: wf.tensor([1, 3], { dtype: "i32" }),
    }),
    /a label is not a class/,
  );
  await assert.rejects(
    fitLogistic.run({
      features: wf.tensor([[1], [NaN]], { dtype: "f64" }),
      labels: wf.tensor([0, 1], { dtype: "i32" }),
    }),
    /feature 0 of row 1 is not finite/,
  );
});
