import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluate.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { calibrationCurve } from "./calibration_curve.ts";

const inputs = {
  labels: wf.tensor(reference.labels, { dtype: "i32" }),
  probabilities: wf.tensor(reference.probabilities, { dtype: "f64" }),
};

for (const strategy of ["uniform", "quantile"] as const) {
  Deno.test(`calibrationCurve with ${strategy} bins equals scikit-learn's`, async () => {
    const { bins } = await calibrationCurve.run(inputs, {
      of: 1,
      bins: 5,
      strategy,
    });
    const expected = reference.curves[strategy];
    assert.equal(bins.length, expected.observed.length);
    for (const [index, bin] of bins.entries()) {
      assert.ok(Math.abs(bin.observed - expected.observed[index]!) < 1e-12);
      assert.ok(
        Math.abs(bin.meanPredicted - expected.predicted[index]!) < 1e-12,
      );
    }
  });
}

Deno.test("calibrationCurve counts every row once", async () => {
  const { bins } = await calibrationCurve.run(inputs, { bins: 7 });
  const rows = bins.reduce((sum, { count }) => sum + count, 0);
  assert.equal(rows, reference.labels.length);
});

Deno.test("calibrationCurve measures over-confidence", async () => {
  const { expectedError } = await calibrationCurve.run({
    labels: wf.tensor([0, 0, 1, 1], { dtype: "i32" }),
    probabilities: wf.tensor(Array(4).fill([0.9, 0.1]), { dtype: "f64" }),
  });
  assert.ok(Math.abs(expectedError - 0.4) < 1e-12);
});

Deno.test("calibrationCurve makes one bin by quantiles of equal predictions", async () => {
  const { bins } = await calibrationCurve.run({
    labels: wf.tensor([0, 0, 1, 0], { dtype: "i32" }),
    probabilities: wf.tensor(Array(4).fill([0.75, 0.25]), { dtype: "f64" }),
  }, { strategy: "quantile" });
  assert.deepEqual(bins, [{
    lower: 0.75,
    upper: 0.75,
    count: 4,
    meanPredicted: 0.75,
    observed: 0.75,
  }]);
});

Deno.test("calibrationCurve refuses a class that is not there", async () => {
  await assert.rejects(
    calibrationCurve.run(inputs, { of: 3 }),
    /there is no such class/,
  );
});
