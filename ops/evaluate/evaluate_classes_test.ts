import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluate.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { evaluateClasses } from "./evaluate_classes.ts";

const logits = wf.log(wf.tensor(reference.probabilities, { dtype: "f64" }));
const labels = wf.tensor(reference.labels, { dtype: "i32" });

Deno.test("evaluateClasses equals scikit-learn's scores", async () => {
  const { scores, confusion } = await evaluateClasses.run({ logits, labels });
  const expected = {
    accuracy: reference.accuracy,
    macroF1: reference.macroF1,
    weightedF1: reference.weightedF1,
    matthews: reference.matthews,
    logLoss: reference.logLoss,
  };
  for (const [name, value] of Object.entries(expected)) {
    const { value: ours } = scores[name as keyof typeof expected];
    assert.ok(
      Math.abs(ours - value) < 1e-9,
      `${name}: ${ours} is not ${value}`,
    );
  }
  assert.deepEqual(confusion, reference.confusion);
  assert.equal(scores.rows, reference.labels.length);
});

Deno.test("evaluateClasses gives intervals that hold their values", async () => {
  const { scores } = await evaluateClasses.run({ logits, labels });
  for (const interval of [scores.accuracy, scores.brier, scores.logLoss]) {
    assert.ok(interval.lower < interval.value);
    assert.ok(interval.value < interval.upper);
  }
});

Deno.test("evaluateClasses leaves out rows whose label is not known", async () => {
  const holes = reference.labels.map((label, row) => row < 10 ? -1 : label);
  const some = await evaluateClasses.run({
    logits,
    labels: wf.tensor(holes, { dtype: "i32" }),
  });
  const rest = await evaluateClasses.run({
    logits: wf.slice(logits, [10, 60]),
    labels: wf.slice(labels, [10, 60]),
  });
  assert.deepEqual(some, rest);
});

Deno.test("evaluateClasses takes -Infinity as probability 0", async () => {
  const { scores } = await evaluateClasses.run({
    logits: wf.tensor([[0, -Infinity]], { dtype: "f64" }),
    labels: wf.tensor([0], { dtype: "i32" }),
  });
  assert.equal(scores.logLoss.value, 0);
  assert.equal(scores.brier.value, 0);
});

Deno.test("evaluateClasses refuses NaN logits and names the row", async () => {
  await assert.rejects(
    evaluateClasses.run({
      logits: wf.tensor([[0, 1], [NaN, 0]], { dtype: "f64" }),
      labels: wf.tensor([0, 1], { dtype: "i32" }),
    }),
    /row 1/,
  );
});

Deno.test("evaluateClasses scores each window by itself", async () => {
  const { byWindow } = await evaluateClasses.run({
    logits,
    labels: wf.where(
      wf.less(wf.arange(0, 60, 1, { dtype: "i32" }), 20),
      -1,
      labels,
    ),
    windows: [{ start: 0, end: 20 }, { start: 20, end: 40 }, {
      start: 40,
      end: 60,
    }],
  });
  assert.deepEqual(byWindow.map(({ window }) => window), [1, 2]);
  const alone = await evaluateClasses.run({
    logits: wf.slice(logits, [40, 60]),
    labels: wf.slice(labels, [40, 60]),
  });
  assert.equal(byWindow[1]!.logLoss, alone.scores.logLoss.value);
  assert.equal(byWindow[1]!.matthews, alone.scores.matthews.value);
});
