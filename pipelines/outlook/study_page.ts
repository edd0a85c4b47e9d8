/**
 * The outlook of several tickers as a page for people.
 *
 * @module
 */

import {
  htmlReport,
  type ReportBlock,
  type ResultTable,
  resultTable,
} from "../../runtime/display/mod.ts";
import type { OutlookStudy, TickersMetric } from "./across_tickers.ts";
import { ALL_SPLITS } from "./metrics.ts";
import { modelName } from "./models.ts";
import {
  computedSection,
  METRIC_NAMES,
  type PageDetails,
} from "./report_page.ts";
import type { Metric, Report } from "./report_schema.ts";

/** The score that each stage is judged by. */
const MAIN_METRIC: Readonly<Record<Metric["stage"], string>> = {
  volatility: "qlike",
  movement: "logLoss",
};

/**
 * The scores of one stage at all tickers as a table: a row for each model.
 *
 * @param study The study.
 * @param stage The stage.
 * @returns A table for page and terminal; the baseline in italics.
 */
export function acrossTable(
  study: OutlookStudy,
  stage: Metric["stage"],
): ResultTable {
  const main = MAIN_METRIC[stage];
  const rows = study.metrics.filter((row) => row.stage === stage);
  const others = [...new Set(rows.map(({ metric }) => metric))]
    .filter((metric) => metric !== main);
  const scoreOf = (model: string, metric: string) =>
    rows.find((row) => row.model === model && row.metric === metric);
  const best = ({ lowerIsBetter }: TickersMetric) =>
    lowerIsBetter ? "low" as const : "high" as const;
  return resultTable(
    [
      "model",
      { label: METRIC_NAMES[main]!, best: "low" },
      { label: "to baseline", digits: 3 },
      "better at",
      { label: "shuffled" },
      ...others.map((metric) => ({
        label: METRIC_NAMES[metric] ?? metric,
        best: best(rows.find((row) => row.metric === metric)!),
      })),
    ],
    rows.filter(({ metric }) => metric === main).map((row) => {
      const isBaseline = row.model === row.baseline.model;
      const cells = [
        modelName(row.model),
        row.value,
        row.ratio,
        isBaseline ? null : `${row.better} of ${row.tickers}`,
        row.shuffled,
        ...others.map((metric) => scoreOf(row.model, metric)?.value ?? null),
      ];
      return isBaseline ? { cells, tone: "baseline" as const } : cells;
    }),
    {
      caption: stage === "volatility"
        ? "Volatility a day ahead, means over tickers"
        : "Movement, means over tickers",
    },
  );
}

function valueOf(report: Report, model: string, metric: string) {
  return report.metrics.find((row) =>
    row.split === ALL_SPLITS && row.model === model && row.metric === metric
  )?.value ?? null;
}

/**
 * The tickers of a study side by side.
 *
 * @param study The study.
 * @returns A table for page and terminal.
 */
export function tickerTable(study: OutlookStudy): ResultTable {
  return resultTable(
    [
      "ticker",
      "days",
      "from",
      "to",
      "QLIKE, Gaussian process",
      "QLIKE, EWMA",
      "log loss, fused",
      "log loss, class frequencies",
      "up · hold · down",
    ],
    Object.entries(study.reports).map(([ticker, report]) => [
      ticker,
      report.data.rows,
      report.data.from,
      report.data.to,
      valueOf(report, "gp", "qlike"),
      valueOf(report, "ewma", "qlike"),
      valueOf(report, "fused", "logLoss"),
      valueOf(report, "prior", "logLoss"),
      [...report.movement.latest.probabilities].reverse()
        .map((p) => `${(100 * p).toFixed(0)} %`).join(" · "),
    ]),
    { caption: "Each ticker" },
  );
}

function acrossBlocks(study: OutlookStudy): ReportBlock[] {
  return [
    {
      kind: "note",
      tone: "info",
      text:
        "Tickers of one market move together: being better at most of them is less evidence than as many independent trials.",
    },
    acrossTable(study, "volatility"),
    acrossTable(study, "movement"),
    '"To baseline" is the geometric mean over tickers of score over baseline: below 1 is better. "Shuffled" is the mean score of the same stage on shuffled data.',
  ];
}

/**
 * Draws the study as one self-contained HTML file, which leads to the pages of
 * its tickers.
 *
 * @param study The study.
 * @param details The run and what the numbers depend on.
 * @param pages Where the page of each ticker is, relative to this one.
 * @returns The text of the file.
 */
export async function studyPage(
  study: OutlookStudy,
  details: PageDetails,
  pages: Readonly<Record<string, string>>,
): Promise<string> {
  return await htmlReport({
    title: study.title,
    lead:
      `Size "${study.size}". All figures are out of sample. Pages of the tickers: ${
        Object.entries(pages)
          .map(([ticker, page]) => `[${ticker}](./${page})`).join(", ")
      }.`,
    createdAt: details.createdAt,
    sections: [
      {
        title: "What came out",
        blocks: [
          tickerTable(study),
          study.notes.map((note) => `- ${note}`).join("\n"),
        ],
      },
      { title: "Across tickers", blocks: acrossBlocks(study) },
      await computedSection(details),
    ],
  });
}
