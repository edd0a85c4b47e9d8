/**
 * Days of a price as events that language models are asked about.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import {
  COMPANY_REPORT,
  type CompanyReport,
  type PastReturn,
  REPORT_EVENT,
  type ReportEvent,
} from "../../ops/reports.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";
import { daysOf } from "./days.ts";
import { knownReports, reportDigest } from "./report_digest.ts";

/** Params of {@linkcode dayEvents}. */
export interface DayEventsParams {
  /** Rows until the outcome; 1 by default. */
  readonly horizon?: number | undefined;
  /** Weeks between days that are asked about; 1 by default. */
  readonly weeks?: number | undefined;
  /** Calendar days from a report's date until it is known; 1 by default. */
  readonly lag?: number | undefined;
  /** Whose reports are read, and whose price it is; all of a market by default. */
  readonly ticker?: string | undefined;
}

/** Sessions of the past returns that an event tells. */
const RETURN_SESSIONS = [1, 5, 21, 63];

const DAYS_OF_WEEK = 7;
const MILLISECONDS_PER_DAY = 86_400_000;
/** The epoch was a Thursday: weeks begin three days before it. */
const DAYS_SINCE_MONDAY = 3;

function blockOfWeeks(day: string, weeks: number): number {
  const number = Date.parse(day) / MILLISECONDS_PER_DAY + DAYS_SINCE_MONDAY;
  return Math.floor(number / (DAYS_OF_WEEK * weeks));
}

/** The first session of every block of weeks, and the first test row. */
function askedRows(
  days: readonly string[],
  splits: Splits,
  weeks: number,
): number[] {
  return [...days.keys()].filter((row) =>
    row === splits[0]!.testStart || (row > 0 &&
      blockOfWeeks(days[row]!, weeks) !== blockOfWeeks(days[row - 1]!, weeks))
  );
}

/**
 * Events of a price, for prompts, labels and evidence: the first session of every
 * `weeks` weeks, which does not depend on where the table begins, and the first
 * row of the first test window. An event holds what is known at the close of its
 * day (returns over 1, 5, 21 and 63 sessions, and what reports told that were
 * known by then) and, apart from it, the outcome over `horizon` rows.
 *
 * Inputs: `table` with `date` and the columns `momentum1`, `momentum5`,
 * `momentum21` and `momentum63` of log returns; `reports` by date; `changes`, f64
 * `["t"]`, see `changeAhead`; `splits` over the rows. Params: see
 * {@linkcode DayEventsParams}. Outputs: `events` in order; `rows`, the row of
 * each; `known`, on how many of them a report was known.
 */
export const dayEvents: Op<
  {
    table: DataFrame;
    reports: CompanyReport[];
    changes: F64;
    splits: Splits;
  },
  DayEventsParams,
  { events: ReportEvent[]; rows: number[]; known: number }
> = op({
  name: "outlook/dayEvents",
  version: "2",
  doc: "Days of a price as events, with what was known and what came",
  inputs: {
    table: port.frame(),
    reports: port.value(z.array(COMPANY_REPORT)),
    changes: port.tensor("f64", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({
    horizon: z.int().positive().default(1),
    weeks: z.int().positive().default(1),
    lag: z.int().positive().default(1),
    ticker: z.string().min(1).optional(),
  }),
  outputs: {
    events: port.value(z.array(REPORT_EVENT)),
    rows: port.value(z.array(z.int())),
    known: port.value(z.int()),
  },
  run: async ({ table, reports, changes, splits }, params) => {
    const { horizon, lag, ticker, weeks } = params;
    const name = ticker ?? "the market";
    const days = daysOf(table);
    const own = reports
      .filter((report) => ticker === undefined || report.ticker === ticker)
      .sort((a, b) => a.date < b.date ? -1 : a.date > b.date ? 1 : 0);
    const change = await changes.data();
    const momentum = RETURN_SESSIONS.map((sessions) => ({
      sessions,
      values: [...table.getColumn(`momentum${sessions}`)].map(Number),
    }));
    const rows = askedRows(days, splits, weeks);
    let withReport = 0;
    const events = rows.map((row): ReportEvent => {
      const day = days[row]!;
      const known = knownReports(own, day, lag);
      if (known.length > 0) withReport++;
      const outcome = change[row]!;
      return {
        report: reportDigest(known, name, day),
        day,
        returns: momentum.map(({ sessions, values }): PastReturn => ({
          of: name,
          sessions,
          value: Math.expm1(values[row]!),
        })),
        change: Number.isNaN(outcome) ? null : outcome,
        end: days[row + horizon] ?? null,
      };
    });
    return { events, rows, known: withReport };
  },
});
