/**
 * Prices of single tickers as arrays, for joins by session.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import {
  columnOf,
  dayColumn,
  gather,
  groupRows,
  numberColumn,
} from "./frames.ts";

/** Daily prices of one ticker, by session. */
export interface PriceBars {
  /** Days since 1970-01-01, ascending. */
  readonly day: Int32Array;
  /** First prices, NaN where unknown. */
  readonly open: Float64Array;
  /** Last prices, NaN where unknown. */
  readonly close: Float64Array;
}

/**
 * The prices of each ticker.
 *
 * @param frame Prices sorted by date.
 * @returns Bars by ticker; under the empty name where the frame has no tickers.
 */
export function priceBars(frame: DataFrame): Map<string, PriceBars> {
  const days = dayColumn(frame, "date");
  const open = numberColumn(frame, "open").values;
  const close = numberColumn(frame, "close").values;
  const bars = new Map<string, PriceBars>();
  if (frame.height === 0) return bars;
  const groups = groupRows(frame, "ticker");
  const names = frame.columns.includes("ticker")
    ? columnOf(frame, "ticker").toArray().map(String)
    : undefined;
  for (const rows of groups) {
    bars.set(names?.[rows[0]!] ?? "", {
      day: rows.map((row) => days[row]!),
      open: gather(open, rows),
      close: gather(close, rows),
    });
  }
  return bars;
}

/**
 * The first session on or after a day.
 *
 * @param day The sessions, ascending.
 * @param from The day.
 * @returns Its place; the number of sessions where there is none.
 */
export function sessionFrom(day: Int32Array, from: number): number {
  let [low, high] = [0, day.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (day[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The simple return over some sessions.
 *
 * @param bars The prices.
 * @param at The session at whose close it ends.
 * @param sessions How many sessions it spans.
 * @returns The return; NaN where a price is not known or not positive.
 */
export function pastReturn(
  { close }: PriceBars,
  at: number,
  sessions: number,
): number {
  const [from, to] = [close[at - sessions] ?? NaN, close[at] ?? NaN];
  return from > 0 && to > 0 ? to / from - 1 : NaN;
}
