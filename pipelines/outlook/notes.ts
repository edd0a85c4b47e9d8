/**
 * What the numbers say, in words: losses are told as plainly as gains.
 *
 * @module
 */

import { ALL_SPLITS } from "./metrics.ts";
import { LANGUAGE_MODELS, modelName } from "./models.ts";
import type { Comparison, Metric } from "./report_schema.ts";

const SIGNIFICANCE = 0.05;

function overall(metrics: readonly Metric[], metric: string): Metric[] {
  return metrics.filter((row) =>
    row.split === ALL_SPLITS && row.metric === metric &&
    row.model !== row.baseline.model
  );
}

function intervalOf({ lower, upper }: Metric): string {
  return lower === null || upper === null
    ? ""
    : ` (95 % interval ${lower.toFixed(3)} to ${upper.toFixed(3)})`;
}

/**
 * A score against its baseline, in words: only a baseline outside of the
 * score's interval is a clear difference.
 *
 * @param metric The score, with its interval where there is one.
 * @returns The end of a sentence.
 */
export function verdictOf(
  { value, lower, upper, lowerIsBetter, baseline }: Metric,
): string {
  const within = lower !== null && upper !== null &&
    baseline.value >= lower && baseline.value <= upper;
  if (within) return "not clearly different from the baseline";
  const gain = lowerIsBetter ? baseline.value - value : value - baseline.value;
  return gain > 0
    ? "better than the baseline"
    : gain < 0
    ? "worse than the baseline"
    : "equal to the baseline";
}

/**
 * Sentences on who beats its baseline and who does not.
 *
 * @param metrics All metrics.
 * @param comparisons The tests of forecasts.
 * @param isMechanicsOnly Whether figures of language models mean nothing.
 * @returns One sentence for each model.
 */
export function notesOf(
  metrics: readonly Metric[],
  comparisons: readonly Comparison[],
  isMechanicsOnly = false,
): string[] {
  const scope = (model: string) =>
    isMechanicsOnly && LANGUAGE_MODELS.has(model) ? " (mechanics only)" : "";
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
    return `${modelName(row.model)}: QLIKE ${Math.abs(change).toFixed(1)} % ${
      change < 0 ? "better" : "worse"
    } than ${modelName(row.baseline.model)} (${verdict}).`;
  });
  const movement = overall(metrics, "logLoss").map((row) => {
    const { value, baseline } = row;
    return `${modelName(row.model)}${scope(row.model)}: log loss ${
      value.toFixed(4)
    }${intervalOf(row)} against ${baseline.value.toFixed(4)} of ${
      modelName(baseline.model)
    }: ${verdictOf(row)}.`;
  });
  return [...volatility, ...movement];
}
