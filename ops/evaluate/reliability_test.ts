import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluation.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { calibrationCurve } from "./calibration_curve.ts";
import { wilsonInterval } from "./proportion.ts";
import { reliability } from "./reliability.ts";
import { applyTemperature, fitTemperature } from "./temperature.ts";

const known = reference.reliability;
const logits = wf.tensor(known.logits, { dtype: "f64" });
const labels = wf.tensor(known.labels, { dtype: "i32" });
const probabilities = wf.softmax(logits, { axis: -1 });

function assertClose(actual: number, expected: number, tolerance: number) {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected}`,
  );
}

Deno.test("wilsonInterval equals statsmodels'", () => {
  for (const { hits, count, level, interval } of reference.wilson) {
    const [lower, upper] = wilsonInterval(hits, count, level);
    assertClose(lower, interval[0]!, 1e-12);
    assertClose(upper, interval[1]!, 1e-12);
  }
});

Deno.test("reliability's errors equal those of NumPy, for the top class and class by class", async () => {
  const { top, classes, classwiseError } = await reliability.run(
    { labels, probabilities },
    { resamples: 50 },
  );
  assertClose(top.expectedError.value, known.expectedError, 1e-12);
  assertClose(top.maximumError, known.maximumError, 1e-12);
  known.classErrors.forEach((error, k) =>
    assertClose(classes[k]!.expectedError.value, error, 1e-12)
  );
  const mean = known.classErrors.reduce((sum, error) => sum + error, 0) / 3;
  assertClose(classwiseError.value, mean, 1e-12);
});

Deno.test("reliability's bins are those of calibrationCurve, with intervals around what came true", async () => {
  const { classes } = await reliability.run(
    { labels, probabilities },
    { resamples: 1, strategy: "quantile", bins: 5 },
  );
  const curve = await calibrationCurve.run(
    { labels, probabilities },
    { of: 1, strategy: "quantile", bins: 5 },
  );
  assert.deepEqual(
    classes[1]!.bins.map((bin) => {
      const { observedLower, observedUpper, ...rest } = bin;
      assert.ok(observedLower <= bin.observed && bin.observed <= observedUpper);
      assert.ok(observedUpper - observedLower < 0.5);
      return rest;
    }),
    curve.bins,
  );
});

Deno.test("fitTemperature equals scipy's minimum, and takes the sureness away", async () => {
  const { fit } = await fitTemperature.run({ logits, labels });
  assertClose(fit.temperature, known.temperature, 1e-6);
  assertClose(fit.after, known.logLoss, 1e-12);
  assertClose(fit.before, known.logLossBefore, 1e-12);
  assert.equal(fit.isBounded, false);
  const { y } = await applyTemperature.run({ logits, fit });
  const { top } = await reliability.run({
    labels,
    probabilities: wf.softmax(wf.cast(y, "f64"), { axis: -1 }),
  }, { resamples: 1 });
  assert.ok(top.expectedError.value < known.expectedError / 2);
});

Deno.test("fitTemperature of logits that were divided by two is half as high", async () => {
  const { fit } = await fitTemperature.run({
    logits: wf.divide(logits, 2),
    labels,
  });
  assertClose(fit.temperature, known.temperature / 2, 1e-6);
});

Deno.test("fitTemperature says where no temperature is best", async () => {
  const right = await fitTemperature.run({
    logits: wf.tensor([[1, 0], [0, 1]], { dtype: "f64" }),
    labels: wf.tensor([0, 1], { dtype: "i32" }),
  });
  assert.equal(right.fit.isBounded, true);
  assertClose(right.fit.temperature, 0.01, 1e-12);
  const wrong = await fitTemperature.run({
    logits: wf.tensor([[1, 0], [0, 1]], { dtype: "f64" }),
    labels: wf.tensor([1, 0], { dtype: "i32" }),
  });
  assert.equal(wrong.fit.isBounded, true);
  assertClose(wrong.fit.temperature, 100, 1e-9);
});

Deno.test("fitTemperature leaves out unlabelled rows, takes −Infinity, and refuses impossible truths", async () => {
  const masked = await fitTemperature.run({
    logits: wf.tensor(
      [[4, 0, -Infinity], [4, 0, -Infinity], [4, 0, 9], [4, 0, -Infinity]],
      { dtype: "f64" },
    ),
    labels: wf.tensor([0, 0, -1, 1], { dtype: "i32" }),
  });
  assertClose(4 / masked.fit.temperature, Math.log(2), 1e-12);
  assert.equal(masked.fit.rows, 3);
  await assert.rejects(
    fitTemperature.run({
      logits: wf.tensor([[0, -Infinity]], { dtype: "f64" }),
      labels: wf.tensor([1], { dtype: "i32" }),
    }),
    /true class of probability 0/,
  );
});
