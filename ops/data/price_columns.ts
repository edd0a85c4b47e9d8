/**
 * Which column of a file is which: named by the caller, or recognised by the
 * usual spellings.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import type { PriceColumn } from "./price_table.ts";

/** Names of a file's columns; `null` says that a column is not to be read. */
export type ColumnNames = { readonly [C in PriceColumn]?: string | null };

/** Where each column stands in the file, counted from 0. */
export type ColumnPositions = { [C in PriceColumn]?: number };

/** Positions of which that of the date is known. */
export type DatedPositions = ColumnPositions & { readonly date: number };

const SPELLINGS: { readonly [C in PriceColumn]: readonly string[] } = {
  date: [
    "date",
    "datetime",
    "timestamp",
    "time",
    "day",
    "tradedate",
    "tradingdate",
    "tradingday",
  ],
  ticker: ["ticker", "symbol"],
  open: ["open", "openprice", "priceopen", "openingprice"],
  high: ["high", "highprice", "pricehigh", "max"],
  low: ["low", "lowprice", "pricelow", "min"],
  close: ["close", "closeprice", "priceclose", "closingprice", "closelast"],
  volume: ["volume", "vol", "sharevolume", "tradedvolume"],
  adjustedClose: ["adjclose", "adjustedclose", "closeadj", "closeadjusted"],
};

/** The columns that a price file can have, date first. */
export const PRICE_COLUMNS: readonly PriceColumn[] = [
  "date",
  "ticker",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "adjustedClose",
];

/** Letters and digits only: `Adj. Close**` and `adj_close` are one name. */
function normalised(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/**
 * Finds the columns in a header.
 *
 * @param header The names as they stand in the file.
 * @param names Names given by the caller; they come before the usual spellings.
 * @param source What the file is called in an error.
 * @returns Positions of the columns that are there.
 * @throws {DataError} Where a named column is absent, or where two columns
 * could be the same.
 */
export function findColumns(
  header: readonly string[],
  names: ColumnNames,
  source: string,
): ColumnPositions {
  const positions: ColumnPositions = {};
  const found = header.map(normalised);
  for (const column of PRICE_COLUMNS) {
    const given = names[column];
    if (given === null) continue;
    const position = given === undefined
      ? recognise(column, header, found, source)
      : named(column, given, header, source);
    if (position !== undefined) positions[column] = position;
  }
  return positions;
}

function named(
  column: PriceColumn,
  given: string,
  header: readonly string[],
  source: string,
): number {
  const exact = header.indexOf(given);
  if (exact >= 0) return exact;
  const lower = given.toLowerCase();
  const close = header.findIndex((name) => name.toLowerCase() === lower);
  if (close >= 0) return close;
  throw new DataError(`Cannot find the column "${given}" in "${source}"`, {
    expected: `a column "${given}" for "${column}"`,
    actual: `columns ${quoted(header)}`,
    hint: `Correct "columns.${column}"`,
  });
}

function recognise(
  column: PriceColumn,
  header: readonly string[],
  found: readonly string[],
  source: string,
): number | undefined {
  const spellings = SPELLINGS[column];
  const candidates = found.flatMap((name, position) =>
    spellings.includes(name) ? [position] : []
  );
  const [first, second] = candidates;
  if (first === undefined || second === undefined) return first;
  const plain = candidates.filter((position) => found[position] === column);
  if (plain.length === 1) return plain[0];
  throw new DataError(
    `Cannot tell which column of "${source}" is "${column}"`,
    {
      expected: "one column of that meaning",
      actual: quoted(candidates.map((position) => header[position] as string)),
      hint: `Name it in "columns.${column}"`,
    },
  );
}

/**
 * Refuses a file that lacks columns.
 *
 * @param positions What was found.
 * @param required What must be there beside the date.
 * @param header The names as they stand in the file.
 * @param source What the file is called in an error.
 * @returns The positions.
 * @throws {DataError} Naming the columns that are missing.
 */
export function requireColumns(
  positions: ColumnPositions,
  required: readonly PriceColumn[],
  header: readonly string[],
  source: string,
): DatedPositions {
  const { date } = positions;
  const needed = PRICE_COLUMNS.filter((column) =>
    column === "date" || required.includes(column)
  );
  const missing = needed.filter((column) => positions[column] === undefined);
  if (date !== undefined && missing.length === 0) return { ...positions, date };
  const shown = header.slice(0, 20).map((name) =>
    name.length > 40 ? `${name.slice(0, 40)}…` : name
  );
  throw new DataError(
    `Cannot read prices as "${source}" has no column for ${quoted(missing)}`,
    {
      expected: `columns ${quoted(needed)}`,
      actual: `columns ${quoted(shown)}`,
      hint:
        'Name them in "columns", for example { close: "Last" }, list only ' +
        'what you have in "required", or name the "delimiter" of the file',
    },
  );
}
