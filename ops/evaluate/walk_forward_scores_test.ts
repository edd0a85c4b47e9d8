import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluation.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { evaluateClasses } from "./evaluate_classes.ts";
import { walkForwardScores } from "./walk_forward_scores.ts";

const { labels: truth, answers: given, ...expected } = reference.answers;
const rows = truth.length;
const labels = wf.tensor(truth, { dtype: "i32" });

/** The reference rows as tests, behind two rows to train on. */
function padded(values: readonly number[]) {
  return wf.tensor([0, 1, ...values], { dtype: "i32" });
}

const splits = [
  { trainStart: 0, trainEnd: 1, testStart: 2, testEnd: 42 },
  { trainStart: 0, trainEnd: 37, testStart: 42, testEnd: rows + 2 },
];

function assertClose(actual: number, wanted: number, what: string): void {
  assert.ok(
    Math.abs(actual - wanted) < 1e-12,
    `${what}: ${actual} is not ${wanted}`,
  );
}

Deno.test("walkForwardScores equals scikit-learn's scores, answers without a class included", async () => {
  const { scores, confusion } = await walkForwardScores.run({
    labels: padded(truth),
    answers: padded(given),
    splits,
  }, { classes: 3, resamples: 50 });
  for (
    const name of ["accuracy", "macroF1", "weightedF1", "matthews"] as const
  ) {
    assertClose(scores[name].value, expected[name], name);
    assert.ok(scores[name].lower < scores[name].value);
    assert.ok(scores[name].value < scores[name].upper);
  }
  assert.deepEqual(confusion, expected.confusion);
  assert.equal(scores.rows, rows);
  assert.equal(scores.invalid, given.filter((answer) => answer < 0).length);
  assert.equal(scores.brier, null);
});

Deno.test("walkForwardScores tells the gap of each window in rows and days, and its own scores", async () => {
  const days = wf.tensor(
    Int32Array.from({ length: rows + 2 }, (_, row) => 100 + 3 * row),
  );
  const { byWindow, scores } = await walkForwardScores.run({
    labels: padded(truth),
    answers: padded(given),
    days,
    splits,
  }, { classes: 3, resamples: 5 });
  assert.deepEqual(
    byWindow.map(({ window, rows, trainRows, gap, gapDays }) => [
      window,
      rows,
      trainRows,
      gap,
      gapDays,
    ]),
    [[0, 40, 1, 1, 6], [1, rows - 40, 37, 5, 18]],
  );
  const pooled = byWindow.reduce(
    (sum, own) => sum + own.accuracy * own.rows,
    0,
  );
  assertClose(pooled / rows, scores.accuracy.value, "accuracy");
});

Deno.test("walkForwardScores scores probabilities as evaluateClasses does", async () => {
  const logits = wf.random.normal(wf.random.key(1), [rows, 3], {
    dtype: "f64",
  });
  const known = await evaluateClasses.run({ logits, labels }, { seed: 3 });
  const probabilities = wf.softmax(logits, { axis: -1 });
  const ours = await walkForwardScores.run({
    labels: padded(truth),
    answers: padded([...await wf.argmax(logits, { axis: 1 }).data()]),
    probabilities: wf.concat([
      wf.full([2, 3], NaN, { dtype: "f64" }),
      probabilities,
    ], { axis: 0 }),
    splits,
  }, { classes: 3, seed: 3 });
  const { rows: count, ...scores } = known.scores;
  for (const [name, interval] of Object.entries(scores)) {
    assert.deepEqual(
      ours.scores[name as keyof typeof scores],
      interval,
      `${name}: same seed, same draws`,
    );
  }
  assert.equal(ours.scores.rows, count);
});

Deno.test("days that share their outcome widen the intervals", async () => {
  // Thirty days of ten rows that are all right or all wrong
  const day = Int32Array.from(
    { length: 302 },
    (_, row) => Math.floor(row / 10),
  );
  const right = day.map((own) => own * 7919 % 31 % 2);
  const inputs = {
    labels: wf.tensor(new Int32Array(302)),
    answers: wf.tensor(right),
    splits: [{ trainStart: 0, trainEnd: 1, testStart: 2, testEnd: 302 }],
  };
  const width = async (days?: wf.Tensor<"i32">) => {
    const { scores } = await walkForwardScores.run(
      days === undefined ? inputs : { ...inputs, days },
      { classes: 2, resamples: 1000 },
    );
    return scores.accuracy.upper - scores.accuracy.lower;
  };
  const ratio = await width(wf.tensor(day)) / await width();
  // √10 in theory; the share of 30 days moves in steps of a tenth of the interval
  assert.ok(ratio > 2.5 && ratio < 3.9, `${ratio}`);
});

Deno.test("walkForwardScores refuses answers that are no class and probabilities of other classes", async () => {
  const inputs = { labels: padded(truth), splits };
  await assert.rejects(
    walkForwardScores.run({
      ...inputs,
      answers: padded(given.map(() => 3)),
    }, { classes: 3 }),
    /as it is not a class/,
  );
  await assert.rejects(
    walkForwardScores.run({
      ...inputs,
      answers: padded(given),
      probabilities: wf.full([rows + 2, 2], 0.5, { dtype: "f64" }),
    }, { classes: 3 }),
    /probabilities of 2 classes as the answers are of 3/,
  );
});
