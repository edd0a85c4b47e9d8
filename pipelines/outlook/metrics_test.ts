import assert from "node:assert/strict";
import {
  comparisonsOf,
  movementMetrics,
  volatilityMetrics,
} from "./metrics.ts";
import { notesOf } from "./notes.ts";

const TABLE = [
  { model: "ewma", loss: "qlike", comparison: null },
  {
    model: "har",
    loss: "qlike",
    comparison: { statistic: -3, pValue: 0.003 },
  },
];

const METRICS = volatilityMetrics({
  names: ["first", "second"],
  splits: [
    { trainStart: 0, trainEnd: 1, testStart: 1, testEnd: 3 },
    { trainStart: 0, trainEnd: 3, testStart: 3, testEnd: 5 },
  ],
  losses: {
    qlike: {
      ewma: Float64Array.of(NaN, 1, 3, 5, NaN),
      har: Float64Array.of(NaN, 2, 2, 2, NaN),
    },
    mse: {
      ewma: Float64Array.of(NaN, 1, 1, 1, NaN),
      har: Float64Array.of(NaN, 1, 1, 1, NaN),
    },
  },
  shuffled: {
    qlike: {
      ewma: Float64Array.of(NaN, 7, 7, 7, NaN),
      har: Float64Array.of(NaN, 8, 8, 11, NaN),
    },
    mse: {
      ewma: Float64Array.of(NaN, 2, 2, 2, NaN),
      har: Float64Array.of(NaN, 2, 2, 2, NaN),
    },
  },
});

function metric(model: string, name: string, split: string) {
  return METRICS.find((row) =>
    row.model === model && row.metric === name && row.split === split
  )!;
}

Deno.test("volatilityMetrics averages the rows that have a loss", () => {
  assert.equal(metric("ewma", "qlike", "all").value, 3);
  assert.equal(metric("ewma", "qlike", "all").rows, 3);
  assert.equal(metric("ewma", "qlike", "first").value, 2);
  assert.equal(metric("ewma", "qlike", "second").value, 5);
});

Deno.test("volatilityMetrics puts the baseline and chance beside each score", () => {
  const har = metric("har", "qlike", "all");
  assert.deepEqual(har.baseline, { model: "ewma", value: 3 });
  assert.equal(har.shuffled, 9);
  assert.equal(metric("har", "qlike", "first").shuffled, 8);
  assert.equal(metric("har", "qlike", "second").shuffled, 11);
  assert.equal(metric("har", "qlike", "second").baseline.value, 5);
});

Deno.test("movementMetrics puts the baseline and chance beside each score of each window", () => {
  const score = (value: number) => ({
    accuracy: value,
    macroF1: value,
    weightedF1: value,
    matthews: value,
    brier: value,
    logLoss: value,
  });
  const interval = (value: number) => ({
    value,
    lower: value - 1,
    upper: value + 1,
  });
  const overall = (value: number) => ({
    rows: 9,
    accuracy: interval(value),
    macroF1: interval(value),
    weightedF1: interval(value),
    matthews: interval(value),
    brier: interval(value),
    logLoss: interval(value),
  });
  const metrics = movementMetrics({
    names: ["first", "second"],
    scores: { prior: overall(1), fused: overall(2) },
    byWindow: {
      prior: [{ window: 0, rows: 4, ...score(3) }, {
        window: 1,
        rows: 5,
        ...score(4),
      }],
      fused: [{ window: 0, rows: 4, ...score(5) }, {
        window: 1,
        rows: 5,
        ...score(6),
      }],
    },
    shuffled: { prior: overall(7), fused: overall(8) },
    shuffledByWindow: {
      prior: [{ window: 0, rows: 4, ...score(9) }],
      fused: [{ window: 0, rows: 4, ...score(10) }],
    },
  });
  const told = metrics.filter((row) =>
    row.model === "fused" && row.metric === "logLoss"
  ).map(({ split, value, baseline, shuffled }) => [
    split,
    value,
    baseline.value,
    shuffled,
  ]);
  assert.deepEqual(told, [
    ["all", 2, 1, 8],
    ["first", 5, 3, 10],
    ["second", 6, 4, null],
  ]);
});

Deno.test("comparisonsOf leaves the baseline out", () => {
  assert.deepEqual(comparisonsOf(TABLE).map(({ model }) => model), ["har"]);
});

Deno.test("notesOf tells losses as plainly as gains", () => {
  const [note] = notesOf(METRICS, comparisonsOf(TABLE));
  assert.match(note!, /^HAR: QLIKE 33\.3 % better than EWMA \(p = 0\.0030\)/);
  const worse = METRICS.map((row) => ({ ...row, value: row.value * 3 }));
  assert.match(notesOf(worse, [])[0]!, /100\.0 % worse than EWMA \(not tested/);
});
