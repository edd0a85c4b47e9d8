/**
 * Checks and cleaning of a price table: order, duplicates, impossible prices,
 * gaps, jumps that look like splits, adjustment.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import { toDayNumber, toISODay } from "./days.ts";
import { pacer } from "./pace.ts";
import { FindingCollector, type FindingPolicy } from "./price_findings.ts";
import type { Finding } from "./price_findings.ts";
import {
  NO_DAY,
  PRICE_FIELDS,
  type PriceField,
  type PriceTable,
  takeRows,
} from "./price_table.ts";
import {
  FIRST_NYSE_YEAR,
  LAST_NYSE_YEAR,
  type TradingCalendarName,
  tradingDayNumbers,
} from "./trading_calendar.ts";

/** How a price table is checked. */
export interface PriceCheckOptions {
  /** What is done about each finding. */
  readonly policy: FindingPolicy;
  /** The calendar for gaps; `"none"` looks for no gaps. */
  readonly calendar: TradingCalendarName | "none";
  /** Which prices to give; `"detect"` adjusts where it can be done. */
  readonly adjustment: "raw" | "adjusted" | "detect";
  /** Numbers n of splits n:1 and 1:n that jumps are compared with. */
  readonly splitRatios: readonly number[];
  /** How far the log ratio of two closes may lie from that of a split. */
  readonly splitTolerance: number;
}

/** A table in order, with what was found on the way. */
export interface CheckedPrices {
  /** Sorted by day, then by ticker; one row for each. */
  readonly table: PriceTable;
  /** What was found. */
  readonly findings: Finding[];
}

type Numbers = { -readonly [F in PriceField]?: Float64Array };

/**
 * Checks a table and puts it in order. Between its steps the event loop turns.
 *
 * @param table The rows in the order of the file.
 * @param options The policy and the bounds.
 * @param signal Aborts the work.
 * @returns The clean table and the findings.
 * @throws {DataError} For what the policy does not bear, and for an adjustment
 * that the file cannot give.
 */
export async function checkPrices(
  table: PriceTable,
  options: PriceCheckOptions,
  signal?: AbortSignal,
): Promise<CheckedPrices> {
  const found = new FindingCollector(table.source, options.policy);
  const pace = pacer(signal);
  refuseUnnamed(table);
  noteUnread(table, found);
  noteMissing(table, found);
  await pace();
  const valued = cleanValues(table, found);
  found.refuse(table.positionKind);
  await pace();
  noteDisorder(valued, found);
  await pace();
  const rows = sortedRows(valued);
  await pace();
  const sorted = takeRows(valued, rows);
  await pace();
  const ordered = dropDuplicates(sorted, found);
  found.refuse(table.positionKind);
  await pace();
  noteBodies(ordered, found);
  await pace();
  noteGaps(ordered, options.calendar, found);
  noteStaleOpens(ordered, found);
  await pace();
  const adjusted = adjust(ordered, options.adjustment, found);
  noteSplits(adjusted, options, found);
  found.refuse(table.positionKind);
  return { table: adjusted, findings: found.findings() };
}

function refuseUnnamed(table: PriceTable): void {
  const unnamed = table.ticker?.names.indexOf("") ?? -1;
  if (unnamed < 0) return;
  const row = table.ticker?.codes.indexOf(unnamed) ?? -1;
  throw new DataError(
    `Cannot read prices as "${table.source}" has rows without a ticker`,
    {
      expected: "a ticker in every row",
      actual: `none in ${table.positionKind} ${table.position[row]}`,
      hint: 'Fill them in, or set "columns.ticker" to null',
    },
  );
}

function noteUnread(table: PriceTable, found: FindingCollector): void {
  for (const { row, text } of table.unreadDates) {
    found.note("unparseable-date", table, row, () => `"${text}"`);
  }
  for (const { row, column, text } of table.unreadNumbers) {
    found.note("unparseable-number", table, row, () => `${column} "${text}"`);
  }
}

/** Takes impossible values as missing. */
function cleanValues(table: PriceTable, found: FindingCollector): PriceTable {
  const numbers: Numbers = {};
  for (const field of PRICE_FIELDS) {
    const column = table.numbers[field];
    if (column === undefined) continue;
    const clean = column.slice();
    numbers[field] = clean;
    for (let row = 0; row < clean.length; row++) {
      const value = clean[row] as number;
      const detail = () => `${field} ${value}`;
      if (field === "volume") {
        if (value === 0) found.note("zero-volume", table, row, detail);
        if (!(value < 0)) continue;
        found.note("negative-volume", table, row, detail);
      } else {
        if (!(value <= 0)) continue;
        const code = field === "close"
          ? "non-positive-close"
          : field === "open" && value === 0
          ? "zero-open"
          : "non-positive-price";
        found.note(code, table, row, detail);
      }
      clean[row] = NaN;
    }
  }
  return { ...table, numbers };
}

function tickerCount(table: PriceTable): number {
  return table.ticker?.names.length ?? 1;
}

function tickerOf(table: PriceTable, row: number): number {
  return table.ticker?.codes[row] ?? 0;
}

function noteDisorder(table: PriceTable, found: FindingCollector): void {
  const lastDay = new Int32Array(tickerCount(table)).fill(NO_DAY);
  for (let row = 0; row < table.day.length; row++) {
    const day = table.day[row] as number;
    if (day === NO_DAY) continue;
    const ticker = tickerOf(table, row);
    const last = lastDay[ticker] as number;
    if (day < last) {
      found.note(
        "out-of-order",
        table,
        row,
        () => `comes after ${toISODay(last)}`,
      );
    }
    lastDay[ticker] = day;
  }
}

/** Rows by day, then by the name of the ticker, then as in the file. */
function sortedRows(table: PriceTable): Int32Array {
  let rows: Int32Array = Int32Array.from(
    { length: table.day.length },
    (_, row) => row,
  ).filter((row) => table.day[row] !== NO_DAY);
  if (table.ticker !== undefined) {
    const { names, codes } = table.ticker;
    const byName = names.map((_, code) => code).sort((a, b) =>
      (names[a] as string) < (names[b] as string) ? -1 : 1
    );
    const rank = new Int32Array(names.length);
    byName.forEach((code, place) => rank[code] = place);
    rows = countingSort(rows, (row) => rank[codes[row] as number] as number);
  }
  return countingSort(rows, (row) => table.day[row] as number);
}

/** A stable sort by whole-number keys in linear time. */
function countingSort(
  rows: Int32Array,
  keyOf: (row: number) => number,
): Int32Array {
  let least = Infinity;
  let greatest = -Infinity;
  for (const row of rows) {
    const key = keyOf(row);
    least = Math.min(least, key);
    greatest = Math.max(greatest, key);
  }
  if (rows.length === 0) return rows;
  const starts = new Int32Array(greatest - least + 2);
  for (const row of rows) {
    const at = keyOf(row) - least + 1;
    starts[at] = (starts[at] as number) + 1;
  }
  for (let index = 1; index < starts.length; index++) {
    starts[index] = (starts[index] as number) + (starts[index - 1] as number);
  }
  const sorted = new Int32Array(rows.length);
  for (const row of rows) {
    const at = keyOf(row) - least;
    const place = starts[at] as number;
    sorted[place] = row;
    starts[at] = place + 1;
  }
  return sorted;
}

function dropDuplicates(
  table: PriceTable,
  found: FindingCollector,
): PriceTable {
  const rows = table.day.length;
  const kept = new Int32Array(rows);
  const columns = PRICE_FIELDS.flatMap((field) => {
    const values = table.numbers[field];
    return values === undefined ? [] : [{ field, values }];
  });
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const before = row - 1;
    if (
      row === 0 || table.day[row] !== table.day[before] ||
      tickerOf(table, row) !== tickerOf(table, before)
    ) {
      kept[count++] = row;
      continue;
    }
    const other = columns.find(({ values }) =>
      !Object.is(values[row], values[before])
    );
    if (other === undefined) {
      found.note("duplicate-rows", table, row, () => "repeats another row");
    } else {
      const { field, values } = other;
      found.note(
        "conflicting-duplicates",
        table,
        row,
        () => `${field} ${values[row]}, in another row ${values[before]}`,
      );
      kept[count - 1] = row;
    }
  }
  return count === rows ? table : takeRows(table, kept.slice(0, count));
}

function noteMissing(table: PriceTable, found: FindingCollector): void {
  for (const field of PRICE_FIELDS) {
    const values = table.numbers[field];
    if (values === undefined) {
      if (field !== "adjustedClose") {
        found.note("missing-column", table, -1, () => field);
      }
      continue;
    }
    for (let row = 0; row < values.length; row++) {
      if (Number.isNaN(values[row])) {
        found.note("missing-value", table, row, () => field);
      }
    }
  }
}

function noteBodies(table: PriceTable, found: FindingCollector): void {
  const { open, high, low, close } = table.numbers;
  for (let row = 0; row < table.day.length; row++) {
    for (const body of [open?.[row], close?.[row]]) {
      if (body === undefined) continue;
      const top = high?.[row] ?? NaN;
      const bottom = low?.[row] ?? NaN;
      if (top < body) {
        const detail = () => `high ${top} below ${body}`;
        found.note("high-below-body", table, row, detail);
        break;
      }
      if (bottom > body) {
        const detail = () => `low ${bottom} above ${body}`;
        found.note("low-above-body", table, row, detail);
        break;
      }
    }
  }
}

function noteGaps(
  table: PriceTable,
  calendar: PriceCheckOptions["calendar"],
  found: FindingCollector,
): void {
  const rows = table.day.length;
  if (calendar === "none" || rows === 0) return;
  let first = table.day[0] as number;
  let last = table.day[rows - 1] as number;
  if (calendar === "nyse") {
    // Days outside the known years cannot be told, neither open nor closed
    first = Math.max(first, toDayNumber(`${FIRST_NYSE_YEAR}-01-01`));
    last = Math.min(last, toDayNumber(`${LAST_NYSE_YEAR}-12-31`));
  }
  const expected = tradingDayNumbers(first, last, calendar);
  const ordinals = new Int32Array(Math.max(0, last - first + 1)).fill(-1);
  expected.forEach((day, ordinal) => ordinals[day - first] = ordinal);
  const lastOrdinal = new Int32Array(tickerCount(table)).fill(-1);
  for (let row = 0; row < rows; row++) {
    const day = table.day[row] as number;
    if (day < first || day > last) {
      found.note("calendar-not-checked", table, row, () => calendar);
      continue;
    }
    const ordinal = ordinals[day - first] as number;
    if (ordinal < 0) {
      found.note("not-a-trading-day", table, row, () => calendar);
      continue;
    }
    const ticker = tickerOf(table, row);
    const before = lastOrdinal[ticker] as number;
    if (before >= 0 && ordinal > before + 1) {
      const from = toISODay(expected[before + 1] as number);
      const to = toISODay(expected[ordinal - 1] as number);
      found.note(
        "calendar-gap",
        table,
        row,
        () => from === to ? `no row for ${from}` : `no rows ${from} to ${to}`,
        ordinal - before - 1,
      );
    }
    lastOrdinal[ticker] = ordinal;
  }
}

function adjust(
  table: PriceTable,
  adjustment: PriceCheckOptions["adjustment"],
  found: FindingCollector,
): PriceTable {
  const { adjustedClose, close } = table.numbers;
  if (adjustedClose === undefined || close === undefined) {
    if (adjustment === "adjusted") {
      throw new DataError(
        `Cannot adjust the prices of "${table.source}"`,
        {
          expected: "a column with adjusted closes",
          actual: "none",
          hint: 'Name it in "columns.adjustedClose", or set "adjustment" to ' +
            '"raw"',
        },
      );
    }
    if (adjustment === "detect") {
      const detail = () => "no column with adjusted closes";
      found.note("raw-prices", table, -1, detail, table.day.length);
    }
    return table;
  }
  if (adjustment === "raw") return table;
  const numbers: Numbers = { ...table.numbers, close: adjustedClose.slice() };
  let adjusted = 0;
  for (const field of ["open", "high", "low"] as const) {
    const values = table.numbers[field];
    if (values === undefined) continue;
    numbers[field] = values.map((value, row) =>
      value * ((adjustedClose[row] as number) / (close[row] as number))
    );
  }
  for (let row = 0; row < close.length; row++) {
    if (adjustedClose[row] !== close[row]) adjusted++;
  }
  if (adjustment === "detect") {
    const detail = () => "scaled by adjusted close / close";
    found.note("adjusted-prices", table, -1, detail, adjusted);
  }
  return { ...table, numbers };
}

function noteSplits(
  table: PriceTable,
  { splitRatios, splitTolerance }: PriceCheckOptions,
  found: FindingCollector,
): void {
  const { open, close } = table.numbers;
  if (close === undefined || splitRatios.length === 0) return;
  const logRatios = splitRatios.map(Math.log);
  const least = Math.min(...logRatios) - splitTolerance;
  const lastClose = new Float64Array(tickerCount(table)).fill(NaN);
  for (let row = 0; row < close.length; row++) {
    const now = close[row] as number;
    const ticker = tickerOf(table, row);
    const before = lastClose[ticker] as number;
    if (!Number.isNaN(now)) lastClose[ticker] = now;
    const jump = Math.log(now / before);
    if (!(Math.abs(jump) >= least)) continue;
    const at = logRatios.findIndex((ratio) =>
      Math.abs(Math.abs(jump) - ratio) <= splitTolerance
    );
    const ratio = splitRatios[at];
    if (ratio === undefined) continue;
    // A split is there at the open; a crash or rally during the day is not
    const atOpen = Math.log((open?.[row] ?? NaN) / before);
    if (Math.abs(atOpen - jump) > 2 * splitTolerance) continue;
    found.note(
      "split-like-jump",
      table,
      row,
      () =>
        `close ${before} to ${now}, like ` +
        (jump < 0 ? `${ratio}:1` : `1:${ratio}`),
    );
  }
}

/** So many opens in a row equal to the close before are no coincidence. */
const STALE_RUN = 5;

function noteStaleOpens(table: PriceTable, found: FindingCollector): void {
  const { open, close } = table.numbers;
  if (open === undefined || close === undefined) return;
  const lastClose = new Float64Array(tickerCount(table)).fill(NaN);
  const runs: number[][] = Array.from(lastClose, () => []);
  const flush = (run: number[]) => {
    if (run.length >= STALE_RUN) {
      const first = run[0] as number;
      const detail = () => `${run.length} days from here, open ${open[first]}`;
      found.note("stale-open", table, first, detail, run.length);
    }
    run.length = 0;
  };
  for (let row = 0; row < open.length; row++) {
    const ticker = tickerOf(table, row);
    const run = runs[ticker] as number[];
    if (open[row] === lastClose[ticker]) run.push(row);
    else flush(run);
    lastClose[ticker] = close[row] as number;
  }
  runs.forEach(flush);
}
