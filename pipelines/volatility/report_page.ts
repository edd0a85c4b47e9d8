/**
 * The report of the volatility pipeline as a page and as text.
 *
 * @module
 */

import {
  htmlReport,
  lineFigure,
  type ReportBlock,
  type ReportSection,
  type ResultTable,
  resultTable,
  runGraphSvg,
} from "../../runtime/display/mod.ts";
import { cardStageBlocks, modelCardSections } from "../model_card.ts";
import type { PageDetails } from "../outlook/report_page.ts";
import { volatilityModelName } from "./card_stages.ts";
import { BLOCK_DAYS } from "./loss_intervals.ts";
import type { TickerResult, TickerScore } from "./ticker_schema.ts";
import type { VolatilityStudy } from "./volatility.ts";

const TRADING_DAYS = 252;

/** A daily variance as a yearly volatility in per cent. */
function annualized(variance: number | null): number {
  return variance === null ? NaN : 100 * Math.sqrt(variance * TRADING_DAYS);
}

function shortened(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/**
 * Mean losses of all models of one target, with their intervals and with what
 * they are on shuffled days.
 *
 * @param result The result for a ticker.
 * @param target What is forecast.
 * @returns A table for page and terminal; baselines in italics.
 */
export function scoreTable(
  result: TickerResult,
  target: TickerScore["target"],
): ResultTable {
  const scores = result.scores.filter((score) => score.target === target);
  const losses = [...new Set(scores.map(({ loss }) => loss))];
  const models = [...new Set(scores.map(({ model }) => model))];
  const baselines = Object.keys(scores[0]?.pValues ?? {});
  return resultTable(
    [
      "model",
      ...losses.flatMap((loss) => [
        { label: loss.toUpperCase(), best: "low" as const },
        "95 % interval",
        "shuffled",
      ]),
    ],
    models.map((model) => {
      const cells = [
        volatilityModelName(model),
        ...losses.flatMap((loss) => {
          const score = scores.find((one) =>
            one.model === model && one.loss === loss
          );
          return score === undefined ? [null, null, null] : [
            Number(score.mean.toPrecision(4)),
            `${shortened(score.lower)} … ${shortened(score.upper)}`,
            score.shuffled === null ? null : shortened(score.shuffled.value),
          ];
        }),
      ];
      return baselines.includes(model)
        ? { cells, tone: "baseline" as const }
        : cells;
    }),
    {
      caption: `${result.ticker}: ${target} a day ahead, ${
        scores[0]?.rows ?? 0
      } test days`,
    },
  );
}

/**
 * What is forecast for the coming day.
 *
 * @param result The result for a ticker.
 * @returns A table for page and terminal.
 */
export function comingTable({ ticker, coming }: TickerResult): ResultTable {
  return resultTable(
    ["what", "forecast"],
    [
      ...Object.entries(coming.variance).map(([model, variance]) => [
        `volatility a year, %: ${volatilityModelName(model)}`,
        annualized(variance).toFixed(1),
      ]),
      ["last close", coming.lastClose.toFixed(2)],
      ["close, corrected forecast", coming.correctedPrice.toFixed(2)],
      ["expected return, %", (100 * coming.expectedReturn).toFixed(3)],
    ],
    { caption: `${ticker}, forecasts for ${coming.day}` },
  );
}

function tickerBlocks(result: TickerResult): ReportBlock[] {
  const { dates, forecasts, measured } = result;
  const shown = ["process", "censoredScaled", "garch", "implied"].filter(
    (model) => forecasts[model] !== undefined,
  );
  return [
    lineFigure(dates, [
      { name: "realised", y: measured.map(annualized), width: 0.7 },
      ...shown.map((model) => ({
        name: volatilityModelName(model),
        y: forecasts[model]!.map(annualized),
      })),
    ], {
      title: `${result.ticker}: volatility a day ahead`,
      yLabel: "volatility a year, %",
      logY: true,
    }),
    comingTable(result),
    scoreTable(result, "variance"),
    "QLIKE is realised / forecast − log(realised / forecast) − 1 of the variances; MSE is in squared variance. Both are better when lower. Bold is the best of a column, italic a baseline.",
    `Intervals come from a bootstrap of blocks of ${BLOCK_DAYS} days, and are of each model by itself: two that overlap can still differ, as both saw the same days (see the tests in the model card). Shuffled is the same chain on the same days in a random order.`,
    scoreTable(result, "price"),
    scoreTable(result, "return"),
  ];
}

/**
 * Draws the report as one self-contained HTML file.
 *
 * @param study What was found.
 * @param details The run and what the numbers depend on.
 * @returns The text of the file.
 */
export async function volatilityPage(
  { card, results, sentences }: VolatilityStudy,
  details: PageDetails,
): Promise<string> {
  const [data] = modelCardSections({ ...card, stages: [] });
  const sections: ReportSection[] = [
    {
      title: "What came out",
      blocks: [sentences.map((line) => `- ${line}`).join("\n")],
    },
    ...results.map((result) => ({
      title: result.ticker,
      blocks: tickerBlocks(result),
    })),
    ...(data === undefined ? [] : [data]),
    {
      title: "Model card",
      blocks: card.stages.map((stage) => ({
        kind: "details" as const,
        summary: stage.title,
        blocks: cardStageBlocks(stage),
      })),
    },
    {
      title: "How it was computed",
      blocks: [
        { kind: "svg", svg: await runGraphSvg(details.view) },
        { kind: "definitions", entries: details.provenance },
      ],
    },
  ];
  return htmlReport({
    title: "Volatility a day ahead",
    lead: `${
      results.map(({ ticker, data: period }) =>
        `${ticker}: ${period.rows} trading days from ${period.from} to ${period.to}`
      ).join("; ")
    }. All figures are out of sample.`,
    createdAt: details.createdAt,
    sections,
  });
}
