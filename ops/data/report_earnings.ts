/**
 * Reports joined with the report of the year after: an outcome that needs no
 * prices of the companies.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  COMPANY_REPORT,
  type CompanyReport,
  REPORT_EVENT,
  type ReportEvent,
} from "../reports.ts";
import { dayNumberOf, toDayNumber, toISODay } from "./days.ts";
import { pastReturn, priceBars, sessionFrom } from "./price_bars.ts";
import { pricesPort } from "./price_frame.ts";

/** Params of {@linkcode reportEarnings}. */
export interface ReportEarningsParams {
  /** The figure whose growth is the outcome; default `"Net Income"`. */
  readonly figure?: string | undefined;
  /**
   * Days from the date of a report until it is taken as known; default 90, the
   * time that companies have for an annual report. An assumption, where the date
   * is the end of a period.
   */
  readonly delayDays?: number | undefined;
  /**
   * Whether dates count as the nearest end of a month, since business years of 52
   * weeks end on any day near one; default true.
   */
  readonly monthEnds?: boolean | undefined;
  /** Sessions of the market's past returns; default 1, 5, 21. */
  readonly returnSessions?: readonly number[] | undefined;
  /** What `market` is called; default `the market`. */
  readonly marketName?: string | undefined;
}

/** Days between two reports of which the second is the next year's. */
const YEAR_DAYS = { least: 350, most: 380 };

/** The nearest last day of a month. */
function monthEndNear(day: number): number {
  const [year, month] = toISODay(day).split("-").map(Number);
  const before = dayNumberOf(year!, month!, 1)! - 1;
  const after = month === 12
    ? dayNumberOf(year! + 1, 1, 1)! - 1
    : dayNumberOf(year!, month! + 1, 1)! - 1;
  return day - before < after - day ? before : after;
}

function growthOf(
  report: CompanyReport,
  next: CompanyReport | undefined,
  figure: string,
): number | null {
  const [now, then] = [report.figures[figure], next?.figures[figure]];
  return now === undefined || then === undefined || now.value === 0
    ? null
    : (then.value - now.value) / Math.abs(now.value);
}

/**
 * Joins annual reports with how a figure grew in the year after, and with what a
 * market did before they were known. **The outcome is not a price movement.** It is
 * for data without prices of the companies: everything else is as with
 * `reportMoves`.
 *
 * A report counts as known `delayDays` after its date, and the decision falls on
 * the day after that; the outcome is known when the next report is. Reports
 * without the figure of the year before are left out, since nothing could be said
 * of their growth.
 *
 * Inputs: `reports`; `market`, prices of one index. Params: see
 * {@linkcode ReportEarningsParams}. Output: `events`, by day, then in the order
 * of the reports; `change` is `(next - now) / |now|`, null where there is no next
 * report.
 *
 * @example
 * ```ts
 * import { reportEarnings, samplePrices, sampleReports } from "@weft/weft/ops/data";
 *
 * const { events } = await reportEarnings({
 *   reports: sampleReports().reports,
 *   market: samplePrices().prices,
 * }).value();
 * console.log(events.length); // 1329
 * ```
 */
export const reportEarnings: Op<
  { reports: CompanyReport[]; market: DataFrame },
  ReportEarningsParams,
  { events: ReportEvent[] }
> = op({
  name: "data/reportEarnings",
  version: "1",
  doc: "Joins annual reports with how earnings grew in the year after",
  inputs: {
    reports: port.value(z.array(COMPANY_REPORT)),
    market: pricesPort,
  },
  params: z.object({
    figure: z.string().default("Net Income"),
    monthEnds: z.boolean().default(true),
    delayDays: z.int().min(0).max(365).default(90),
    returnSessions: z.array(z.int().min(1).max(2520)).readonly().default([
      1,
      5,
      21,
    ]),
    marketName: z.string().default("the market"),
  }),
  outputs: { events: port.value(z.array(REPORT_EVENT)) },
  run: ({ reports, market }, params) => {
    const { delayDays, figure, marketName, returnSessions } = params;
    const bars = [...priceBars(market).values()][0];
    const dayOf = ({ date }: CompanyReport) => {
      const day = toDayNumber(date);
      return params.monthEnds ? monthEndNear(day) : day;
    };
    const byTicker = Map.groupBy(reports, ({ ticker }) => ticker);
    const events = reports.flatMap((report): ReportEvent[] => {
      const own = report.figures[figure];
      if (own === undefined || own.previous === null) return [];
      const date = dayOf(report);
      const known = date + delayDays;
      const next = byTicker.get(report.ticker)!.find((other) => {
        const gap = dayOf(other) - date;
        return gap >= YEAR_DAYS.least && gap <= YEAR_DAYS.most;
      });
      const change = growthOf(report, next, figure);
      const at = bars === undefined ? -1 : sessionFrom(bars.day, known + 1) - 1;
      return [{
        report,
        day: toISODay(known + 1),
        returns: returnSessions.flatMap((sessions) => {
          const value = bars === undefined
            ? NaN
            : pastReturn(bars, at, sessions);
          return Number.isNaN(value)
            ? []
            : [{ of: marketName, sessions, value }];
        }),
        change,
        end: change === null ? null : toISODay(dayOf(next!) + delayDays),
      }];
    });
    events.sort((a, b) => a.day < b.day ? -1 : a.day > b.day ? 1 : 0);
    return { events };
  },
});
