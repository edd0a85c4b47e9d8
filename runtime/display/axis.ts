/**
 * Axes of the static figure renderer: what a column of values means on paper,
 * and where the ticks stand.
 *
 * @module
 */

import { formatNumber } from "../core/text.ts";

/** Values along an axis. */
export type AxisValues =
  | ArrayLike<number | null>
  | readonly string[]
  | readonly Date[];

/** The kinds of axes that the static renderer draws. */
export type AxisType = "linear" | "log" | "date" | "category";

/** A tick: where on the axis and what it says. */
export interface Tick {
  /** Position in axis units (after the logarithm on a log axis). */
  readonly at: number;
  /** Its label. */
  readonly label: string;
}

const DATE_TEXT = /^\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?)?$/;

/**
 * Guesses the type of an axis from the values on it.
 *
 * @param columns Values of the traces on the axis.
 * @returns `date` for dates and ISO texts, `category` for other texts, else
 * `linear`.
 */
export function inferAxisType(columns: readonly AxisValues[]): AxisType {
  for (const column of columns) {
    for (let index = 0; index < column.length; index++) {
      const value: unknown = column[index];
      if (value === null || value === undefined) continue;
      if (value instanceof Date) return "date";
      if (typeof value === "string") {
        return DATE_TEXT.test(value) ? "date" : "category";
      }
      return "linear";
    }
  }
  return "linear";
}

/**
 * A value as a number on the axis.
 *
 * @param value A number, date or text.
 * @param type The type of the axis.
 * @param categories Grows by each text not met before.
 * @returns NaN where the value has no place.
 */
export function axisNumber(
  value: unknown,
  type: AxisType,
  categories: Map<string, number>,
): number {
  if (value === null || value === undefined) return NaN;
  if (type === "category") {
    const name = String(value);
    const known = categories.get(name);
    if (known !== undefined) return known;
    categories.set(name, categories.size);
    return categories.size - 1;
  }
  if (type === "date") {
    if (value instanceof Date) return value.getTime();
    return typeof value === "number" ? value : Date.parse(String(value));
  }
  const number = Number(value);
  if (type === "log") return number > 0 ? Math.log10(number) : NaN;
  return number;
}

/**
 * A round step that cuts a span into about the wished number of parts.
 *
 * @param span Length of the axis, positive.
 * @param parts How many parts are wished.
 * @returns 1, 2 or 5 times a power of ten.
 */
export function roundStep(span: number, parts: number): number {
  const rough = span / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

function linearTicks(low: number, high: number, parts: number): Tick[] {
  const step = roundStep(high - low, parts);
  const ticks: Tick[] = [];
  for (
    let n = Math.ceil(low / step - 1e-9);
    n * step <= high + step * 1e-9;
    n++
  ) {
    const at = n * step;
    ticks.push({ at, label: formatNumber(Number(at.toPrecision(12)), 6) });
  }
  return ticks;
}

function logTicks(low: number, high: number, parts: number): Tick[] {
  if (high - low < 1.2) {
    const from = 10 ** low;
    const to = 10 ** high;
    return linearTicks(from, to, parts)
      .filter((tick) => tick.at > 0)
      .map((tick) => ({ at: Math.log10(tick.at), label: tick.label }));
  }
  if (high - low < 3 && parts > 2) {
    return [1, 2, 5].flatMap((lead) => {
      const at: Tick[] = [];
      for (let power = Math.floor(low); power <= high; power++) {
        const value = lead * 10 ** power;
        const place = Math.log10(value);
        if (place < low - 1e-9 || place > high + 1e-9) continue;
        at.push({ at: place, label: formatNumber(value) });
      }
      return at;
    }).sort((a, b) => a.at - b.at);
  }
  const step = Math.max(1, Math.round((high - low) / parts));
  const ticks: Tick[] = [];
  for (let power = Math.ceil(low - 1e-9); power <= high + 1e-9; power += step) {
    ticks.push({ at: power, label: formatNumber(10 ** power) });
  }
  return ticks;
}

const DAY = 86_400_000;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function dateTicks(low: number, high: number, parts: number): Tick[] {
  const span = high - low;
  const ticks: Tick[] = [];
  if (span < 3 * DAY) {
    const hours = [1, 2, 3, 6, 12, 24].find((hour) =>
      span / (hour * DAY / 24) <= parts
    ) ?? 24;
    const step = hours * DAY / 24;
    for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
      const text = new Date(at).toISOString();
      ticks.push({
        at,
        label: text.slice(11, 16) === "00:00"
          ? text.slice(0, 10)
          : text.slice(11, 16),
      });
    }
    return ticks;
  }
  if (span < 90 * DAY) {
    const step = ([1, 2, 7, 14].find((days) => span / (days * DAY) <= parts) ??
      14) * DAY;
    for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
      const date = new Date(at);
      ticks.push({
        at,
        label: `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`,
      });
    }
    return ticks;
  }
  const months = span / (DAY * 30.44);
  const every =
    [1, 2, 3, 6, 12, 24, 60, 120, 240].find((step) => months / step <= parts) ??
      600;
  const first = new Date(low);
  let month = first.getUTCFullYear() * 12 + first.getUTCMonth();
  month = Math.ceil(month / every) * every;
  for (;; month += every) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (at > high) break;
    if (at < low) continue;
    const year = String(Math.floor(month / 12));
    ticks.push({
      at,
      label: every >= 12 ? year : `${MONTHS[month % 12] ?? ""} ${year}`,
    });
  }
  return ticks;
}

function categoryTicks(
  categories: ReadonlyMap<string, number>,
  parts: number,
): Tick[] {
  const every = Math.ceil(categories.size / Math.max(1, parts));
  return [...categories]
    .filter(([, at]) => at % every === 0)
    .map(([label, at]) => ({ at, label }));
}

/**
 * Ticks of an axis.
 *
 * @param type The type of the axis.
 * @param low Its lower end in axis units.
 * @param high Its upper end in axis units, above `low`.
 * @param parts About how many ticks there is room for.
 * @param categories Names on a category axis.
 * @returns The ticks in rising order.
 */
export function axisTicks(
  type: AxisType,
  low: number,
  high: number,
  parts: number,
  categories: ReadonlyMap<string, number> = new Map(),
): Tick[] {
  switch (type) {
    case "date":
      return dateTicks(low, high, parts);
    case "log":
      return logTicks(low, high, parts);
    case "category":
      return categoryTicks(categories, parts);
    case "linear":
      return linearTicks(low, high, parts);
  }
}
