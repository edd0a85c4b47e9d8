/**
 * Model cards: what was run on which data, checked before it is told.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  CARD_DATA,
  CARD_STAGE,
  type CardData,
  type CardMetric,
  type CardPeriod,
  type CardStage,
  MODEL_CARD,
  type ModelCard,
} from "./card_schema.ts";
import { cardSentences } from "./card_verdict.ts";

function refuse(stage: CardStage, why: string, hint: string): never {
  throw new DataError(
    `Cannot make the model card of stage "${stage.title}" as ${why}`,
    { hint },
  );
}

function checkOrder(stage: CardStage, before: CardPeriod, test: CardPeriod) {
  if (before.to < test.from) return;
  refuse(
    stage,
    `rows up to ${before.to} decide on a model that is tested from ${test.from}`,
    "Fit and choose on days before the first day of the test window only",
  );
}

function checkMetric(stage: CardStage, metric: CardMetric): void {
  if (metric.baselines.length === 0) {
    refuse(
      stage,
      `"${metric.metric}" has no baseline`,
      "Score at least the majority class or the last value on the same rows",
    );
  }
  if (metric.baselines.some(({ model }) => model === metric.model)) {
    refuse(
      stage,
      `"${metric.model}" is compared with itself`,
      "Leave the model out of its own baselines",
    );
  }
}

function checkStage(stage: CardStage): void {
  if (stage.metrics.length === 0) {
    refuse(stage, "it has no metric", "Score it, or leave the stage out");
  }
  stage.metrics.forEach((metric) => checkMetric(stage, metric));
  for (const { train, validation, test } of stage.splits) {
    checkOrder(stage, train, test);
    if (validation !== null) checkOrder(stage, validation, test);
  }
  const tests = stage.splits.map(({ test }) => test)
    .sort((a, b) => a.from < b.from ? -1 : 1);
  for (const { period, byWindow } of stage.tuning) {
    // What is tuned by window may use the test windows before its own
    const test = byWindow ? tests.at(-1) : tests[0];
    if (period !== null && test !== undefined) checkOrder(stage, period, test);
  }
}

/**
 * Puts a model card together and refuses one that hides something: a stage
 * without metrics, a metric without a baseline, a training or validation
 * window that is not wholly before its test window, and tuning on days of a
 * test window (of the last one where it was tuned anew for each window).
 *
 * Inputs: `data`, the sources with their windows; `stages`, see
 * {@linkcode CardStage}. Params: `title` and `size`. Outputs: `card`, plain
 * data; `sentences`, the verdicts of all stages in words, in order.
 *
 * @throws {DataError} Where the card would hide something.
 *
 * @example
 * ```ts
 * import { modelCard } from "@weft/weft/ops/evaluate";
 *
 * const { sentences } = await modelCard.run({
 *   data: [{
 *     name: "daily prices",
 *     period: { from: "2010-01-04", to: "2016-12-30", rows: 1762 },
 *     note: null,
 *   }],
 *   stages: [{
 *     title: "Movement",
 *     scope: "mechanics",
 *     model: "logistic regression",
 *     tuning: [],
 *     splits: [],
 *     metrics: [{
 *       metric: "accuracy",
 *       model: "logistic regression",
 *       rows: 500,
 *       lowerIsBetter: false,
 *       value: 0.52,
 *       lower: 0.48,
 *       upper: 0.56,
 *       baselines: [{ model: "majority", value: 0.51, lower: null, upper: null, pValue: null, test: null }],
 *       shuffled: { value: 0.49, lower: 0.45, upper: 0.53 },
 *     }],
 *     notes: [],
 *   }],
 * }, { title: "Stock movement", size: "small" });
 * console.log(sentences[0]);
 * // logistic regression: accuracy 0.5200 (interval 0.4800 to 0.5600), not clearly different from majority (0.5100; not tested).
 * ```
 */
export const modelCard: Op<
  { data: readonly CardData[]; stages: readonly CardStage[] },
  { title: string; size: string },
  { card: ModelCard; sentences: string[] }
> = op({
  name: "evaluate/modelCard",
  version: "1",
  doc: "What was run on which data, and what it scored beside what",
  inputs: {
    data: port.value(CARD_DATA),
    stages: port.value(z.array(CARD_STAGE).readonly()),
  },
  params: z.object({ title: z.string(), size: z.string() }),
  outputs: {
    card: port.value(MODEL_CARD),
    sentences: port.value(z.array(z.string())),
  },
  run: ({ data, stages }, { title, size }) => {
    stages.forEach(checkStage);
    return {
      card: { title, size, data, stages },
      sentences: stages.flatMap(cardSentences),
    };
  },
});
