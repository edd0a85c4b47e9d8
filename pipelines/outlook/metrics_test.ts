import assert from "node:assert/strict";
import { comparisonsOf, volatilityMetrics } from "./metrics.ts";
import { notesOf } from "./notes.ts";

const TABLE = [
  { model: "ewma", loss: "qlike", mean: 0.4, comparison: null },
  {
    model: "har",
    loss: "qlike",
    mean: 0.3,
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
  table: TABLE,
  shuffled: [{ model: "har", loss: "qlike", mean: 9, comparison: null }],
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
  assert.equal(metric("har", "mse", "all").shuffled, null);
  assert.equal(metric("har", "qlike", "second").baseline.value, 5);
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
