/**
 * Reads daily prices from a file that somebody else made.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { FileValue } from "../../runtime/ports/mod.ts";
import { DATE_FORMATS, type DateFormat } from "./date_format.ts";
import type { DecimalSign } from "./number_format.ts";
import { checkPrices } from "./price_checks.ts";
import { type ColumnNames, PRICE_COLUMNS } from "./price_columns.ts";
import { readPriceBytes } from "./price_file.ts";
import {
  type Finding,
  type FindingPolicy,
  findingPolicySchema,
  findingSchema,
} from "./price_findings.ts";
import { priceFrame, pricesPort } from "./price_frame.ts";
import { selectPrices } from "./price_selection.ts";
import type { PriceColumn } from "./price_table.ts";
import type { TradingCalendarName } from "./trading_calendar.ts";

/** Params of {@linkcode readPrices}. */
export interface ReadPricesParams {
  /**
   * Names of the file's columns where they are not the usual ones, for example
   * `{ close: "Last" }`; `null` for a column that is not to be read.
   */
  readonly columns?: ColumnNames;
  /**
   * Columns without which the file is refused; default open, high, low, close
   * and volume. What is not required and not there is null. A date is always
   * required.
   */
  readonly required?: readonly PriceColumn[];
  /** The sign between fields; default: found from the header. */
  readonly delimiter?: string;
  /** How dates are written; default `"detect"`, an error where two fit. */
  readonly dateFormat?: DateFormat | "detect";
  /** The decimal sign; default `"detect"`, an error where both fit. */
  readonly decimal?: DecimalSign | "detect";
  /**
   * Prices as they stand (`"raw"`), scaled to the adjusted close
   * (`"adjusted"`), or adjusted where the file can give it (`"detect"`, the
   * default; a finding says which).
   */
  readonly adjustment?: "raw" | "adjusted" | "detect";
  /** The calendar for gaps, default `"nyse"`; `"none"` looks for no gaps. */
  readonly calendar?: TradingCalendarName | "none";
  /** What is done about each finding; see `DEFAULT_ERRORS` for the defaults. */
  readonly policy?: FindingPolicy;
  /** These tickers only; default: all. */
  readonly tickers?: readonly string[];
  /** First day as ISO text; default: the file's first. */
  readonly from?: string;
  /** Last day, included, as ISO text; default: the file's last. */
  readonly to?: string;
  /**
   * Numbers n of splits n:1 and 1:n that are looked for; default 2 to 8, 10, 12,
   * 15, 20, 25, 30, 40, 50 and 100.
   */
  readonly splitRatios?: readonly number[];
  /** Greatest distance of log ratios from those of splits; default 0.05. */
  readonly splitTolerance?: number;
  /** Larger files are refused, also after decompression; default 512 MiB. */
  readonly maxBytes?: number;
  /** Files with more rows are refused; default 10 million. */
  readonly maxRows?: number;
}

const columnName = z.string().min(1).nullable();

const paramsSchema = z.object({
  columns: z.partialRecord(z.enum(PRICE_COLUMNS), columnName).default({}),
  required: z.array(z.enum(PRICE_COLUMNS)).readonly().default([
    "date",
    "open",
    "high",
    "low",
    "close",
    "volume",
  ]),
  delimiter: z.string().min(1).optional(),
  dateFormat: z.enum([...DATE_FORMATS, "detect"]).default("detect"),
  decimal: z.enum(["point", "comma", "detect"]).default("detect"),
  adjustment: z.enum(["raw", "adjusted", "detect"]).default("detect"),
  calendar: z.enum(["nyse", "weekdays", "everyday", "none"]).default("nyse"),
  policy: findingPolicySchema.default({}),
  tickers: z.array(z.string()).min(1).readonly().optional(),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  splitRatios: z.array(z.number().gt(1)).readonly().default(
    [2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100],
  ),
  splitTolerance: z.number().positive().default(0.05),
  maxBytes: z.number().int().positive().default(512 * 1024 * 1024),
  maxRows: z.number().int().positive().default(10_000_000),
});

/**
 * Reads daily prices from CSV (also with semicolons, tabs or bars), Parquet or
 * Arrow IPC, each also compressed with gzip; the format is told by the
 * content. Nothing is guessed silently: what is odd is a named finding or an
 * error, what can be read in two ways is an error that names the param to set.
 *
 * Output `prices`: one row a day (and ticker), sorted by `date` (then ticker);
 * `open`, `high`, `low`, `close` in the file's units of money, `volume` in
 * shares or contracts, null where unknown; `ticker` and `adjustedClose` where
 * the file has them. Times of day are dropped: the day counts as written.
 * Output `findings`: what was found, see {@linkcode Finding}.
 *
 * Adjusted prices carry knowledge of later dividends and splits in their
 * level, so use ratios of them (returns), not their levels, as features.
 *
 * @throws {DataError} For a file that is empty, cut off, too large, of another
 * kind or without the columns needed; for dates and numbers that can be read
 * in two ways; for findings that the policy counts as errors: dates and
 * numbers that cannot be read, duplicates with different values, closes that
 * are not positive.
 *
 * @example
 * ```ts
 * import { file } from "@weft/weft";
 * import { features, readPrices } from "@weft/weft/ops/data";
 *
 * const node = readPrices({ file: file("prices.csv") }, {
 *   columns: { close: "Last" },
 *   policy: { "calendar-gap": "error" },
 * });
 * const table = features({ prices: node.prices }); // Nothing is read yet
 * console.log(typeof table.value); // function
 * ```
 */
export const readPrices: Op<
  { file: FileValue },
  ReadPricesParams,
  { prices: DataFrame; findings: Finding[] }
> = op({
  name: "data/readPrices",
  version: "1",
  doc: "Reads daily prices from CSV, Parquet or Arrow and names what is odd",
  kind: "io",
  inputs: { file: port.file({ doc: "The price file" }) },
  params: paramsSchema,
  outputs: { prices: pricesPort, findings: z.array(findingSchema) },
  run: async ({ file }, params, { signal }) => {
    const bytes = await file.bytes({ maxBytes: params.maxBytes });
    const { dateFormat, decimal, delimiter } = params;
    const read = await readPriceBytes(bytes, {
      source: file.name,
      columns: params.columns,
      required: params.required,
      ...(delimiter !== undefined && { delimiter }),
      ...(dateFormat !== "detect" && { dateFormat }),
      ...(decimal !== "detect" && { decimal }),
      maxRows: params.maxRows,
      maxBytes: params.maxBytes,
      signal,
    });
    const { table, findings } = await checkPrices(
      selectPrices(read, params),
      params,
      signal,
    );
    return { prices: await priceFrame(table, signal), findings };
  },
});
