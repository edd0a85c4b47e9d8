/**
 * Reports joined with prices: what was known when they came, and what the price
 * did next.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  COMPANY_REPORT,
  type CompanyReport,
  type PastReturn,
  REPORT_EVENT,
  type ReportEvent,
} from "../reports.ts";
import { toDayNumber, toISODay } from "./days.ts";
import { daySeries, numberSeries } from "./frames.ts";
import {
  pastReturn,
  type PriceBars,
  priceBars,
  sessionFrom,
} from "./price_bars.ts";
import { pricesPort } from "./price_frame.ts";

/**
 * When in its day a report comes: before the session opens, after it closes, or
 * at an hour that nobody knows.
 */
export type ReportTiming = "before" | "after" | "unknown";

/** From where to where a price is followed. */
export type MoveMeasure = "close-to-close" | "open-to-close" | "close-to-open";

/** Params of {@linkcode reportMoves}. */
export interface ReportMovesParams {
  /** When reports come; default `"after"`. */
  readonly timing?: ReportTiming | undefined;
  /** From where to where the price is followed; default `"close-to-close"`. */
  readonly measure?: MoveMeasure | undefined;
  /** Sessions after the report until the outcome; default 1. */
  readonly horizon?: number | undefined;
  /** Sessions of the returns before the report; default 1, 5, 21. */
  readonly returnSessions?: readonly number[] | undefined;
  /** Tickers of the same prices that stand for the market; default none. */
  readonly marketTickers?: readonly string[] | undefined;
  /** What `market` is called; default `the market`. */
  readonly marketName?: string | undefined;
  /** Calendar days that a session may be away from the report; default 7. */
  readonly maxGapDays?: number | undefined;
}

/** A report that could not be joined. */
export interface DroppedReport {
  /** The report's id. */
  readonly id: string;
  /** Why. */
  readonly reason: "no prices" | "no session near" | "price unknown";
}

const PARAMS = z.object({
  timing: z.enum(["before", "after", "unknown"]).default("after"),
  measure: z.enum(["close-to-close", "open-to-close", "close-to-open"])
    .default("close-to-close"),
  horizon: z.int().min(1).max(250).default(1),
  returnSessions: z.array(z.int().min(1).max(2520)).readonly().default([
    1,
    5,
    21,
  ]),
  marketTickers: z.array(z.string()).readonly().default([]),
  marketName: z.string().default("the market"),
  maxGapDays: z.int().min(1).max(60).default(7),
});

type Params = z.output<typeof PARAMS>;

/** Prices of one name that returns are taken of. */
interface Source {
  readonly of: string;
  readonly bars: PriceBars;
}

function returnsAt(
  sources: readonly Source[],
  anchorDay: number,
  { returnSessions }: Params,
): PastReturn[] {
  return sources.flatMap(({ of, bars }) => {
    const at = sessionFrom(bars.day, anchorDay + 1) - 1;
    return returnSessions.flatMap((sessions) => {
      const value = pastReturn(bars, at, sessions);
      return Number.isNaN(value) ? [] : [{ of, sessions, value }];
    });
  });
}

interface Outcome {
  readonly change: number | null;
  readonly end: string | null;
}

/** What happened from the anchor's close, or the open after the report. */
function outcomeOf(
  { close, day, open }: PriceBars,
  anchor: number,
  first: number,
  { horizon, measure }: Params,
): Outcome | undefined {
  const last = first + horizon - 1;
  if (last >= day.length) return { change: null, end: null };
  const from = measure === "open-to-close" ? open[first]! : close[anchor]!;
  const to = measure === "close-to-open" ? open[last]! : close[last]!;
  return from > 0 && to > 0
    ? { change: to / from - 1, end: toISODay(day[last]!) }
    : undefined;
}

function eventOf(
  report: CompanyReport,
  bars: PriceBars | undefined,
  market: readonly Source[],
  lastDay: number,
  params: Params,
): ReportEvent | DroppedReport["reason"] {
  if (bars === undefined) return "no prices";
  const date = toDayNumber(report.date);
  // Where prices end before the report, later sessions are not known yet
  if (date > lastDay) return "no session near";
  const anchor = sessionFrom(
    bars.day,
    params.timing === "after" ? date + 1 : date,
  ) - 1;
  const first = sessionFrom(
    bars.day,
    params.timing === "before" ? date : date + 1,
  );
  const anchorDay = bars.day[anchor];
  if (anchorDay === undefined || date - anchorDay > params.maxGapDays) {
    return "no session near";
  }
  if (first < bars.day.length && bars.day[first]! - date > params.maxGapDays) {
    return "no session near";
  }
  const outcome = outcomeOf(bars, anchor, first, params);
  if (outcome === undefined) return "price unknown";
  const sources = [{ of: "the stock", bars }, ...market];
  return {
    report,
    day: report.date,
    returns: returnsAt(sources, anchorDay, params),
    ...outcome,
  };
}

function marketOf(
  bars: ReadonlyMap<string, PriceBars>,
  market: DataFrame | undefined,
  { marketName, marketTickers }: Params,
): Source[] {
  const given = market === undefined ? [] : [...priceBars(market).values()];
  if (given.length > 1) {
    throw new ParameterError("Cannot take several tickers for the market", {
      expected: 'one ticker in "market"',
      actual: `${given.length} tickers`,
      hint: 'Name them in "marketTickers"',
    });
  }
  return [
    ...given.map((own) => ({ of: marketName, bars: own })),
    ...marketTickers.map((of) => {
      const own = bars.get(of);
      if (own !== undefined) return { of, bars: own };
      throw new ParameterError(`Cannot find prices of the market "${of}"`, {
        expected: "a ticker of the prices",
        actual: `"${of}"`,
      });
    }),
  ];
}

function knownFrame(events: readonly ReportEvent[], params: Params): DataFrame {
  const names = [
    ...new Set(events.flatMap(({ returns }) => returns.map(({ of }) => of))),
  ];
  const days = Int32Array.from(events, ({ day }) => toDayNumber(day));
  return pl.DataFrame([
    daySeries("date", days),
    pl.Series("id", events.map(({ report }) => report.id), pl.String),
    ...names.flatMap((of) =>
      params.returnSessions.map((sessions) =>
        numberSeries(
          `${of} ${sessions}`,
          Float64Array.from(
            events,
            ({ returns }) =>
              returns.find((one) => one.of === of && one.sessions === sessions)
                ?.value ?? NaN,
          ),
        )
      )
    ),
  ]);
}

/**
 * Joins reports with prices, with nothing that was not known: returns end at the
 * last close before the report, the outcome begins there.
 *
 * With `timing: "after"` (the default: the report comes when the session of its
 * day is over) the last close before is that of its own day, and the next session
 * is the one after; with `"before"`, the close of the day before and the session
 * of its own day. With `"unknown"` the outcome spans both, from the close before
 * the day to the close after it: what it tells is how the price took the report,
 * not what somebody could have earned who had read it.
 *
 * `measure` follows the price from that close to the close (`"close-to-close"`) or
 * the open (`"close-to-open"`) of the session `horizon` sessions after the report,
 * or from the first open after the report to that close (`"open-to-close"`). Only the
 * last begins after the report is known, whatever the timing: the others have in them
 * how the price jumped at the report, and are nothing that its readers could earn.
 *
 * Inputs: `reports`; `prices` with a column `ticker`; `market`, optional prices of
 * one index. Params: see {@linkcode ReportMovesParams}. Outputs: `events`, by day
 * then in the order of the reports, with `change` null where prices end before the
 * outcome; `known`, the past returns as a frame; `dropped`, reports without prices
 * or sessions near, and why.
 *
 * @throws {ParameterError} For a market that is not there, or is several.
 *
 * @example
 * ```ts
 * import pl from "nodejs-polars";
 * import { reportMoves } from "@weft/weft/ops/data";
 *
 * const day = (text: string) => new Date(text);
 * const close = [10, 10, 11];
 * const unknown = pl.Series("volume", [null, null, null], pl.Float64);
 * const prices = pl.DataFrame([
 *   pl.Series("date", ["2016-05-02", "2016-05-03", "2016-05-04"].map(day), pl.Date),
 *   pl.Series("ticker", ["X", "X", "X"]),
 *   ...["open", "high", "low", "close"].map((name) => pl.Series(name, close, pl.Float64)),
 *   unknown,
 * ]);
 * const report = {
 *   id: "1",
 *   ticker: "X",
 *   date: "2016-05-03",
 *   text: "Sales rose.",
 *   figures: {},
 *   surprise: null,
 *   grades: [],
 * };
 * const { events } = await reportMoves.run({ reports: [report], prices });
 * console.log(events[0]?.change?.toFixed(2), events[0]?.end); // 0.10 2016-05-04
 * ```
 */
export const reportMoves: Op<
  { reports: CompanyReport[]; prices: DataFrame; market?: DataFrame },
  ReportMovesParams,
  { events: ReportEvent[]; known: DataFrame; dropped: DroppedReport[] }
> = op({
  name: "data/reportMoves",
  version: "1",
  doc: "Joins reports with what was known before and what the price did next",
  inputs: {
    reports: port.value(z.array(COMPANY_REPORT)),
    prices: pricesPort,
    market: port.optional(pricesPort),
  },
  params: PARAMS,
  outputs: {
    events: port.value(z.array(REPORT_EVENT)),
    known: port.frame({ columns: { date: "date" }, timeColumn: "date" }),
    dropped: port.value(z.array(z.object({
      id: z.string(),
      reason: z.enum(["no prices", "no session near", "price unknown"]),
    }))),
  },
  run: ({ reports, prices, market }, params) => {
    const bars = priceBars(prices);
    const indices = marketOf(bars, market, params);
    let lastDay = -Infinity;
    for (const { day } of bars.values()) {
      lastDay = Math.max(lastDay, day.at(-1) ?? -Infinity);
    }
    const events: ReportEvent[] = [];
    const dropped: DroppedReport[] = [];
    for (const report of reports) {
      // A file without tickers holds the prices of one
      const own = bars.get(report.ticker) ?? bars.get("");
      const event = eventOf(report, own, indices, lastDay, params);
      if (typeof event === "string") {
        dropped.push({ id: report.id, reason: event });
      } else events.push(event);
    }
    events.sort((a, b) => a.day < b.day ? -1 : a.day > b.day ? 1 : 0);
    return { events, known: knownFrame(events, params), dropped };
  },
});
