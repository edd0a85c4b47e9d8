import assert from "node:assert/strict";
import { tickersMetrics } from "./across_tickers.ts";
import type { Metric, Report } from "./report_schema.ts";

function reportOf(metrics: readonly Partial<Metric>[]): Report {
  return {
    metrics: metrics.map((metric): Metric => ({
      stage: "volatility",
      model: "gp",
      split: "all",
      metric: "qlike",
      rows: 100,
      value: 1,
      lower: null,
      upper: null,
      lowerIsBetter: true,
      baseline: { model: "ewma", value: 1 },
      shuffled: 1,
      ...metric,
    })),
  } as unknown as Report;
}

Deno.test("tickersMetrics counts each ticker once and compares by ratios", () => {
  const baseline = (value: number) => ({ model: "ewma", value });
  const [qlike, other] = tickersMetrics([
    reportOf([
      { value: 0.5, baseline: baseline(1), shuffled: 2 },
      { value: 9, split: "from 2010-01-04" },
    ]),
    reportOf([
      { value: 8, baseline: baseline(4), shuffled: 4 },
      { model: "har", value: 3 },
    ]),
  ]);
  assert.deepEqual(qlike, {
    stage: "volatility",
    model: "gp",
    metric: "qlike",
    lowerIsBetter: true,
    tickers: 2,
    better: 1,
    value: 4.25,
    baseline: { model: "ewma", value: 2.5 },
    // Half and double
    ratio: 1,
    shuffled: 3,
  });
  assert.equal(other!.model, "har");
  assert.equal(other!.tickers, 1);
});

Deno.test("tickersMetrics leaves out what it cannot know", () => {
  const [mcc] = tickersMetrics([
    reportOf([{
      metric: "matthews",
      value: -0.1,
      lowerIsBetter: false,
      baseline: { model: "prior", value: 0 },
    }]),
    reportOf([{
      metric: "matthews",
      value: 0.3,
      lowerIsBetter: false,
      baseline: { model: "prior", value: 0 },
      shuffled: null,
    }]),
  ]);
  assert.equal(mcc!.better, 1);
  assert.ok(Math.abs(mcc!.value - 0.1) < 1e-15);
  assert.equal(mcc!.ratio, null);
  assert.equal(mcc!.shuffled, null);
});
