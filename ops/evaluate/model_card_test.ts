import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { cardMetrics } from "./card_metrics.ts";
import type { CardMetric, CardStage } from "./card_schema.ts";
import { cardHeading, cardSentences, cardVerdict } from "./card_verdict.ts";
import { modelCard } from "./model_card.ts";
import { TEST_CARD, TEST_METRIC, TEST_STAGE } from "./testing_card.ts";
import { walkForwardScores } from "./walk_forward_scores.ts";

const [majority, logistic] = TEST_METRIC.baselines;

async function cardOf(stage: CardStage) {
  return await modelCard.run(
    { data: TEST_CARD.data, stages: [stage] },
    { title: TEST_CARD.title, size: TEST_CARD.size },
  );
}

Deno.test("modelCard gives back what it was told, and the verdicts in words", async () => {
  const { card, sentences } = await cardOf(TEST_STAGE);
  assert.deepEqual(card, TEST_CARD);
  assert.deepEqual(sentences, [
    "QLoRA: accuracy 0.5400 (interval 0.4900 to 0.5900), not clearly different from majority (0.5100; not tested), worse than logistic (0.6000; McNemar, mid-p, p = 0.010).",
  ]);
});

Deno.test("cardVerdict: a p-value decides before the interval, the interval before the bare difference", () => {
  assert.equal(cardVerdict(TEST_METRIC, majority!), "unclear");
  assert.equal(cardVerdict(TEST_METRIC, logistic!), "worse");
  const tested = { ...majority!, pValue: 0.02, test: "McNemar" };
  assert.equal(cardVerdict(TEST_METRIC, tested), "better");
  const bare: CardMetric = { ...TEST_METRIC, lower: null, upper: null };
  assert.equal(cardVerdict(bare, majority!), "better");
  assert.equal(
    cardVerdict({ ...bare, lowerIsBetter: true }, majority!),
    "worse",
  );
  assert.equal(cardVerdict({ ...bare, value: 0.51 }, majority!), "equal");
});

Deno.test("cardSentences warns where shuffled labels beat every baseline", () => {
  const leaky = {
    ...TEST_METRIC,
    shuffled: { value: 0.7, lower: 0.65, upper: 0.75 },
  };
  const sentences = cardSentences({ ...TEST_STAGE, metrics: [leaky] });
  assert.match(sentences[1]!, /something of the test reaches the model/);
  const loss = { ...leaky, lowerIsBetter: true };
  assert.equal(cardSentences({ ...TEST_STAGE, metrics: [loss] }).length, 1);
});

Deno.test("cardHeading heads small models as mechanics only", () => {
  assert.equal(cardHeading(TEST_STAGE), "Movement by QLoRA (mechanics only)");
  assert.equal(
    cardHeading({ ...TEST_STAGE, scope: "findings" }),
    "Movement by QLoRA",
  );
});

Deno.test("modelCard refuses metrics without a baseline, stages without metrics and models compared with themselves", async () => {
  const alone = { ...TEST_METRIC, baselines: [] };
  await assert.rejects(
    cardOf({ ...TEST_STAGE, metrics: [alone] }),
    /"accuracy" has no baseline/,
  );
  await assert.rejects(cardOf({ ...TEST_STAGE, metrics: [] }), /no metric/);
  const same = {
    ...TEST_METRIC,
    baselines: [{ ...majority!, model: TEST_METRIC.model }],
  };
  await assert.rejects(
    cardOf({ ...TEST_STAGE, metrics: [same] }),
    /compared with itself/,
  );
});

Deno.test("modelCard refuses training, choosing and tuning on days of the test", async () => {
  const [split] = TEST_STAGE.splits;
  const late = { from: "2010-01-04", to: "2014-01-02", rows: 900 };
  for (
    const stage of [
      { ...TEST_STAGE, splits: [{ ...split!, train: late }] },
      { ...TEST_STAGE, splits: [{ ...split!, validation: late }] },
      { ...TEST_STAGE, tuning: [{ ...TEST_STAGE.tuning[0]!, period: late }] },
    ]
  ) {
    await assert.rejects(
      cardOf(stage),
      /rows up to 2014-01-02 decide on a model that is tested from 2014-01-02/,
    );
  }
});

Deno.test("modelCard lets what is tuned by window use test windows before its own, but not what is tuned once", async () => {
  const [split] = TEST_STAGE.splits;
  const [tuning] = TEST_STAGE.tuning;
  const year = (from: string, to: string) => ({ from, to, rows: 200 });
  const splits = [split!, {
    ...split!,
    train: year("2010-01-04", "2016-12-30"),
    validation: null,
    test: year("2017-01-03", "2017-12-29"),
  }];
  const stage = (byWindow: boolean) => ({
    ...TEST_STAGE,
    splits,
    tuning: [{
      ...tuning!,
      period: year("2010-01-04", "2016-12-30"),
      byWindow,
    }],
  });
  await cardOf(stage(true));
  await assert.rejects(cardOf(stage(false)), /tested from 2014-01-02/);
});

Deno.test("cardMetrics sets each interval beside the baselines', the tests and the shuffled twin", () => {
  const scores = (value: number) => ({
    rows: 9,
    logLoss: { value, lower: value - 0.1, upper: value + 0.1 },
  });
  const [metric, ...rest] = cardMetrics({
    model: "a",
    scores: scores(0.5),
    baselines: { b: scores(0.7), c: { rows: 9 } },
    shuffled: scores(1.1),
    tests: [{ metric: "logLoss", baseline: "b", pValue: 0.3, test: "t" }],
  });
  assert.equal(rest.length, 0);
  assert.deepEqual(metric, {
    metric: "logLoss",
    model: "a",
    rows: 9,
    lowerIsBetter: true,
    ...scores(0.5).logLoss,
    baselines: [{ model: "b", ...scores(0.7).logLoss, pValue: 0.3, test: "t" }],
    shuffled: scores(1.1).logLoss,
  });
});

Deno.test("cardMetrics takes what walkForwardScores gives, and leaves out scores that need probabilities", async () => {
  const labels = wf.tensor([0, 1, 0, 1, 1, 0], { dtype: "i32" });
  const splits = [{ trainStart: 0, trainEnd: 2, testStart: 2, testEnd: 6 }];
  const scoresOf = async (answers: number[]) =>
    (await walkForwardScores.run({
      labels,
      answers: wf.tensor(answers, { dtype: "i32" }),
      splits,
    }, { classes: 2, resamples: 20 })).scores;
  const metrics = cardMetrics({
    model: "reader",
    scores: await scoresOf([0, 0, 0, 1, 1, -1]),
    baselines: { majority: await scoresOf([1, 1, 1, 1, 1, 1]) },
  });
  assert.deepEqual(
    metrics.map(({ metric, rows, value, baselines }) => [
      metric,
      rows,
      value,
      baselines[0]!.value,
    ]).slice(0, 1),
    [["accuracy", 4, 0.75, 0.5]],
  );
  assert.deepEqual(metrics.map(({ metric }) => metric), [
    "accuracy",
    "macroF1",
    "weightedF1",
    "matthews",
  ]);
  await cardOf({ ...TEST_STAGE, metrics });
});
