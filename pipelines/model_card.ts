/**
 * Model cards as parts of a report page and as text: what every pipeline shows
 * of its stages in the same way.
 *
 * @module
 */

import {
  cardHeading,
  type CardMetric,
  type CardPeriod,
  type CardScore,
  cardSentences,
  type CardSplit,
  type CardStage,
  cardVerdict,
  type ModelCard,
} from "../ops/evaluate/mod.ts";
import {
  type ReportBlock,
  type ReportSection,
  type ResultTable,
  resultTable,
} from "../runtime/display/mod.ts";

const METRIC_NAMES: Readonly<Record<string, string>> = {
  accuracy: "accuracy",
  macroF1: "macro F1",
  weightedF1: "weighted F1",
  matthews: "MCC",
  brier: "Brier",
  logLoss: "log loss",
  expectedError: "calibration error",
  qlike: "QLIKE",
  mse: "MSE",
};

function periodText({ from, to, rows }: CardPeriod): string {
  return `${from} to ${to} (${rows} rows)`;
}

function intervalText({ lower, upper }: CardScore): string {
  return lower === null || upper === null
    ? ""
    : `${lower.toFixed(4)} to ${upper.toFixed(4)}`;
}

function metricRows(metric: CardMetric) {
  const name = METRIC_NAMES[metric.metric] ?? metric.metric;
  const direction = metric.lowerIsBetter ? "lower" : "higher";
  return [
    {
      cells: [
        `${name} (${direction} is better)`,
        metric.model,
        metric.value,
        intervalText(metric),
        "",
        null,
      ],
    },
    ...metric.baselines.map((baseline) => ({
      cells: [
        "",
        baseline.model,
        baseline.value,
        intervalText(baseline),
        `model ${cardVerdict(metric, baseline)}`,
        baseline.pValue,
      ],
      tone: "baseline" as const,
    })),
    {
      cells: [
        "",
        "on shuffled labels",
        metric.shuffled?.value ?? "not run",
        metric.shuffled === null ? "" : intervalText(metric.shuffled),
        "",
        null,
      ],
      tone: "baseline" as const,
    },
  ];
}

/**
 * The metrics of a stage: each beside every baseline, with the verdict, and
 * beside the same stage on shuffled labels.
 *
 * @param stage The stage.
 * @returns A table for page and terminal.
 */
export function cardMetricTable(stage: CardStage): ResultTable {
  const rows = new Set(stage.metrics.map((metric) => metric.rows));
  return resultTable(
    [
      "metric",
      "model",
      { label: "value", digits: 4 },
      "interval",
      "verdict",
      { label: "p", digits: 2 },
    ],
    stage.metrics.flatMap(metricRows),
    { caption: `${cardHeading(stage)}: ${[...rows].join(", ")} test rows` },
  );
}

function tuningTable(stage: CardStage): ResultTable {
  return resultTable(
    ["what", "tuned on", "days", "how often", "by"],
    stage.tuning.map(({ what, on, period, byWindow, by }) => [
      what,
      on,
      period === null ? "no data" : periodText(period),
      byWindow ? "in each window" : "once",
      by ?? "",
    ]),
    { caption: "What was tuned on what" },
  );
}

function splitRow({ train, validation, test, purge, embargo }: CardSplit) {
  return [
    periodText(train),
    validation === null ? "none" : periodText(validation),
    periodText(test),
    purge,
    embargo,
  ];
}

function splitTable(stage: CardStage): ResultTable {
  return resultTable(
    ["fitted on", "chosen on", "tested on", "purge", "embargo"],
    stage.splits.map(splitRow),
    { caption: "Walk-forward windows; purge and embargo in rows" },
  );
}

function dataTable(card: ModelCard): ResultTable {
  return resultTable(
    ["data", "window", "note"],
    card.data.map(({ name, period, note }) => [
      name,
      periodText(period),
      note ?? "",
    ]),
    { caption: `Data of ${card.title}, size "${card.size}"` },
  );
}

function tablesOf(stage: CardStage): ResultTable[] {
  return [
    cardMetricTable(stage),
    ...(stage.tuning.length === 0 ? [] : [tuningTable(stage)]),
    ...(stage.splits.length === 0 ? [] : [splitTable(stage)]),
  ];
}

const MECHANICS =
  "Mechanics only: the model is too small, or the data too few, for these figures to say anything about the method.";

/**
 * A stage as blocks of a report page.
 *
 * @param stage The stage.
 * @returns The blocks, for a section of {@linkcode htmlReport} or for details.
 */
export function cardStageBlocks(stage: CardStage): ReportBlock[] {
  return [
    ...(stage.scope === "mechanics"
      ? [{ kind: "note", tone: "warning", text: MECHANICS } as const]
      : []),
    `Model: ${stage.model}.`,
    [...cardSentences(stage), ...stage.notes].map((line) => `- ${line}`)
      .join("\n"),
    ...tablesOf(stage),
  ];
}

/**
 * A model card as sections of a report page: one for the data, one for each
 * stage, those without meaning headed "mechanics only".
 *
 * @param card The card.
 * @returns Sections for {@linkcode htmlReport}.
 *
 * @example
 * ```ts
 * import { modelCardSections } from "@weft/weft/pipelines";
 *
 * const [data, stage] = modelCardSections({
 *   title: "Stock movement",
 *   size: "small",
 *   data: [],
 *   stages: [{
 *     title: "Movement",
 *     scope: "mechanics",
 *     model: "a small model",
 *     tuning: [],
 *     splits: [],
 *     metrics: [],
 *     notes: [],
 *   }],
 * });
 * console.log(data!.title, "and", stage!.title); // Data and Movement (mechanics only)
 * ```
 */
export function modelCardSections(card: ModelCard): ReportSection[] {
  return [
    { title: "Data", blocks: [dataTable(card)] },
    ...card.stages.map((stage) => ({
      title: cardHeading(stage),
      blocks: cardStageBlocks(stage),
    })),
  ];
}

/**
 * A model card as text for a terminal or a log.
 *
 * @param card The card.
 * @returns Lines of text.
 */
export function modelCardText(card: ModelCard): string {
  const stages = card.stages.map((stage) =>
    [
      cardHeading(stage),
      "=".repeat(cardHeading(stage).length),
      ...(stage.scope === "mechanics" ? [MECHANICS] : []),
      `Model: ${stage.model}`,
      ...[...cardSentences(stage), ...stage.notes].map((line) => `- ${line}`),
      ...tablesOf(stage).map((table) => `\n${table}`),
    ].join("\n")
  );
  return [String(dataTable(card)), ...stages].join("\n\n");
}
