/**
 * A small model card for tests.
 *
 * @module
 */

import type { CardMetric, CardStage, ModelCard } from "./card_schema.ts";

/** One metric, as good as a coin. */
export const TEST_METRIC: CardMetric = {
  metric: "accuracy",
  model: "QLoRA",
  rows: 400,
  lowerIsBetter: false,
  value: 0.54,
  lower: 0.49,
  upper: 0.59,
  baselines: [
    {
      model: "majority",
      value: 0.51,
      lower: 0.46,
      upper: 0.56,
      pValue: null,
      test: null,
    },
    {
      model: "logistic",
      value: 0.6,
      lower: 0.55,
      upper: 0.65,
      pValue: 0.01,
      test: "McNemar, mid-p",
    },
  ],
  shuffled: { value: 0.5, lower: 0.45, upper: 0.55 },
};

/** One stage with one walk-forward window. */
export const TEST_STAGE: CardStage = {
  title: "Movement by QLoRA",
  scope: "mechanics",
  model: "SmolLM2-135M, LoRA of rank 8",
  tuning: [{
    what: "LoRA adapters",
    on: "the training window",
    period: { from: "2010-01-04", to: "2013-12-20", rows: 900 },
    byWindow: false,
    by: "loss of the answer",
  }],
  splits: [{
    train: { from: "2010-01-04", to: "2013-06-28", rows: 800 },
    validation: { from: "2013-07-02", to: "2013-12-20", rows: 100 },
    test: { from: "2014-01-02", to: "2016-12-30", rows: 400 },
    purge: 1,
    embargo: 0,
  }],
  metrics: [TEST_METRIC],
  notes: ["The paper's model has 8 billion parameters."],
};

/** A card of one stage. */
export const TEST_CARD: ModelCard = {
  title: "Stock movement",
  size: "small",
  data: [{
    name: "earnings calls",
    period: { from: "2010-01-04", to: "2016-12-30", rows: 1300 },
    note: "English only",
  }],
  stages: [TEST_STAGE],
};
