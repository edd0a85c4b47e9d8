import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluate.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import {
  accuracy,
  confusionMatrix,
  f1Score,
  matthewsCorrelation,
} from "./class_metrics.ts";

const labels = wf.tensor(reference.labels, { dtype: "i32" });
const predictions = wf.tensor(reference.predictions, { dtype: "i32" });

function assertClose(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) < 1e-12,
    `${actual} is not ${expected}`,
  );
}

Deno.test("accuracy, F1 and Matthews correlation equal scikit-learn's", async () => {
  const inputs = { labels, predictions };
  assertClose((await accuracy.run(inputs)).score, reference.accuracy);
  assertClose((await f1Score.run(inputs)).score, reference.macroF1);
  const weighted = await f1Score.run(inputs, { average: "weighted" });
  assertClose(weighted.score, reference.weightedF1);
  const matthews = await matthewsCorrelation.run(inputs);
  assertClose(matthews.score, reference.matthews);
});

Deno.test("confusionMatrix counts true classes by row", async () => {
  const { counts } = await confusionMatrix.run({ labels, predictions });
  assert.deepEqual(counts, reference.confusion);
});

Deno.test("confusionMatrix keeps classes that do not occur when told their number", async () => {
  const { counts } = await confusionMatrix.run({
    labels: wf.tensor([0, 1], { dtype: "i32" }),
    predictions: wf.tensor([1, 1], { dtype: "i32" }),
  }, { classes: 3 });
  assert.deepEqual(counts, [[0, 1, 0], [0, 1, 0], [0, 0, 0]]);
});

Deno.test("matthewsCorrelation is 0 for constant predictions, 1 for perfect and -1 for inverted ones", async () => {
  const truth = wf.tensor([0, 1, 0, 1], { dtype: "i32" });
  const scoreOf = async (guess: number[]) =>
    (await matthewsCorrelation.run({
      labels: truth,
      predictions: wf.tensor(guess, { dtype: "i32" }),
    })).score;
  assert.equal(await scoreOf([0, 0, 0, 0]), 0);
  assertClose(await scoreOf([0, 1, 0, 1]), 1);
  assertClose(await scoreOf([1, 0, 1, 0]), -1);
});

Deno.test("f1Score leaves classes that occur nowhere out of the macro mean", async () => {
  const { score } = await f1Score.run({
    labels: wf.tensor([0, 2], { dtype: "i32" }),
    predictions: wf.tensor([0, 2], { dtype: "i32" }),
  });
  assert.equal(score, 1);
});

Deno.test("accuracy refuses unlabelled rows and says which", async () => {
  await assert.rejects(
    accuracy.run({
      labels: wf.tensor([0, -1], { dtype: "i32" }),
      predictions: wf.tensor([0, 1], { dtype: "i32" }),
    }),
    /Cannot score row 1 as its label is not a class/,
  );
});

Deno.test("accuracy refuses class numbers whose matrix would not fit into memory", async () => {
  await assert.rejects(
    accuracy.run({
      labels: wf.tensor([0, 2_000_000_000], { dtype: "i32" }),
      predictions: wf.tensor([0, 1], { dtype: "i32" }),
    }),
    /there are too many classes/,
  );
});

Deno.test("accuracy refuses labels and predictions of different length", async () => {
  await assert.rejects(
    accuracy.run({ labels, predictions: wf.tensor([0], { dtype: "i32" }) }),
    /predictions/,
  );
});
