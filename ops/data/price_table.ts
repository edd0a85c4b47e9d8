/**
 * Prices as plain typed arrays: what every file format is read into, and what
 * the checks look at.
 *
 * @module
 */

/** One numeric column of a price table. */
export type PriceField =
  | "open"
  | "high"
  | "low"
  | "close"
  | "volume"
  | "adjustedClose";

/** The numeric columns of a price table, in the order of the frame. */
export const PRICE_FIELDS: readonly PriceField[] = [
  "open",
  "high",
  "low",
  "close",
  "volume",
  "adjustedClose",
];

/** Every column that a price file can have. */
export type PriceColumn = "date" | "ticker" | PriceField;

/** The day number of a date that could not be read. */
export const NO_DAY = -0x8000_0000;

/** Which rows belong to which ticker. */
export interface TickerColumn {
  /** For each row an index into `names`. */
  readonly codes: Int32Array;
  /** The different tickers in order of first appearance. */
  readonly names: readonly string[];
}

/** A field that could not be read. */
export interface UnreadField {
  /** Row of the table, from 0. */
  readonly row: number;
  /** Column of the file. */
  readonly column: string;
  /** The field as it stands in the file. */
  readonly text: string;
}

/** Prices in the order of the file. Missing numbers are NaN. */
export interface PriceTable {
  /** What the file is called in messages. */
  readonly source: string;
  /** Whether `position` counts the lines of a text file or rows of a table. */
  readonly positionKind: "line" | "row";
  /** Where each row stands in the file, from 1. */
  readonly position: Int32Array;
  /** Days since 1970-01-01, {@linkcode NO_DAY} where unreadable. */
  readonly day: Int32Array;
  /** Tickers, where the file has them. */
  readonly ticker?: TickerColumn;
  /** The numeric columns that the file has. */
  readonly numbers: { readonly [F in PriceField]?: Float64Array };
  /** Dates that are missing or could not be read. */
  readonly unreadDates: readonly UnreadField[];
  /** Numbers that could not be read; they are NaN in `numbers`. */
  readonly unreadNumbers: readonly UnreadField[];
}

/**
 * Takes rows of a table.
 *
 * @param table The table.
 * @param rows The rows to take, in the order wanted.
 * @returns A new table; notes on unread fields are not carried over.
 */
export function takeRows(table: PriceTable, rows: Int32Array): PriceTable {
  const take = <A extends Int32Array | Float64Array>(from: A, to: A): A => {
    for (let index = 0; index < rows.length; index++) {
      to[index] = from[rows[index] as number] as number;
    }
    return to;
  };
  const takeInts = (from: Int32Array) =>
    take(from, new Int32Array(rows.length));
  const numbers: { [F in PriceField]?: Float64Array } = {};
  for (const field of PRICE_FIELDS) {
    const column = table.numbers[field];
    if (column !== undefined) {
      numbers[field] = take(column, new Float64Array(rows.length));
    }
  }
  return {
    source: table.source,
    positionKind: table.positionKind,
    position: takeInts(table.position),
    day: takeInts(table.day),
    ...(table.ticker !== undefined && {
      ticker: {
        codes: takeInts(table.ticker.codes),
        names: table.ticker.names,
      },
    }),
    numbers,
    unreadDates: [],
    unreadNumbers: [],
  };
}

/**
 * Takes infinite numbers as missing, and notes them as unread.
 *
 * @param column What the column is called.
 * @param values Its values; infinite ones become NaN.
 * @param unread Where they are noted.
 */
export function noteInfinite(
  column: string,
  values: Float64Array,
  unread: UnreadField[],
): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value === Infinity || value === -Infinity) {
      unread.push({ row, column, text: String(value) });
      values[row] = NaN;
    }
  }
}
