/**
 * Joins by time: to each row what was known at its time, and nothing later.
 *
 * @module
 */

import pl, { type DataFrame, type Series } from "nodejs-polars";
import { z } from "zod";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  columnOf,
  nameColumn,
  numberColumn,
  typeName,
  zoneOf,
} from "./frames.ts";

/** Params of {@linkcode asofJoin}. */
export interface AsofJoinParams {
  /** Time column of `left`: when each row is used; default `"date"`. */
  readonly leftTime?: string;
  /** Time column of `right`: when each row became known; default `"knownAt"`. */
  readonly rightTime?: string;
  /** Columns that must be equal, in both frames; default none. */
  readonly by?: readonly string[];
  /** Whether what became known at the very time counts; default true. */
  readonly exact?: boolean;
  /**
   * What became known longer ago than that, in days, is not taken; default: no
   * limit.
   */
  readonly toleranceDays?: number;
  /**
   * Appended to names of right columns that `left` has too; without it such
   * names are an error.
   */
  readonly suffix?: string;
}

/** Times as numbers that can be compared, and how many make a day. */
interface Times {
  readonly values: Float64Array;
  readonly perDay: number;
  /** Equal kinds can be compared. */
  readonly kind: string;
}

const MICROSECONDS_PER_DAY = 86_400_000_000;

/**
 * Reads a time column. Nanoseconds are kept as microseconds: times of use are
 * rounded down and times of knowledge up, so that nothing is known early.
 */
function timesOf(
  frame: DataFrame,
  name: string,
  input: "left" | "right",
): Times {
  const series = columnOf(frame, name);
  if (series.nullCount() > 0) {
    throw new DataError(`Cannot join by the time column "${name}"`, {
      expected: `a time in every row of "${input}"`,
      actual: `${series.nullCount()} null`,
      hint: "Leave out the rows whose time is unknown",
    });
  }
  const type = typeName(series);
  if (type === "Date") {
    const days = frame.select(pl.col(name).cast(pl.Int32));
    return { ...finite(days, name, input), perDay: 1, kind: "days" };
  }
  if (type !== "Datetime") {
    return { ...finite(frame, name, input), perDay: 1, kind: "numbers" };
  }
  const zone = zoneOf(series);
  const kind = zone === undefined ? "times without zone" : "times with zone";
  const micro = pl.col(name).cast(pl.Datetime("us"));
  const rounded = frame.select(
    micro.cast(pl.Int64).alias("time"),
    micro.cast(series.dtype).lt(pl.col(name)).cast(pl.UInt8).alias("below"),
  );
  const { values } = numberColumn(rounded, "time");
  if (input === "right") {
    const below = numberColumn(rounded, "below").values;
    below.forEach((isBelow, row) => {
      values[row] = (values[row] as number) + isBelow;
    });
  }
  return { values, perDay: MICROSECONDS_PER_DAY, kind };
}

function finite(
  frame: DataFrame,
  name: string,
  input: string,
): Pick<Times, "values"> {
  const { values } = numberColumn(frame, name);
  const row = values.findIndex((value) => !Number.isFinite(value));
  if (row < 0) return { values };
  throw new DataError(`Cannot join by the time column "${name}"`, {
    expected: `finite times in every row of "${input}"`,
    actual: `${values[row]} in row ${row}`,
  });
}

/** One number for each combination of keys, the same in both frames. */
function keysOf(
  left: DataFrame,
  right: DataFrame,
  by: readonly string[],
): [left: Int32Array, right: Int32Array] {
  const leftKeys = new Int32Array(left.height);
  const rightKeys = new Int32Array(right.height);
  for (const column of by) {
    const known = new Map<string, number>();
    const combined = new Map<number, number>();
    const combine = (frame: DataFrame, keys: Int32Array): void => {
      const { codes, names } = nameColumn(frame, column);
      const shared = names.map((name) => numberOf(known, name));
      codes.forEach((code, row) => {
        // Fewer than 2^26 names and keys: the product is exact
        const pair = (keys[row] as number) * 2 ** 26 + (shared[code] as number);
        keys[row] = numberOf(combined, pair);
      });
    };
    combine(left, leftKeys);
    combine(right, rightKeys);
  }
  return [leftKeys, rightKeys];
}

/** The number of a key, given out in order of appearance. */
function numberOf<K>(known: Map<K, number>, key: K): number {
  let number = known.get(key);
  if (number === undefined) known.set(key, number = known.size);
  return number;
}

/**
 * For each left row the last right row of its key that was known by then.
 *
 * @param left Times of use.
 * @param right Times of knowledge, in any order.
 * @param leftKeys Keys of the left rows, whole numbers from 0.
 * @param rightKeys Keys of the right rows.
 * @param options `exact`: a right time equal to the left one counts;
 * `tolerance`: greatest age.
 * @returns Row numbers of the right side, -1 where nothing was known. Of equal
 * times the last row counts.
 */
export function asofRows(
  left: Float64Array,
  right: Float64Array,
  leftKeys: Int32Array,
  rightKeys: Int32Array,
  options: { readonly exact: boolean; readonly tolerance: number },
): Int32Array {
  const groups = new Map<number, number[]>();
  rightKeys.forEach((key, row) => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  });
  for (const group of groups.values()) {
    group.sort((a, b) => (right[a] as number) - (right[b] as number) || a - b);
  }
  return Int32Array.from(left, (time, row) => {
    const group = groups.get(leftKeys[row] as number) ?? [];
    let low = 0;
    let high = group.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const known = right[group[middle] as number] as number;
      if (known < time || (options.exact && known === time)) low = middle + 1;
      else high = middle;
    }
    const found = group[low - 1];
    if (found === undefined) return -1;
    return time - (right[found] as number) <= options.tolerance ? found : -1;
  });
}

/** Takes rows of a series; null for row -1. */
function takeOrNull(series: Series, rows: Int32Array): Series {
  const padded = series.extendConstant(null as never, 1);
  const rowsOrNull = Array.from(rows, (row) => row < 0 ? series.length : row);
  return padded.gather(rowsOrNull);
}

function rightNames(
  left: DataFrame,
  right: DataFrame,
  by: readonly string[],
  suffix: string | undefined,
): [from: string, to: string][] {
  return right.columns.filter((name) => !by.includes(name)).map((name) => {
    if (!left.columns.includes(name)) return [name, name];
    const renamed = `${name}${suffix ?? ""}`;
    if (!left.columns.includes(renamed) && !right.columns.includes(renamed)) {
      return [name, renamed];
    }
    throw new ParameterError(
      `Cannot join as both frames have a column "${name}"`,
      {
        expected: "different names, or a suffix that makes them different",
        actual: suffix === undefined ? "no suffix" : `suffix "${suffix}"`,
        hint: 'Set "suffix", for example "Right"',
      },
    );
  });
}

/**
 * Joins to each row of `left` the last row of `right` that was known by then:
 * `rightTime` at or before (with `exact: false` strictly before) `leftTime`,
 * equal in the columns `by`, and not older than `toleranceDays`. It never
 * looks ahead.
 *
 * Output `joined`: the rows of `left` in their order with all their columns,
 * then the columns of `right` without the keys, null where nothing was known.
 * `right` may be in any order; of rows with equal time the last one counts.
 *
 * A plain date means the start of that day. What became known in the course
 * of a day is therefore joined with `exact: false`, or with the time of day in
 * both frames; dates and times of day are never compared.
 *
 * @throws {DataError} For null times or keys, and for times of different kinds.
 * @throws {ParameterError} Where both frames have a column of one name.
 *
 * @example
 * ```ts
 * import pl from "nodejs-polars";
 * import { asofJoin } from "@weft/weft/ops/data";
 *
 * const day = (text: string) => new Date(text);
 * const left = pl.DataFrame([
 *   pl.Series("date", [day("2020-01-02"), day("2020-01-03")], pl.Date),
 * ]);
 * const right = pl.DataFrame([
 *   pl.Series("knownAt", [day("2020-01-02")], pl.Date),
 *   pl.Series("score", [0.7]),
 * ]);
 * const { joined } = await asofJoin.run({ left, right }, { exact: false });
 * console.log(joined.getColumn("score").toArray()); // [null, 0.7]
 * ```
 */
export const asofJoin: Op<
  { left: DataFrame; right: DataFrame },
  AsofJoinParams,
  { joined: DataFrame }
> = op({
  name: "data/asofJoin",
  version: "1",
  doc: "Joins to each row what was known at its time, and nothing later",
  inputs: { left: port.frame(), right: port.frame() },
  params: z.object({
    leftTime: z.string().default("date"),
    rightTime: z.string().default("knownAt"),
    by: z.array(z.string()).readonly().default([]),
    exact: z.boolean().default(true),
    toleranceDays: z.number().nonnegative().optional(),
    suffix: z.string().min(1).optional(),
  }),
  outputs: { joined: port.frame() },
  run: ({ left, right }, params) => {
    const { leftTime, rightTime, by, exact, toleranceDays, suffix } = params;
    const used = timesOf(left, leftTime, "left");
    const known = timesOf(right, rightTime, "right");
    if (used.kind !== known.kind) {
      throw new DataError(
        `Cannot compare "${leftTime}" with "${rightTime}"`,
        {
          expected: "times of one kind: days, or times of day in both frames",
          actual: `${used.kind} and ${known.kind}`,
          hint:
            "Cast both to Date, or both to Datetime, knowing what a plain " +
            "date leaves open",
        },
      );
    }
    const names = rightNames(left, right, by, suffix);
    const [leftKeys, rightKeys] = keysOf(left, right, by);
    const rows = asofRows(used.values, known.values, leftKeys, rightKeys, {
      exact,
      tolerance: (toleranceDays ?? Infinity) * used.perDay,
    });
    const joined = pl.DataFrame([
      ...left.columns.map((name) => left.getColumn(name)),
      ...names.map(([from, to]) => {
        const taken = takeOrNull(right.getColumn(from), rows);
        return taken.alias(to);
      }),
    ]);
    return { joined };
  },
});
