/**
 * The report as a page for people.
 *
 * @module
 */

import {
  bandFigure,
  calibrationFigure,
  confusionFigure,
  htmlReport,
  type NoteBlock,
  type ReportBlock,
  type ReportSection,
  type ResultTable,
  resultTable,
  runGraphSvg,
  type RunView,
  scatterFigure,
  type TableColumn,
} from "../../runtime/display/mod.ts";
import { cardHeading } from "../../ops/evaluate/mod.ts";
import { cardStageBlocks } from "../model_card.ts";
import { ALL_SPLITS } from "./metrics.ts";
import { hasMechanics, modelName } from "./models.ts";
import { verdictOf } from "./notes.ts";
import type { Metric, Period, Report } from "./report_schema.ts";

const TRADING_DAYS = 252;

/** What the page tells beside the report. */
export interface PageDetails {
  /** The run, with the state and time of each node. */
  readonly view: RunView;
  /** Names and values of what the numbers depend on. */
  readonly provenance: readonly (readonly [string, string])[];
  /** When the run began. */
  readonly createdAt: Date;
}

/** A daily variance of log returns as a yearly volatility in per cent. */
function annualized(variance: number | null): number {
  return variance === null ? NaN : 100 * Math.sqrt(variance * TRADING_DAYS);
}

/**
 * A column for each metric, in the order in which they come.
 *
 * @param rows Scores.
 * @param options `shuffled`, whether they are on shuffled data, where none is best.
 * @returns The columns.
 */
export function metricColumns(
  rows: readonly Pick<Metric, "lowerIsBetter" | "metric">[],
  { shuffled }: { readonly shuffled: boolean },
): TableColumn[] {
  const lowerIsBetter = new Map(
    rows.map((row) => [row.metric, row.lowerIsBetter]),
  );
  return Array.from(lowerIsBetter, ([metric, isLower]) => ({
    label: METRIC_NAMES[metric] ?? metric,
    ...(shuffled ? {} : { best: isLower ? "low" : "high" }),
  }));
}

/**
 * What is expected now, the rise first.
 *
 * @param report The report.
 * @returns For example `40 % · 35 % · 25 %`.
 */
export function expectedMovement({ movement }: Report): string {
  return [...movement.latest.probabilities].reverse()
    .map((p) => `${(100 * p).toFixed(0)} %`).join(" · ");
}

/**
 * The metrics of one stage as a table: a row for each model.
 *
 * @param report The report.
 * @param stage The stage.
 * @param options `split`, all test rows by default; `shuffled`, to show the
 * scores on shuffled data instead.
 * @returns A table for page and terminal.
 */
export function metricTable(
  report: Report,
  stage: Metric["stage"],
  { split = ALL_SPLITS, shuffled = false }: {
    readonly split?: string;
    readonly shuffled?: boolean;
  } = {},
): ResultTable {
  const rows = report.metrics.filter((row) =>
    row.stage === stage && row.split === split
  );
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  const models = [...new Set(rows.map(({ model }) => model))];
  const columns = metricColumns(rows, { shuffled });
  const title = shuffled
    ? `${STAGE_NAMES[stage]}, the same on shuffled data: what chance gives`
    : STAGE_NAMES[stage];
  return resultTable(
    ["model", ...columns],
    models.map((model) => {
      const own = rows.filter((row) => row.model === model);
      const cells = [
        modelName(model),
        ...metrics.map((metric) => {
          const row = own.find((candidate) => candidate.metric === metric);
          return (shuffled ? row?.shuffled : row?.value) ?? null;
        }),
      ];
      return own[0]?.baseline.model === model
        ? { cells, tone: "baseline" as const }
        : cells;
    }),
    { caption: `${title}, ${rows[0]?.rows ?? 0} test days` },
  );
}

/** Names of scores, as people read of them. */
export const METRIC_NAMES: Readonly<Record<string, string>> = {
  qlike: "QLIKE",
  mse: "MSE",
  accuracy: "accuracy",
  macroF1: "macro F1",
  weightedF1: "weighted F1",
  matthews: "MCC",
  brier: "Brier",
  logLoss: "log loss",
};

/** Stages, as people read of them. */
export const STAGE_NAMES: Readonly<Record<Metric["stage"], string>> = {
  volatility: "Volatility a day ahead",
  movement: "Movement",
};

function volatilityBlocks(report: Report): ReportBlock[] {
  const { dates, realized, forecasts, lower, upper, coverage } =
    report.volatility;
  const process = forecasts["gp"]!;
  const comparisons = resultTable(
    ["model", "loss", { label: "statistic", digits: 2 }, {
      label: "p",
      digits: 3,
    }],
    report.comparisons.map(({ model, loss, statistic, pValue }) => [
      modelName(model),
      METRIC_NAMES[loss] ?? loss,
      statistic,
      pValue,
    ]),
    {
      caption:
        "Diebold-Mariano tests against the baseline; a negative statistic favours the model",
    },
  );
  return [
    bandFigure(dates, [{
      name: `${Math.round(100 * coverage.level)} % band`,
      lower: lower.map(annualized),
      upper: upper.map(annualized),
    }], [
      { name: "realised", y: realized.map(annualized), width: 0.7 },
      { name: modelName("gp"), y: process.map(annualized) },
      { name: modelName("ewma"), y: forecasts["ewma"]!.map(annualized) },
    ], {
      title: "Forecasts of volatility, a day ahead",
      yLabel: "volatility a year, %",
      logY: true,
    }),
    `Volatility is the square root of the variance of daily log returns, times √${TRADING_DAYS}. As realised counts, for each day, the variance after Garman and Klass from open, high, low and close plus the squared move from the close before to the open: a noisy measure of the true one.`,
    `The band is the Gaussian process's for the measured variance of the day: ${
      (100 * coverage.observed).toFixed(1)
    } % of the days fell into it, ${
      (100 * coverage.level).toFixed(0)
    } % should have.`,
    metricTable(report, "volatility"),
    "QLIKE is realised / forecast − log(realised / forecast) − 1 of the variances, without a unit; MSE is the mean squared error of the daily variance, in (squared log return)². Both are better when lower. Bold is the best of a column, italic the baseline.",
    metricTable(report, "volatility", { shuffled: true }),
    comparisons,
    scatterFigure([{
      name: modelName("gp"),
      x: process.map(annualized),
      y: realized.map(annualized),
      size: 3,
    }], {
      title: "Predicted against realised volatility",
      xLabel: "predicted, % a year",
      yLabel: "realised, % a year",
      logX: true,
      logY: true,
      diagonal: true,
    }),
    {
      kind: "details",
      summary: "Year by year",
      blocks: bySplit(report, "volatility"),
    },
  ];
}

function movementBlocks(report: Report): ReportBlock[] {
  const { classes, confusion, calibration, horizon, threshold } =
    report.movement;
  return [
    `Up or down means that the return from a close to the close ${
      horizon === 1
        ? "of the next trading day"
        : `${horizon} trading days later`
    } is above ${per100(threshold)} % or below −${
      per100(threshold)
    } %; hold is what lies between. The baseline is how often each class occurred in the training window.`,
    metricTable(report, "movement"),
    ...(hasMechanics(report) ? [MECHANICS_NOTE] : []),
    "Brier score and log loss (in nats) are better when lower, the others when higher. Bold is the best of a column, italic the baseline.",
    metricTable(report, "movement", { shuffled: true }),
    intervalTable(report),
    {
      kind: "columns",
      blocks: [
        confusionFigure(classes, confusion, {
          title: `Confusion: ${modelName("fused")}, days`,
        }),
        calibrationFigure([{
          name: modelName("fused"),
          predicted: calibration.map(({ meanPredicted }) => meanPredicted),
          observed: calibration.map(({ observed }) => observed),
          counts: calibration.map(({ count }) => count),
        }], { title: "Calibration of the most probable class" }),
      ],
    },
    `Expected calibration error ${
      report.movement.calibrationError.toFixed(4)
    }. Mean weights of the experts' shifts in the fusion (between 0 and 2): ${
      Object.entries(report.movement.meanFusionWeights).map((
        [expert, weight],
      ) => `${modelName(expert)} ${weight.toFixed(3)}`).join(", ")
    }.${neverPredicted(classes, confusion)}`,
    {
      kind: "details",
      summary: "Year by year",
      blocks: bySplit(report, "movement"),
    },
  ];
}

/** Said where language models are too small for their figures to mean anything. */
export const MECHANICS_NOTE: NoteBlock = {
  kind: "note",
  tone: "warning",
  text:
    "Mechanics only: QLoRA, RETuning and what is fused with them rest on the small model of Weft, whose figures say nothing about the methods.",
};

/** A rate in per cent, without rounding it away. */
function per100(rate: number): string {
  return String(Number((100 * rate).toPrecision(4)));
}

/** Says which classes are in no prediction. */
function neverPredicted(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
): string {
  const never = classes.filter((_, column) =>
    confusion.every((row) => row[column] === 0)
  );
  return never.length === 0
    ? ""
    : ` Never the most probable class: ${never.join(", ")}.`;
}

/** Bootstrap intervals of the scores, in one table. */
function intervalTable(report: Report): ResultTable {
  const rows = report.metrics.filter((row) =>
    row.stage === "movement" && row.split === ALL_SPLITS &&
    ["accuracy", "matthews", "logLoss"].includes(row.metric)
  );
  return resultTable(
    [
      "model",
      "score",
      ...["value", "lower", "upper", "baseline"].map((label) => ({
        label,
        digits: 4,
      })),
    ],
    rows.map(({ model, metric, value, lower, upper, baseline }) => [
      modelName(model),
      METRIC_NAMES[metric] ?? metric,
      value,
      lower,
      upper,
      baseline.value,
    ]),
    {
      caption:
        `95 % intervals from a block bootstrap over days, blocks of ${report.movement.horizon}`,
    },
  );
}

function bySplit(report: Report, stage: Metric["stage"]): ReportBlock[] {
  const splits = new Set(
    report.metrics.filter((row) =>
      row.stage === stage && row.split !== ALL_SPLITS
    ).map(({ split }) => split),
  );
  return [...splits].flatMap((split) => [
    `### Test year ${split}`,
    metricTable(report, stage, { split }),
    metricTable(report, stage, { split, shuffled: true }),
  ]);
}

function periodText({ from, to, rows }: Period): string {
  return `${from} to ${to} (${rows} rows)`;
}

function dataBlocks(report: Report): ReportBlock[] {
  const { findings } = report.data;
  return [
    findings.length === 0
      ? "Nothing odd was found in the prices."
      : resultTable(
        ["finding", "severity", "rows", "what it means"],
        findings.map(({ code, severity, count, message }) => [
          code,
          severity,
          count,
          message,
        ]),
      ),
    windowTable(report),
  ];
}

/**
 * The walk-forward windows of a report.
 *
 * @param report The report.
 * @param caption What stands above.
 * @returns A table for page and terminal.
 */
export function windowTable(
  report: Report,
  caption = "Walk-forward windows",
): ResultTable {
  return resultTable(
    ["stage", "trained on", "tested on"],
    report.windows.map(({ stage, train, test }) => [
      stage,
      periodText(train),
      periodText(test),
    ]),
    { caption },
  );
}

/** Each stage beside its baselines; those of a model too small are headed so. */
function cardBlocks(report: Report): ReportBlock[] {
  return report.card.stages.flatMap((stage) => [
    `### ${cardHeading(stage)}`,
    ...cardStageBlocks(stage),
  ]);
}

/** How the model of the headline stands against its baseline. */
function fusedVerdict({ metrics }: Report): string {
  const score = metrics.find(({ model, split, metric }) =>
    model === "fused" && split === ALL_SPLITS && metric === "logLoss"
  );
  return score === undefined ? "" : `; log loss ${verdictOf(score)}`;
}

/**
 * The section on the run: its graph, and what its numbers depend on.
 *
 * @param details The run and its provenance.
 * @returns The section.
 */
export async function computedSection(
  { view, provenance }: PageDetails,
): Promise<ReportSection> {
  return {
    title: "How it was computed",
    blocks: [
      {
        kind: "svg",
        svg: await runGraphSvg(view),
        caption:
          "Each box is an op, with how many nodes it has. Where the picture is wider than the page, it scrolls sideways.",
      },
      { kind: "definitions", entries: provenance },
    ],
  };
}

/**
 * Draws the report as one self-contained HTML file.
 *
 * @param report The report.
 * @param details The run and what the numbers depend on.
 * @returns The text of the file.
 */
export async function reportPage(
  report: Report,
  details: PageDetails,
): Promise<string> {
  const { data, movement, volatility } = report;
  const latest = volatility.latest["gp"];
  return htmlReport({
    title: report.title,
    lead:
      `${data.rows} trading days from ${data.from} to ${data.to}, size "${report.size}". All figures are out of sample.`,
    createdAt: details.createdAt,
    sections: [
      {
        title: "What came out",
        blocks: [
          {
            kind: "facts",
            facts: [
              ...(latest === undefined ? [] : [{
                label: `volatility forecast for ${volatility.dates.at(-1)}`,
                value: `${annualized(latest).toFixed(1)} % a year`,
                note: modelName("gp"),
              }]),
              {
                label:
                  `up, hold, down over the ${movement.horizon} trading days after ${movement.latest.day}`,
                value: expectedMovement(report),
                note: `${modelName("fused")}; calibration error ${
                  movement.calibrationError.toFixed(2)
                }${fusedVerdict(report)}`,
              },
              {
                label: "coverage of the band",
                value: `${(100 * volatility.coverage.observed).toFixed(1)} %`,
                note: `of ${(100 * volatility.coverage.level).toFixed(0)} %`,
              },
            ],
          },
          report.notes.map((note) => `- ${note}`).join("\n"),
        ],
      },
      { title: "Volatility", blocks: volatilityBlocks(report) },
      { title: "Movement", blocks: movementBlocks(report) },
      { title: "Model card", blocks: cardBlocks(report) },
      { title: "Data and windows", blocks: dataBlocks(report) },
      await computedSection(details),
    ],
  });
}
