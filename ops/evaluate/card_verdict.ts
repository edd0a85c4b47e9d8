/**
 * How a score stands against a baseline, by rule: losses are told as plainly
 * as gains.
 *
 * @module
 */

import type {
  CardBaseline,
  CardMetric,
  CardScore,
  CardStage,
} from "./card_schema.ts";

/**
 * How a score stands against a baseline: `unclear` where a test finds no
 * difference or, without a test, where the baseline lies in the score's
 * interval.
 */
export type Verdict = "better" | "worse" | "equal" | "unclear";

const SIGNIFICANCE = 0.05;

function lies(value: number, { lower, upper }: CardScore): boolean {
  return lower !== null && upper !== null && value >= lower && value <= upper;
}

/**
 * How a metric stands against one of its baselines. A p-value decides where
 * there is one (at 5 %), else the metric's interval, else the bare difference.
 *
 * @param metric The metric.
 * @param baseline One of its baselines.
 * @returns The verdict.
 *
 * @example
 * ```ts
 * import { cardVerdict } from "@weft/weft/ops/evaluate";
 *
 * const baseline = { model: "majority", value: 0.5, lower: null, upper: null, pValue: 0.2, test: "McNemar" };
 * console.log(cardVerdict({
 *   metric: "accuracy", model: "QLoRA", rows: 400, lowerIsBetter: false,
 *   value: 0.54, lower: 0.49, upper: 0.59, baselines: [baseline], shuffled: null,
 * }, baseline)); // unclear
 * ```
 */
export function cardVerdict(
  metric: CardMetric,
  baseline: CardBaseline,
): Verdict {
  const gain = metric.lowerIsBetter
    ? baseline.value - metric.value
    : metric.value - baseline.value;
  if (gain === 0) return "equal";
  const isUnclear = baseline.pValue !== null
    ? baseline.pValue >= SIGNIFICANCE
    : lies(baseline.value, metric);
  return isUnclear ? "unclear" : gain > 0 ? "better" : "worse";
}

/**
 * Whether the stage on shuffled labels clearly beats a baseline, which it
 * cannot do unless something of the test reaches the model.
 */
function beatsByShuffling(
  { shuffled, lowerIsBetter, baselines }: CardMetric,
): boolean {
  if (shuffled === null || shuffled.lower === null || shuffled.upper === null) {
    return false;
  }
  const { lower, upper } = shuffled;
  return baselines.every(({ value }) =>
    lowerIsBetter ? upper < value : lower > value
  );
}

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  better: "better than",
  worse: "worse than",
  equal: "equal to",
  unclear: "not clearly different from",
};

function scoreText({ value, lower, upper }: CardScore): string {
  return lower === null || upper === null
    ? value.toFixed(4)
    : `${value.toFixed(4)} (interval ${lower.toFixed(4)} to ${
      upper.toFixed(4)
    })`;
}

function metricSentences(metric: CardMetric): string[] {
  const own = `${metric.model}: ${metric.metric} ${scoreText(metric)}`;
  const compared = metric.baselines.map((baseline) => {
    const { model, value, pValue, test } = baseline;
    const tested = pValue === null || test === null
      ? "not tested"
      : `${test}, p = ${pValue.toPrecision(2)}`;
    return `${VERDICT_WORDS[cardVerdict(metric, baseline)]} ${model} (${
      value.toFixed(4)
    }; ${tested})`;
  });
  const sentence = `${own}, ${compared.join(", ")}.`;
  return beatsByShuffling(metric)
    ? [
      sentence,
      `${metric.model}: on shuffled labels ${metric.metric} beats every baseline: something of the test reaches the model.`,
    ]
    : [sentence];
}

/**
 * The metrics of a stage in words, one sentence each, and a warning where the
 * stage beats its baselines on shuffled labels.
 *
 * @param stage The stage.
 * @returns The sentences.
 */
export function cardSentences(stage: CardStage): string[] {
  return stage.metrics.flatMap(metricSentences);
}

/**
 * The heading of a stage; one whose figures say nothing about the method is
 * headed as such.
 *
 * @param stage The stage.
 * @returns For example `Movement by QLoRA (mechanics only)`.
 */
export function cardHeading({ title, scope }: CardStage): string {
  return scope === "mechanics" ? `${title} (mechanics only)` : title;
}
