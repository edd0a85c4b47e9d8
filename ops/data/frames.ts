/**
 * Between data frames and typed arrays. In frames a missing value is null; in
 * arrays it is NaN with a mask beside it where the two must be told apart.
 *
 * @module
 */

import pl, { type DataFrame, type Series } from "nodejs-polars";
import { DataError } from "../../runtime/core/errors.ts";
import { toDayNumber } from "./days.ts";
import { NO_DAY, type TickerColumn } from "./price_table.ts";

/** One numeric column as numbers, and where it has none. */
export interface NumberColumn {
  /** The values; NaN where null, and where the frame has NaN. */
  readonly values: Float64Array;
  /** 1 where the frame has null; absent when it has none. */
  readonly nulls?: Uint8Array;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/**
 * A column of a frame.
 *
 * @param frame The frame.
 * @param name The column.
 * @returns The series.
 * @throws {DataError} Where there is no such column.
 */
export function columnOf(frame: DataFrame, name: string): Series {
  if (!frame.columns.includes(name)) {
    throw new DataError(`Cannot find the column "${name}"`, {
      expected: `a column "${name}"`,
      actual: `columns ${quoted(frame.columns)}`,
    });
  }
  return frame.getColumn(name);
}

/** The name of a column's type, without its parameters: `Datetime`, `String`. */
export function typeName(series: Series): string {
  return String(series.dtype).replace(/^DataType\(/, "").replace(
    /[(,)].*$/,
    "",
  );
}

/** Polars may lend its own memory, which must not be written to. */
function copyOf(series: Series): Float64Array | Int32Array | Uint8Array {
  return (series.toTypedArray() as Float64Array | Int32Array | Uint8Array)
    .slice();
}

/**
 * The time zone of a column of times.
 *
 * @param series The column.
 * @returns Its zone, or `undefined` where it has none.
 */
export function zoneOf(series: Series): string | undefined {
  return /^DataType\(Datetime\([^,]*,\s*([^),]+)\)/.exec(String(series.dtype))
    ?.[1];
}

const NUMERIC = /^(?:U?Int(?:8|16|32|64)|Float(?:32|64)|Bool(?:ean)?)$/;

/**
 * Reads a numeric or boolean column.
 *
 * @param frame The frame.
 * @param name The column.
 * @returns Its values as f64; booleans as 0 and 1.
 * @throws {DataError} Where there is no such column, or it holds no numbers.
 */
export function numberColumn(frame: DataFrame, name: string): NumberColumn {
  const series = columnOf(frame, name);
  if (!NUMERIC.test(typeName(series))) {
    throw new DataError(`Cannot read the column "${name}" as numbers`, {
      expected: "a column of numbers or booleans",
      actual: `a column of type ${typeName(series)}`,
      hint: "Cast the column, or leave it out",
    });
  }
  if (series.length === 0) return { values: new Float64Array() };
  if (series.nullCount() === 0) {
    return { values: copyOf(series.cast(pl.Float64)) as Float64Array };
  }
  const filled = frame.select(
    pl.col(name).cast(pl.Float64).fillNull(pl.lit(NaN)).alias("values"),
    pl.col(name).isNull().cast(pl.UInt8).alias("nulls"),
  );
  return {
    values: copyOf(filled.getColumn("values")) as Float64Array,
    nulls: copyOf(filled.getColumn("nulls")) as Uint8Array,
  };
}

/**
 * Reads a column of days.
 *
 * @param frame The frame.
 * @param name The column, of type Date, or Datetime of which the day counts,
 * in the column's own time zone.
 * @returns Days since 1970-01-01, {@linkcode NO_DAY} where null.
 * @throws {DataError} Where there is no such column, or it holds no days.
 */
export function dayColumn(frame: DataFrame, name: string): Int32Array {
  const series = columnOf(frame, name);
  const type = typeName(series);
  if (type !== "Date" && type !== "Datetime") {
    throw new DataError(`Cannot read the column "${name}" as days`, {
      expected: "a column of type Date or Datetime",
      actual: `a column of type ${type}`,
      hint: "Cast the column to Date",
    });
  }
  if (series.length === 0) return new Int32Array();
  if (zoneOf(series) !== undefined) return zonedDays(frame, name);
  const days = frame.select(
    pl.col(name).cast(pl.Date).cast(pl.Int32).fillNull(pl.lit(NO_DAY)).cast(
      pl.Int32,
    ),
  );
  return copyOf(days.getColumn(name)) as Int32Array;
}

/** A cast to Date would give the day in UTC, not in the column's zone. */
function zonedDays(frame: DataFrame, name: string): Int32Array {
  const texts = frame.select(
    pl.col(name).dt.strftime("%Y-%m-%d").fillNull(pl.lit("")).alias(name),
  );
  const { codes, names } = nameColumn(texts, name);
  const days = names.map((text) => text === "" ? NO_DAY : toDayNumber(text));
  return codes.map((code) => days[code] as number);
}

/**
 * Reads a column of names that repeat.
 *
 * @param frame The frame.
 * @param name The column; numbers are taken as their text.
 * @returns For each row the number of its name, names in order of appearance.
 * @throws {DataError} Where there is no such column, or a name is missing.
 */
export function nameColumn(frame: DataFrame, name: string): TickerColumn {
  const series = columnOf(frame, name);
  if (series.length === 0) return { codes: new Int32Array(), names: [] };
  if (series.nullCount() > 0) {
    throw new DataError(`Cannot group by the column "${name}"`, {
      expected: "a name in every row",
      actual: `${series.nullCount()} null`,
      hint: "Fill or drop the rows without a name",
    });
  }
  const category = series.cast(pl.String).cast(pl.Categorical).cast(pl.UInt32)
    .toTypedArray() as Uint32Array;
  // Categories are numbered across all frames: number them anew for this one
  const known = new Map<number, number>();
  const firstRows: number[] = [];
  const codes = new Int32Array(category.length);
  for (let row = 0; row < codes.length; row++) {
    const number = category[row] as number;
    let code = known.get(number);
    if (code === undefined) {
      code = firstRows.length;
      known.set(number, code);
      firstRows.push(row);
    }
    codes[row] = code;
  }
  const names = series.cast(pl.String).gather(firstRows).toArray() as string[];
  return { codes, names };
}

/**
 * The rows of each group, in the order of the frame.
 *
 * @param frame The frame.
 * @param name The column to group by; the whole frame is one group where the
 * frame has no such column.
 * @returns Ascending row numbers of each group.
 */
export function groupRows(frame: DataFrame, name: string): Int32Array[] {
  if (!frame.columns.includes(name)) {
    return [Int32Array.from({ length: frame.height }, (_, row) => row)];
  }
  const { codes, names } = nameColumn(frame, name);
  const sizes = new Int32Array(names.length);
  for (const code of codes) sizes[code] = (sizes[code] as number) + 1;
  const groups = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(names.length);
  codes.forEach((code, row) => {
    const place = filled[code] as number;
    (groups[code] as Int32Array)[place] = row;
    filled[code] = place + 1;
  });
  return groups;
}

/**
 * Takes rows of an array.
 *
 * @param values The array.
 * @param rows Row numbers.
 * @returns `values[rows[i]]`.
 */
export function gather(values: Float64Array, rows: Int32Array): Float64Array {
  const taken = new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index++) {
    taken[index] = values[rows[index] as number] as number;
  }
  return taken;
}

/**
 * Puts values back to the rows they were taken from.
 *
 * @param target The array to write to.
 * @param rows Row numbers.
 * @param values One value for each of `rows`.
 */
export function scatter(
  target: Float64Array,
  rows: Int32Array,
  values: Float64Array,
): void {
  for (let index = 0; index < rows.length; index++) {
    target[rows[index] as number] = values[index] as number;
  }
}

/**
 * Makes a series of numbers.
 *
 * @param name Its name.
 * @param values The values.
 * @param missing What becomes of NaN: `"null"` (default) or `"nan"`.
 * @returns A series of type Float64.
 */
export function numberSeries(
  name: string,
  values: Float64Array,
  missing: "null" | "nan" = "null",
): Series {
  if (values.length === 0) return pl.Series(name, [], pl.Float64);
  const series = pl.Series(name, values) as Series;
  if (missing === "nan" || !values.some(Number.isNaN)) return series;
  return pl.DataFrame([series]).select(
    pl.col(name).fillNan(pl.lit(null)).cast(pl.Float64),
  ).getColumn(name);
}

/**
 * Makes a series of days.
 *
 * @param name Its name.
 * @param days Days since 1970-01-01.
 * @returns A series of type Date.
 */
export function daySeries(name: string, days: Int32Array): Series {
  if (days.length === 0) return pl.Series(name, [], pl.Date);
  return (pl.Series(name, days) as Series).cast(pl.Date);
}

/**
 * Takes rows of a frame.
 *
 * @param frame The frame.
 * @param rows Ascending row numbers.
 * @returns A frame with those rows.
 */
export function takeFrameRows(frame: DataFrame, rows: Int32Array): DataFrame {
  if (rows.length === frame.height) return frame;
  if (rows.length === 0) return frame.limit(0);
  const list = Array.from(rows);
  return pl.DataFrame(
    frame.columns.map((name) => frame.getColumn(name).gather(list)),
  );
}
