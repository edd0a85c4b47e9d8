/**
 * Prices by ticker, for commands that take several.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { ParameterError } from "../runtime/core/errors.ts";
import type { Output } from "../runtime/flow/mod.ts";
import { file } from "../runtime/ports/mod.ts";
import {
  type Finding,
  FINDING_CODES,
  readPrices,
  samplePrices,
} from "../ops/data/mod.ts";

/** Tickers that an error names, to choose from. */
const NAMED_TICKERS = 5;

const BARS = ["date", "open", "high", "low", "close"] as const;

/** The option that names tickers: `A, B` as a list. */
export const TICKERS_OPTION: z.ZodType<string[] | undefined> = z.string()
  .transform((text) =>
    text.split(",").map((name) => name.trim()).filter((name) => name !== "")
  ).optional();

/** Daily prices of one ticker and what was found odd in them. */
export interface TickerPrices {
  /** The ticker; absent where the file has no such column. */
  readonly ticker?: string;
  /** Columns date, open, high, low, close and what else the file has. */
  readonly prices: Output<DataFrame>;
  /** Findings of the reader. */
  readonly findings: Output<Finding[]>;
}

/** The tickers of a file in its order; none where it has no such column. */
async function tickersOf(path: string): Promise<readonly string[]> {
  const { prices } = await readPrices.run({ file: file(path) }, {
    required: ["date"],
    policy: Object.fromEntries(
      FINDING_CODES.map((code) => [code, "ignore"] as const),
    ),
  });
  if (!prices.columns.includes("ticker")) return [];
  return [...new Set(prices.getColumn("ticker").toArray().map(String))];
}

/**
 * Prices by ticker: those that are named, or all of a file.
 *
 * @param path The file; the sample prices by default, which name no ticker.
 * @param options `tickers`, the named ones, none by default; `most`, how many are
 * taken without being named.
 * @returns One entry a ticker, in order; one without a name where the file names none.
 * @throws {ParameterError} If the file has more than `most` and none are named, or if
 * tickers of the sample are.
 */
export async function tickerPrices(
  path: string | undefined,
  { tickers = [], most }: {
    readonly tickers?: readonly string[] | undefined;
    readonly most: number;
  },
): Promise<TickerPrices[]> {
  if (path === undefined) {
    if (tickers.length === 0) return [samplePrices()];
    throw new ParameterError("Cannot choose tickers of the sample prices", {
      actual: tickers.join(","),
      hint: 'Name a file of your own: "--prices FILE"',
    });
  }
  const names = tickers.length > 0
    ? [...new Set(tickers)]
    : await tickersOf(path);
  if (tickers.length === 0 && names.length > most) {
    throw new ParameterError(
      `Cannot forecast all tickers of "${path}" as there are ${names.length}`,
      {
        expected: `at most ${most}, or the ones that you name`,
        actual: `${names.slice(0, NAMED_TICKERS).join(", ")}${
          names.length > NAMED_TICKERS ? ", …" : ""
        }`,
        hint: `Choose some: "--tickers ${names.slice(0, 2).join(",")}"`,
      },
    );
  }
  const read = (selection: { tickers?: string[] }): TickerPrices => {
    const { findings, prices } = readPrices({ file: file(path) }, {
      required: BARS,
      ...selection,
    });
    return { prices, findings };
  };
  return names.length === 0
    ? [read({})]
    : names.map((ticker) => ({ ticker, ...read({ tickers: [ticker] }) }));
}
