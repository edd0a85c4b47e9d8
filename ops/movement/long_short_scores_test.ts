import assert from "node:assert/strict";
import {
  accuracy,
  f1Score,
  matthewsCorrelation,
} from "../evaluate/class_metrics.ts";
import * as wf from "../../runtime/tensor/mod.ts";

/** 40 of 60 Long and 25 of 40 Short are answered so. */
const truth = [...Array(60).fill(1), ...Array(40).fill(0)];
const answers = [
  ...Array(40).fill(1),
  ...Array(20).fill(0),
  ...Array(15).fill(1),
  ...Array(25).fill(0),
];
const rows = (values: number[]) => wf.tensor(values, { dtype: "i32" });
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 5e-8, `${actual}`);

Deno.test("scores of Long and Short are those of the paper card's confusion", async () => {
  const inputs = { labels: rows(truth), predictions: rows(answers) };
  near((await accuracy.run(inputs)).score, 0.65);
  near((await matthewsCorrelation.run(inputs)).score, 0.2872135);
  near((await f1Score.run(inputs, { average: "weighted" })).score, 0.6526854);
});

Deno.test("a constant answer has a Matthews correlation of 0", async () => {
  const { score } = await matthewsCorrelation.run({
    labels: rows(truth),
    predictions: rows(truth.map(() => 1)),
  });
  assert.equal(score, 0);
});
