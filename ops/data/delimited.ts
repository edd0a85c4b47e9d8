/**
 * Price files of delimited text (CSV, TSV, semicolons): parsed column by
 * column into typed arrays, every refusal with its line.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import { readDates } from "./date_column.ts";
import type { DateFormat } from "./date_format.ts";
import {
  type DecimalSign,
  detectDecimalSign,
  isMissingText,
  isPlainNumber,
  parseFormattedNumber,
} from "./number_format.ts";
import { type Pace, pacer } from "./pace.ts";
import {
  type ColumnNames,
  type DatedPositions,
  findColumns,
  requireColumns,
} from "./price_columns.ts";
import {
  noteInfinite,
  PRICE_FIELDS,
  type PriceColumn,
  type PriceField,
  type PriceTable,
  type UnreadField,
} from "./price_table.ts";

/** The delimiters that are tried where none is named. */
export const DELIMITERS: readonly string[] = [",", ";", "\t", "|"];

/** How a delimited price file is read. */
export interface DelimitedOptions {
  /** What the file is called in messages. */
  readonly source: string;
  /** Names of the file's columns. */
  readonly columns: ColumnNames;
  /** Columns without which the file is refused. */
  readonly required: readonly PriceColumn[];
  /** The sign between fields; found from the header where absent. */
  readonly delimiter?: string;
  /** How dates are written; found from all dates where absent. */
  readonly dateFormat?: DateFormat;
  /** The decimal sign; found from all numbers where absent. */
  readonly decimal?: DecimalSign;
  /** More rows than that are refused. */
  readonly maxRows: number;
  /** Aborts the parsing. */
  readonly signal?: AbortSignal;
}

const PACE_EVERY = 4096;

/**
 * Decodes the bytes of a text file.
 *
 * @param bytes The file, UTF-8 with or without a byte order mark.
 * @param source What the file is called in an error.
 * @returns The text without the mark.
 * @throws {DataError} For other encodings and for what is no text at all.
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  const [first, second] = bytes;
  if (
    (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  ) {
    throw new DataError(`Cannot read "${source}" as text`, {
      expected: "UTF-8",
      actual: "UTF-16",
      hint: "Save the file as UTF-8",
    });
  }
  if (bytes.includes(0)) {
    throw new DataError(`Cannot read "${source}" as text`, {
      expected: "delimited text, Parquet or Arrow IPC, also as .gz",
      actual: "binary content of another kind",
      hint: "Export the prices as CSV, Parquet or Arrow",
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`Cannot read "${source}" as text`, {
      expected: "UTF-8",
      actual: "bytes that are no UTF-8",
      hint: "Save the file as UTF-8",
      cause,
    });
  }
}

/** Splits one line; quotes protect delimiters, doubled quotes stand for one. */
function splitLine(
  line: string,
  delimiter: string,
  position: number,
  source: string,
): string[] {
  if (!line.includes('"')) {
    const fields = line.split(delimiter);
    for (let index = 0; index < fields.length; index++) {
      fields[index] = (fields[index] as string).trim();
    }
    return fields;
  }
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    while (line[at] === " ") at++;
    let field = "";
    if (line[at] === '"') {
      for (;;) {
        const end = line.indexOf('"', at + 1);
        if (end < 0) {
          throw new DataError(
            `Cannot read "${source}" as a quote on line ${position} has no end`,
            {
              expected: "fields without line breaks, quotes in pairs",
              actual: excerpt(line),
              hint: "Mend the line, or export the file again",
            },
          );
        }
        field += line.slice(at + 1, end);
        at = end + 1;
        if (line[at] !== '"') break;
        field += '"';
      }
    }
    const next = line.indexOf(delimiter, at);
    fields.push((field + line.slice(at, next < 0 ? undefined : next)).trim());
    if (next < 0) return fields;
    at = next + delimiter.length;
  }
}

function excerpt(line: string): string {
  return `"${line.length > 80 ? `${line.slice(0, 80)}…` : line}"`;
}

/** Where the header stands, and how it splits. */
interface Header {
  readonly delimiter: string;
  readonly names: string[];
  readonly columns: DatedPositions;
}

function readHeader(
  line: string,
  position: number,
  options: DelimitedOptions,
): Header {
  const { source } = options;
  const widthWith = (delimiter: string): number =>
    splitLine(line, delimiter, position, source).length;
  // The delimiter that gives most fields: a wrong one gives a single field
  const delimiter = options.delimiter ??
    DELIMITERS.reduce((best, next) =>
      widthWith(next) > widthWith(best) ? next : best
    );
  const names = splitLine(line, delimiter, position, source);
  const found = findColumns(names, options.columns, source);
  const columns = requireColumns(found, options.required, names, source);
  return { delimiter, names, columns };
}

/** Numbers of one column while the file is read. */
interface NumberColumn {
  readonly field: PriceField;
  readonly position: number;
  readonly values: Float64Array;
}

/** A field that is no number in plain notation, to be settled at the end. */
interface FormattedField extends UnreadField {
  readonly values: Float64Array;
}

/**
 * Parses a delimited price file.
 *
 * @param text The whole text; lines end with `\n` or `\r\n`.
 * @param options How to read it.
 * @returns The rows in the order of the file; blank lines are skipped.
 * @throws {DataError} For an empty file, missing columns, ragged lines, and
 * dates or decimal signs that can be read in two ways.
 */
export async function parseDelimited(
  text: string,
  options: DelimitedOptions,
): Promise<PriceTable> {
  const { source } = options;
  const pace = pacer(options.signal);
  const lines = lineReader(text, source);
  const headerLine = lines.next();
  if (headerLine === undefined) {
    throw new DataError(`Cannot read prices as "${source}" is empty`, {
      expected: "a header line and one line for each day",
      actual: "no text",
    });
  }
  const header = readHeader(headerLine, lines.position(), options);
  const width = header.names.length;
  const capacity = countLines(text);
  if (capacity - 1 > options.maxRows) {
    throw new DataError(`Cannot read prices as "${source}" has too many rows`, {
      expected: `at most ${options.maxRows} rows`,
      actual: `about ${capacity - 1}`,
      hint: 'Raise "maxRows", or split the file',
    });
  }
  const rowPositions = new Int32Array(capacity);
  const dates = new Dictionary(capacity);
  const tickers = header.columns.ticker === undefined
    ? undefined
    : new Dictionary(capacity);
  const numbers: NumberColumn[] = PRICE_FIELDS.flatMap((field) => {
    const position = header.columns[field];
    return position === undefined
      ? []
      : [{ field, position, values: new Float64Array(capacity) }];
  });
  const dateAt = header.columns.date;
  const tickerAt = header.columns.ticker ?? 0;
  const formatted: FormattedField[] = [];
  let plainDecimals = false;
  let row = 0;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const fields = splitLine(line, header.delimiter, lines.position(), source);
    if (fields.length !== width) {
      if (fields.every((field) => field === "")) continue;
      throw raggedLine(fields.length, width, line, lines.position(), {
        last: lines.atEnd(),
        header,
        source,
      });
    }
    const date = fields[dateAt] as string;
    if (date === "" && fields.every((field) => field === "")) continue;
    rowPositions[row] = lines.position();
    dates.set(row, date);
    tickers?.set(row, fields[tickerAt] as string);
    for (const { position, values, field } of numbers) {
      const given = fields[position] as string;
      if (isPlainNumber(given)) {
        values[row] = Number(given);
        plainDecimals ||= hasUngroupedDecimals(given);
      } else {
        values[row] = NaN;
        if (!isMissingText(given)) {
          formatted.push({ row, column: field, text: given, values });
        }
      }
    }
    row++;
    if (row % PACE_EVERY === 0) await pace();
  }
  if (row === 0) {
    throw new DataError(`Cannot read prices as "${source}" has no rows`, {
      expected: "a header line and one line for each day",
      actual: "a header alone",
    });
  }
  const decimal = options.decimal ??
    settleDecimal(formatted, plainDecimals, source);
  if (decimal === "comma") {
    await rereadWithDecimalComma(
      text,
      header,
      numbers,
      formatted,
      pace,
      source,
    );
  }
  const unreadNumbers = readFormatted(formatted, decimal);
  for (const { field, values } of numbers) {
    noteInfinite(field, values.subarray(0, row), unreadNumbers);
  }
  return {
    source,
    positionKind: "line",
    position: rowPositions.slice(0, row),
    ...readDates(dates.column(row), options.dateFormat, source),
    ...(tickers !== undefined && { ticker: tickers.column(row) }),
    numbers: Object.fromEntries(
      numbers.map(({ field, values }) => [field, values.slice(0, row)]),
    ),
    unreadNumbers,
  };
}

/** `12.5` cannot be a group of thousands, `1.234` could. */
function hasUngroupedDecimals(text: string): boolean {
  const point = text.indexOf(".");
  if (point < 0) return false;
  return text.length - point - 1 !== 3 || point > 4 || text.startsWith("0.");
}

function settleDecimal(
  formatted: readonly FormattedField[],
  plainDecimals: boolean,
  source: string,
): DecimalSign {
  if (formatted.length === 0) return "point";
  const numeric = formatted.filter(({ text }) =>
    /^[^\p{L}]*\d[^\p{L}]*$/u.test(text)
  );
  const texts = new Set(numeric.map(({ text }) => text));
  const verdict = detectDecimalSign(texts, plainDecimals);
  if (verdict === "ambiguous" || verdict === "mixed") {
    const sample = [...texts].slice(0, 3).map((text) => `"${text}"`).join(", ");
    throw new DataError(
      `Cannot tell thousands from decimals in the numbers of "${source}"`,
      {
        expected: "one notation for all numbers: 1234.5, 1,234.5 or 1.234,5",
        actual: `numbers such as ${sample}, which fit ` +
          (verdict === "ambiguous" ? "both" : "neither"),
        hint: 'Set "decimal" to "point" (1,234.5) or to "comma" (1.234,5)',
      },
    );
  }
  return verdict;
}

/**
 * With decimal commas a plain `1.234` means 1234, so numbers that were taken
 * at face value are read once more.
 */
async function rereadWithDecimalComma(
  text: string,
  header: Header,
  numbers: readonly NumberColumn[],
  formatted: FormattedField[],
  pace: Pace,
  source: string,
): Promise<void> {
  formatted.length = 0;
  const lines = lineReader(text, source);
  lines.next();
  let row = 0;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const fields = splitLine(line, header.delimiter, lines.position(), source);
    if (fields.every((field) => field === "")) continue;
    for (const { position, values, field } of numbers) {
      const given = fields[position] as string;
      values[row] = NaN;
      if (!isMissingText(given)) {
        formatted.push({ row, column: field, text: given, values });
      }
    }
    row++;
    if (row % PACE_EVERY === 0) await pace();
  }
}

function readFormatted(
  formatted: readonly FormattedField[],
  decimal: DecimalSign,
): UnreadField[] {
  const unread: UnreadField[] = [];
  for (const { row, column, text, values } of formatted) {
    const number = parseFormattedNumber(text, decimal);
    if (number === undefined) unread.push({ row, column, text });
    else values[row] = number;
  }
  return unread;
}

function raggedLine(
  fields: number,
  width: number,
  line: string,
  position: number,
  { last, header, source }: { last: boolean; header: Header; source: string },
): DataError {
  return new DataError(
    `Cannot read "${source}" as line ${position} has ${fields} fields`,
    {
      expected: `${width} fields separated by ` +
        `${JSON.stringify(header.delimiter)}, as in the header`,
      actual: excerpt(line),
      hint: last
        ? "The file seems to be cut off: fetch it again"
        : 'Mend the line, or name the "delimiter" of the file',
    },
  );
}

/** Texts that repeat, each kept once. */
class Dictionary {
  readonly codes: Int32Array;
  readonly names: string[] = [];
  readonly #known = new Map<string, number>();

  constructor(capacity: number) {
    this.codes = new Int32Array(capacity);
  }

  set(row: number, text: string): void {
    let code = this.#known.get(text);
    if (code === undefined) {
      code = this.names.length;
      this.#known.set(text, code);
      this.names.push(text);
    }
    this.codes[row] = code;
  }

  column(rows: number): { codes: Int32Array; names: string[] } {
    return { codes: this.codes.slice(0, rows), names: this.names };
  }
}

/** Walks over the lines that are not blank. */
interface LineReader {
  next(): string | undefined;
  position(): number;
  atEnd(): boolean;
}

function lineReader(text: string, source: string): LineReader {
  if (!text.includes("\n") && /\r[^\r\n]/.test(text)) {
    throw new DataError(`Cannot find the lines of "${source}"`, {
      expected: "lines that end with LF or CR LF",
      actual: "lines that end with CR alone",
      hint: "Save the file with Windows or Unix line ends",
    });
  }
  let offset = 0;
  let position = 0;
  return {
    next() {
      while (offset < text.length) {
        let end = text.indexOf("\n", offset);
        if (end < 0) end = text.length;
        const line = text.slice(offset, end);
        offset = end + 1;
        position++;
        if (line.trim() !== "") {
          return line;
        }
      }
      return undefined;
    },
    position: () => position,
    atEnd: () => text.slice(offset, offset + 1000).trim() === "",
  };
}

function countLines(text: string): number {
  let count = 1;
  for (
    let at = text.indexOf("\n");
    at >= 0;
    at = text.indexOf("\n", at + 1)
  ) {
    count++;
  }
  return count;
}
