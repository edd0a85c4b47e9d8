/**
 * Price files of every format, told apart by their content: delimited text,
 * Parquet, Arrow IPC, each also compressed with gzip.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import pl, { type DataFrame } from "nodejs-polars";
import { DataError } from "../../runtime/core/errors.ts";
import { readDates } from "./date_column.ts";
import { FIRST_DAY, LAST_DAY } from "./days.ts";
import {
  decodeText,
  type DelimitedOptions,
  parseDelimited,
} from "./delimited.ts";
import {
  columnOf,
  dayColumn,
  nameColumn,
  numberColumn,
  typeName,
} from "./frames.ts";
import { gunzip } from "./gunzip.ts";
import { pacer } from "./pace.ts";
import {
  type DatedPositions,
  findColumns,
  requireColumns,
} from "./price_columns.ts";
import {
  NO_DAY,
  noteInfinite,
  PRICE_FIELDS,
  type PriceField,
  type PriceTable,
  type UnreadField,
} from "./price_table.ts";

/** How a price file is read. */
export interface PriceFileOptions extends DelimitedOptions {
  /** Larger content, also after decompression, is refused. */
  readonly maxBytes: number;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length &&
    [...text].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}

/**
 * Reads the content of a price file.
 *
 * @param bytes The content.
 * @param options How to read it.
 * @returns The rows in the order of the file.
 * @throws {DataError} For content that is too large, broken, of another kind,
 * without the columns needed, or that can be read in two ways.
 */
export async function readPriceBytes(
  bytes: Uint8Array,
  options: PriceFileOptions,
): Promise<PriceTable> {
  const { source } = options;
  if (bytes.length === 0) {
    throw new DataError(`Cannot read prices as "${source}" is empty`, {
      expected: "delimited text, Parquet or Arrow IPC",
      actual: "0 bytes",
    });
  }
  const pace = pacer(options.signal);
  const content = await gunzip(bytes, { ...options, what: "prices" });
  await pace();
  if (startsWith(content, "PAR1")) {
    return readBinary(content, "parquet", options);
  }
  if (startsWith(content, "ARROW1")) {
    return readBinary(content, "arrow", options);
  }
  refuseOtherKinds(content, source);
  const text = decodeText(content, source);
  await pace();
  return await parseDelimited(text, options);
}

function refuseOtherKinds(bytes: Uint8Array, source: string): void {
  const kinds: readonly [string, string][] = [
    ["PK\u0003\u0004", "a zip archive or a spreadsheet"],
    ["FEA1", "Feather version 1"],
    ["\u0089HDF", "HDF5"],
    ["SQLite format", "an SQLite database"],
    ["<!DOCTYPE", "an HTML page"],
    ["<html", "an HTML page"],
    ["{", "JSON"],
  ];
  const kind = kinds.find(([start]) => startsWith(bytes, start));
  if (kind === undefined) return;
  throw new DataError(`Cannot read prices as "${source}" is ${kind[1]}`, {
    expected: "delimited text, Parquet or Arrow IPC, also as .gz",
    actual: kind[1],
    hint: "Export the prices as CSV, Parquet or Arrow",
  });
}

type BinaryFormat = "parquet" | "arrow";

function readBinary(
  bytes: Uint8Array,
  format: BinaryFormat,
  options: PriceFileOptions,
): PriceTable {
  const { source, maxRows } = options;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The header first, so that only the columns of prices are read
  const header = readFrame(buffer, format, source, { nRows: 0 }).columns;
  const columns = requireColumns(
    findColumns(header, options.columns, source),
    options.required,
    header,
    source,
  );
  const wanted = Object.values(columns).map((at) => header[at] as string);
  const frame = readFrame(buffer, format, source, {
    columns: wanted,
    nRows: maxRows + 1,
  });
  if (frame.height > maxRows) {
    throw new DataError(`Cannot read prices as "${source}" has too many rows`, {
      expected: `at most ${maxRows} rows`,
      actual: `${frame.height} or more`,
      hint: 'Raise "maxRows", or split the file',
    });
  }
  if (frame.height === 0) {
    throw new DataError(`Cannot read prices as "${source}" has no rows`, {
      expected: "one row for each day",
      actual: "a table without rows",
    });
  }
  return fromFrame(frame, columns, header, options);
}

function readFrame(
  buffer: Buffer,
  format: BinaryFormat,
  source: string,
  options: { readonly nRows: number; readonly columns?: string[] },
): DataFrame {
  try {
    return format === "parquet"
      ? pl.readParquet(buffer, options)
      : pl.readIPC(buffer, options);
  } catch (cause) {
    const kind = format === "parquet" ? "Parquet" : "Arrow IPC";
    throw new DataError(`Cannot read "${source}" as ${kind}`, {
      expected: `a whole ${kind} file`,
      actual: "a file that is cut off or damaged",
      hint: "Fetch the file again",
      cause,
    });
  }
}

function fromFrame(
  frame: DataFrame,
  columns: DatedPositions,
  header: readonly string[],
  options: PriceFileOptions,
): PriceTable {
  const rows = frame.height;
  const named = (position: number): string => header[position] as string;
  const unreadNumbers: UnreadField[] = [];
  const numbers: { [F in PriceField]?: Float64Array } = {};
  for (const field of PRICE_FIELDS) {
    const position = columns[field];
    if (position === undefined) continue;
    const { values } = numberColumn(frame, named(position));
    noteInfinite(field, values, unreadNumbers);
    numbers[field] = values;
  }
  return {
    source: options.source,
    positionKind: "row",
    position: Int32Array.from({ length: rows }, (_, row) => row + 1),
    ...frameDates(frame, named(columns.date), options),
    ...(columns.ticker !== undefined && {
      ticker: nameColumn(frame, named(columns.ticker)),
    }),
    numbers,
    unreadNumbers,
  };
}

function frameDates(
  frame: DataFrame,
  name: string,
  { dateFormat, source }: PriceFileOptions,
): Pick<PriceTable, "day" | "unreadDates"> {
  const type = typeName(columnOf(frame, name));
  if (type !== "Date" && type !== "Datetime") {
    const texts = frame.select(
      pl.col(name).cast(pl.String).fillNull(pl.lit("")),
    );
    return readDates(nameColumn(texts, name), dateFormat, source);
  }
  const unreadDates: UnreadField[] = [];
  // Days far off would ask for a calendar of billions of days
  const day = dayColumn(frame, name).map((number, row) => {
    if (number >= FIRST_DAY && number <= LAST_DAY) return number;
    const text = number === NO_DAY ? "null" : `day ${number} from 1970`;
    unreadDates.push({ row, column: "date", text });
    return NO_DAY;
  });
  return { day, unreadDates };
}
