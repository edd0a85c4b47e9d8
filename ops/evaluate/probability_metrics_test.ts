import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluate.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { brierScore, logLoss } from "./probability_metrics.ts";

const labels = wf.tensor(reference.labels, { dtype: "i32" });
const probabilities = wf.tensor(reference.probabilities, { dtype: "f64" });

Deno.test("logLoss equals scikit-learn's", async () => {
  const { score } = await logLoss.run({ labels, probabilities });
  assert.ok(Math.abs(score - reference.logLoss) < 1e-12);
});

Deno.test("brierScore is 0 for certain truth, 2 for certain error and (k-1)/k for the uniform guess", async () => {
  const scoreOf = async (row: number[]) =>
    (await brierScore.run({
      labels: wf.tensor([1], { dtype: "i32" }),
      probabilities: wf.tensor([row], { dtype: "f64" }),
    })).score;
  assert.equal(await scoreOf([0, 1, 0, 0]), 0);
  assert.equal(await scoreOf([1, 0, 0, 0]), 2);
  assert.equal(await scoreOf([0.25, 0.25, 0.25, 0.25]), 0.75);
});

Deno.test("logLoss of an impossible event that came true is finite", async () => {
  const { score } = await logLoss.run({
    labels: wf.tensor([1], { dtype: "i32" }),
    probabilities: wf.tensor([[1, 0]], { dtype: "f64" }),
  });
  assert.equal(score, -Math.log(Number.EPSILON));
});

Deno.test("logLoss refuses rows that are no distribution", async () => {
  for (const row of [[0.5, 0.6], [NaN, 1], [-0.5, 1.5]]) {
    await assert.rejects(
      logLoss.run({
        labels: wf.tensor([0], { dtype: "i32" }),
        probabilities: wf.tensor([row], { dtype: "f64" }),
      }),
      /Cannot score row 0 as its class probabilities are not a distribution/,
    );
  }
});

Deno.test("logLoss leaves out rows whose label is not known", async () => {
  const { score } = await logLoss.run({
    labels: wf.tensor([-1, 1], { dtype: "i32" }),
    probabilities: wf.tensor([[NaN, NaN], [0.5, 0.5]], { dtype: "f64" }),
  });
  assert.ok(Math.abs(score - Math.LN2) < 1e-15);
});
