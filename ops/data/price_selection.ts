/**
 * A choice of tickers and days from a price table.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import { toDayNumber } from "./days.ts";
import {
  NO_DAY,
  type PriceTable,
  takeRows,
  type UnreadField,
} from "./price_table.ts";

/** Which rows of a price table are wanted. */
export interface PriceSelection {
  /** These tickers only. */
  readonly tickers?: readonly string[] | undefined;
  /** First day, as ISO text. */
  readonly from?: string | undefined;
  /** Last day, included, as ISO text. */
  readonly to?: string | undefined;
}

/**
 * Takes the rows that are wanted. Rows whose date cannot be read are kept, so
 * that they are reported.
 *
 * @param table The table.
 * @param selection What is wanted; everything where nothing is named.
 * @returns A table with the rows in the same order.
 * @throws {DataError} For a ticker that is not there, and where no row is left.
 * @throws {ParameterError} For a bound that is no day.
 */
export function selectPrices(
  table: PriceTable,
  selection: PriceSelection,
): PriceTable {
  const { tickers, from, to } = selection;
  if (tickers === undefined && from === undefined && to === undefined) {
    return table;
  }
  const first = from === undefined ? -Infinity : toDayNumber(from, "from");
  const last = to === undefined ? Infinity : toDayNumber(to, "to");
  const codes = tickers === undefined ? undefined : codesOf(table, tickers);
  const rows = Int32Array.from(table.day, (_, row) => row).filter((row) => {
    const day = table.day[row] as number;
    if (day !== NO_DAY && (day < first || day > last)) return false;
    return codes === undefined ||
      codes.has(table.ticker?.codes[row] as number);
  });
  if (rows.length === 0) {
    throw new DataError(`Cannot select prices from "${table.source}"`, {
      expected: "rows of the tickers and days asked for",
      actual: "none",
      hint: 'Widen "from", "to" or "tickers"',
    });
  }
  return {
    ...takeRows(table, rows),
    unreadDates: moved(table.unreadDates, rows),
    unreadNumbers: moved(table.unreadNumbers, rows),
  };
}

function codesOf(
  table: PriceTable,
  tickers: readonly string[],
): ReadonlySet<number> {
  const names = table.ticker?.names;
  if (names === undefined) {
    throw new DataError(`Cannot select tickers from "${table.source}"`, {
      expected: "a column with tickers",
      actual: "none",
      hint: 'Name it in "columns.ticker", or leave "tickers" out',
    });
  }
  return new Set(tickers.map((ticker) => {
    const code = names.indexOf(ticker);
    if (code >= 0) return code;
    throw new DataError(
      `Cannot find the ticker "${ticker}" in "${table.source}"`,
      {
        expected: `one of ${names.length} tickers`,
        actual: `"${ticker}"`,
        hint: `Tickers are such as ` +
          names.slice(0, 5).map((name) => `"${name}"`).join(", "),
      },
    );
  }));
}

/** Notes on unread fields, with the new numbers of the rows that are left. */
function moved(
  unread: readonly UnreadField[],
  rows: Int32Array,
): UnreadField[] {
  if (unread.length === 0) return [];
  const places = new Map(Array.from(rows, (row, place) => [row, place]));
  return unread.flatMap((field) => {
    const row = places.get(field.row);
    return row === undefined ? [] : [{ ...field, row }];
  });
}
