/**
 * Reports joined with prices as items of evidence.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  type PastReturn,
  REPORT_EVENT,
  type ReportEvent,
  type ReportFigure,
} from "../reports.ts";
import { answerOfChange, OVERNIGHT_THRESHOLD } from "./answers.ts";
import { EVIDENCE_ITEM, type EvidenceItem, makeSources } from "./sources.ts";

/** Params of {@linkcode evidenceOfEvents}. */
export interface EvidenceOfEventsParams {
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold?: number | undefined;
  /** Which price the outcome is measured at; "open" by default. */
  readonly until?: "open" | "close" | undefined;
  /** Trading days until the outcome; 1 by default. */
  readonly horizon?: number | undefined;
}

/**
 * Items of evidence from reports joined with prices. For the paper's label join them
 * with `measure: "close-to-open"`: the next open against the current close. Where
 * the outcome is at a close, say so by `until`, so that prompts ask for it.
 *
 * Of a report become: its text and analysts' grades up to its day the reports and the
 * news; figures and the surprise in earnings the fundamentals; returns up to the day
 * the technical figures.
 *
 * Input: `events` from `reportMoves` or `reportEarnings`. Params: `threshold` (0.03);
 * `until`, whether the outcome is at an "open" (default) or a "close"; `horizon`,
 * trading days until then (1), for the day asked about where it has not come yet.
 * Output: `items`, in the same order, with truths where outcomes are known.
 *
 * @throws {DataError} When an outcome is known before the day of its report is over.
 *
 * @example
 * ```ts
 * import { evidenceOfEvents } from "@weft/weft/ops/evidence";
 *
 * const { items } = await evidenceOfEvents.run({
 *   events: [{
 *     report: {
 *       id: "1",
 *       ticker: "X",
 *       date: "2016-05-03",
 *       text: "Sales rose.",
 *       figures: { revenue: { value: 110, previous: 100 } },
 *       surprise: null,
 *       grades: [],
 *     },
 *     day: "2016-05-03",
 *     returns: [{ of: "the stock", sessions: 5, value: 0.02 }],
 *     change: 0.04,
 *     end: "2016-05-04",
 *   }],
 * });
 * console.log(items[0]!.truth); // { answer: "up", change: 0.04 }
 * ```
 */
export const evidenceOfEvents: Op<
  { events: ReportEvent[] },
  EvidenceOfEventsParams,
  { items: EvidenceItem[] }
> = op({
  name: "evidence/evidenceOfEvents",
  version: "2",
  doc: "Items of evidence from reports joined with prices",
  inputs: { events: port.value(z.array(REPORT_EVENT)) },
  params: z.object({
    threshold: z.number().nonnegative().default(OVERNIGHT_THRESHOLD),
    until: z.enum(["open", "close"]).default("open"),
    horizon: z.int().positive().default(1),
  }),
  outputs: { items: port.value(z.array(EVIDENCE_ITEM)) },
  run: ({ events }, params) => ({
    items: events.map((event) => itemOf(event, params)),
  }),
});

function itemOf(
  event: ReportEvent,
  { horizon, threshold, until }: {
    readonly horizon: number;
    readonly threshold: number;
    readonly until: "open" | "close";
  },
): EvidenceItem {
  const { change, day, end, report, returns } = event;
  const { figures, grades, surprise, text, ticker } = report;
  const expectations = surprise === null ? [] : [{
    name: "earnings per share against what was expected",
    value: surprise.actual,
    previous: surprise.expected,
  }];
  const truth = change === null
    ? null
    : { answer: answerOfChange(change, threshold), change };
  const sources = makeSources({
    name: ticker,
    day,
    nextDay: end ?? weekdayAfter(day, horizon),
    until,
    reports: [{ time: day, title: `Report of ${ticker}`, text }],
    news: grades.map(({ date, firm, grade }) => ({
      time: date,
      title: `${firm}: ${grade}`,
    })),
    fundamentals: [
      ...expectations,
      ...Object.entries(figures).map(([name, own]) => figureOf(name, own)),
    ],
    technical: returns.map(technicalOf),
  });
  return { id: report.id, sources, truth };
}

function figureOf(name: string, { previous, value }: ReportFigure) {
  return { name, value, ...(previous === null ? {} : { previous }) };
}

function technicalOf({ of, sessions, value }: PastReturn) {
  const unit = sessions === 1 ? "session" : "sessions";
  return { name: `return of ${of} over ${sessions} ${unit}`, value };
}

/** The day some weekdays later: holidays of a market are not known here. */
function weekdayAfter(day: string, weekdays: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  for (let left = weekdays; left > 0;) {
    date.setUTCDate(date.getUTCDate() + 1);
    if (date.getUTCDay() % 6 !== 0) left--;
  }
  return date.toISOString().slice(0, 10);
}
