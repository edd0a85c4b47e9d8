/**
 * What the numbers say, in words: losses are told as plainly as gains.
 *
 * @module
 */

import { ALL_SPLITS } from "./metrics.ts";
import type { Comparison, Metric } from "./report_schema.ts";

const SIGNIFICANCE = 0.05;

/** Names of the models as people read them. */
export const MODEL_NAMES: Readonly<Record<string, string>> = {
  ewma: "EWMA",
  garch: "GARCH(1,1)",
  gp: "Gaussian process",
  gpRecalibrated: "Gaussian process, recalibrated",
  har: "HAR",
  prior: "class frequencies",
  technical: "technical expert",
  technicalDebiased: "technical expert, debiased",
  volatility: "volatility expert",
  volatilityDebiased: "volatility expert, debiased",
  fused: "fused experts, debiased",
  fusedRaw: "fused experts",
};

function nameOf(model: string): string {
  return MODEL_NAMES[model] ?? model;
}

function overall(metrics: readonly Metric[], metric: string): Metric[] {
  return metrics.filter((row) =>
    row.split === ALL_SPLITS && row.metric === metric &&
    row.model !== row.baseline.model
  );
}

/**
 * Sentences on who beats its baseline and who does not.
 *
 * @param metrics All metrics.
 * @param comparisons The tests of forecasts.
 * @returns One sentence for each model.
 */
export function notesOf(
  metrics: readonly Metric[],
  comparisons: readonly Comparison[],
): string[] {
  const volatility = overall(metrics, "qlike").map((row) => {
    const change = 100 * (row.value / row.baseline.value - 1);
    const test = comparisons.find(({ model, loss }) =>
      model === row.model && loss === row.metric
    );
    const verdict = test === undefined
      ? "not tested"
      : test.pValue < SIGNIFICANCE
      ? `p = ${test.pValue.toPrecision(2)}`
      : `not significant, p = ${test.pValue.toPrecision(2)}`;
    return `${nameOf(row.model)}: QLIKE ${Math.abs(change).toFixed(1)} % ${
      change < 0 ? "better" : "worse"
    } than ${nameOf(row.baseline.model)} (${verdict}).`;
  });
  const movement = overall(metrics, "logLoss").map((row) => {
    const gain = row.baseline.value - row.value;
    return `${nameOf(row.model)}: log loss ${row.value.toFixed(4)} against ${
      row.baseline.value.toFixed(4)
    } of ${nameOf(row.baseline.model)}: ${
      gain > 0 ? "better" : "no better"
    } than the baseline.`;
  });
  return [...volatility, ...movement];
}
