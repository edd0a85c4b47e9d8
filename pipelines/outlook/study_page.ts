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
import type { OutlookStudy } from "./across_tickers.ts";
import { ALL_SPLITS } from "./metrics.ts";
import { hasMechanics, modelName } from "./models.ts";
import {
  computedSection,
  expectedMovement,
  MECHANICS_NOTE,
  METRIC_NAMES,
  metricColumns,
  type PageDetails,
  STAGE_NAMES,
  windowTable,
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
 * @param options `shuffled`, to show the scores on shuffled data instead.
 * @returns A table for page and terminal; the baseline in italics.
 */
export function acrossTable(
  study: OutlookStudy,
  stage: Metric["stage"],
  { shuffled = false }: { readonly shuffled?: boolean } = {},
): ResultTable {
  const main = MAIN_METRIC[stage];
  const rows = study.metrics.filter((row) => row.stage === stage);
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  const scoreOf = (model: string, metric: string) => {
    const row = rows.find((one) =>
      one.model === model && one.metric === metric
    );
    return (shuffled ? row?.shuffled : row?.value) ?? null;
  };
  const columns = metricColumns(rows, { shuffled });
  const name = METRIC_NAMES[main]!;
  const against = [
    { label: `${name} to baseline`, digits: 3 },
    `${name} better at`,
  ];
  const title = `${STAGE_NAMES[stage]}, means over tickers`;
  return resultTable(
    ["model", ...columns, ...(shuffled ? [] : against)],
    rows.filter(({ metric }) => metric === main).map((row) => {
      const isBaseline = row.model === row.baseline.model;
      const cells = [
        modelName(row.model),
        ...metrics.map((metric) => scoreOf(row.model, metric)),
        ...(shuffled ? [] : [
          row.ratio,
          isBaseline ? null : `${row.better} of ${row.tickers}`,
        ]),
      ];
      return isBaseline ? { cells, tone: "baseline" as const } : cells;
    }),
    {
      caption: shuffled
        ? `${title}, the same on shuffled data: what chance gives`
        : title,
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
      "QLIKE of process",
      "of EWMA",
      "log loss of fusion",
      "of frequencies",
      "up · hold · down",
    ],
    Object.entries(study.reports).map(([ticker, report]) => [
      ticker,
      report.data.rows,
      valueOf(report, "gp", "qlike"),
      valueOf(report, "ewma", "qlike"),
      valueOf(report, "fused", "logLoss"),
      valueOf(report, "prior", "logLoss"),
      expectedMovement(report),
    ]),
    {
      caption:
        "Each ticker: Gaussian process, fused experts, their baselines and what is expected now",
    },
  );
}

function acrossBlocks(study: OutlookStudy): ReportBlock[] {
  const isMechanicsOnly = Object.values(study.reports).some(hasMechanics);
  return [
    {
      kind: "note",
      text:
        "Tickers of one market move together: being better at most of them is less evidence than as many independent trials.",
    },
    acrossTable(study, "volatility"),
    acrossTable(study, "volatility", { shuffled: true }),
    acrossTable(study, "movement"),
    ...(isMechanicsOnly ? [MECHANICS_NOTE] : []),
    acrossTable(study, "movement", { shuffled: true }),
    'Each ticker counts as one. "To baseline" is the geometric mean over tickers of score over baseline: below 1 is better.',
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
      {
        title: "Windows",
        blocks: Object.entries(study.reports).map(([ticker, report]) =>
          windowTable(report, `Walk-forward windows of ${ticker}`)
        ),
      },
      await computedSection(details),
    ],
  });
}
