/**
 * Walk-forward windows of events, which come several a day or none, and whose
 * outcomes end on days of their own.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../reports.ts";
import { type Split, SPLITS, type Splits } from "../splits.ts";
import { evenlySpread } from "../spread.ts";
import { toDayNumber } from "./days.ts";

/** Params of {@linkcode eventSplits}. */
export interface EventSplitsParams {
  /** What part of the events, from the last backwards, is tested on; default 1/3. */
  readonly testShare?: number | undefined;
  /** Into how many windows that part is cut, each with a training of its own; default 1. */
  readonly windows?: number | undefined;
  /** Days that lie at least between outcomes of training and the test; default 1. */
  readonly embargoDays?: number | undefined;
}

/** The first row of a day at or after a row: days are not torn apart. */
function dayStart(events: readonly ReportEvent[], row: number): number {
  let start = row;
  while (start > 0 && events[start - 1]!.day === events[start]?.day) start--;
  return start;
}

function checkOrder(events: readonly ReportEvent[]): void {
  const row = events.findIndex(({ day }, at) =>
    at > 0 && day < events[at - 1]!.day
  );
  if (row < 0) return;
  throw new DataError("Cannot split as the events are not in order", {
    expected: "ascending days",
    actual: `an earlier day in row ${row}`,
  });
}

/**
 * Rows before the test, up to the first one whose outcome is not known early
 * enough: what follows it is left out, too.
 */
function trainEndOf(
  events: readonly ReportEvent[],
  testStart: number,
  embargoDays: number,
): number {
  const bound = toDayNumber(events[testStart]!.day) - embargoDays;
  const late = events.findIndex(({ end }, row) =>
    row < testStart && end !== null && toDayNumber(end) > bound
  );
  return late < 0 ? testStart : late;
}

/**
 * Windows that train on events whose outcomes were known before the first event of
 * their test, and test on what follows: the last part of the events by time, in
 * `windows` pieces of about equal size. All events of a day are in one window.
 *
 * Training ends before the first event whose outcome ends less than `embargoDays`
 * before the first day of the test.
 *
 * Input: `events` by day. Params: see {@linkcode EventSplitsParams}. Output:
 * `splits`.
 *
 * @throws {DataError} Where events are not in order, or too few for the windows.
 *
 * @example
 * ```ts
 * import { eventSplits, reportEarnings, samplePrices, sampleReports } from "@weft/weft/ops/data";
 *
 * const { events } = reportEarnings({
 *   reports: sampleReports().reports,
 *   market: samplePrices().prices,
 * });
 * const { splits } = await eventSplits({ events }).value();
 * console.log(splits.length); // 1
 * ```
 */
export const eventSplits: Op<
  { events: ReportEvent[] },
  EventSplitsParams,
  { splits: Splits }
> = op({
  name: "data/eventSplits",
  version: "1",
  doc: "Walk-forward windows of events, with purge by outcome and embargo",
  inputs: { events: port.value(z.array(REPORT_EVENT)) },
  params: z.object({
    testShare: z.number().gt(0).lt(1).default(1 / 3),
    windows: z.int().min(1).max(100).default(1),
    embargoDays: z.int().min(1).max(1000).default(1),
  }),
  outputs: { splits: port.value(SPLITS) },
  run: ({ events }, { embargoDays, testShare, windows }) => {
    checkOrder(events);
    const rows = events.length;
    const first = Math.round(rows * (1 - testShare));
    const starts = Array.from(
      { length: windows },
      (_, at) =>
        dayStart(events, first + Math.round(at * (rows - first) / windows)),
    );
    const splits = starts.flatMap((testStart, at): Split[] => {
      const testEnd = starts[at + 1] ?? rows;
      if (testStart >= testEnd) return [];
      const trainEnd = trainEndOf(events, testStart, embargoDays);
      return trainEnd > 0
        ? [{ trainStart: 0, trainEnd, testStart, testEnd }]
        : [];
    });
    if (splits.length === windows) return { splits };
    throw new DataError(`Cannot split ${rows} events into ${windows} windows`, {
      expected: "events to train on before each test, on several days",
      actual: `${splits.length} windows that have them`,
      hint:
        'Lower "windows", "testShare" or "embargoDays", or bring more events',
    });
  },
});

/**
 * Keeps some of the events, evenly spread over them: a smaller run on the same
 * stretch of time. Events without an outcome are kept only where `unknown` says
 * so.
 *
 * Input: `events` by day. Params: `count`, how many at most; `unknown` (default
 * false). Output: `events`.
 *
 * @example
 * ```ts
 * import { thinEvents } from "@weft/weft/ops/data";
 *
 * const { events } = await thinEvents.run({ events: [] }, { count: 100 });
 * console.log(events.length); // 0
 * ```
 */
export const thinEvents: Op<
  { events: ReportEvent[] },
  { count?: number | undefined; unknown?: boolean | undefined },
  { events: ReportEvent[] }
> = op({
  name: "data/thinEvents",
  version: "1",
  doc: "Some of the events, evenly spread over them",
  inputs: { events: port.value(z.array(REPORT_EVENT)) },
  params: z.object({
    count: z.int().positive().optional(),
    unknown: z.boolean().default(false),
  }),
  outputs: { events: port.value(z.array(REPORT_EVENT)) },
  run: ({ events }, { count, unknown }) => {
    const known = events.filter(({ change }) => unknown || change !== null);
    return { events: evenlySpread(known, count ?? Infinity) };
  },
});
