/**
 * Days that every stage can use.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { PRICE_FINDINGS, type PriceFinding } from "./report_schema.ts";

/** More days than this share being unusable speaks against the file. */
const MOST_LEFT_OUT = 0.05;

const NAMES_SHOWN = 5;

function oneTicker(prices: DataFrame): void {
  if (!prices.columns.includes("ticker")) return;
  const names = [...prices.getColumn("ticker").unique().sort()] as string[];
  if (names.length < 2) return;
  const shown = names.slice(0, NAMES_SHOWN).map((name) => `"${name}"`);
  throw new DataError("Cannot take the prices as one series", {
    expected: "the prices of one ticker",
    actual: `${names.length} tickers: ${shown.join(", ")}${
      names.length > NAMES_SHOWN ? ", …" : ""
    }`,
    hint:
      'Take one by "tickers" in data/readPrices, or several by outlookByTicker',
  });
}

function someVolume(prices: DataFrame): void {
  const traded = prices.filter(pl.col("volume").gt(0)).height;
  if (traded > 0) return;
  throw new DataError("Cannot use the volume of the prices", {
    expected: "a volume above 0",
    actual: `none on ${prices.height} days`,
    hint:
      'Do without: "--no-volume" on the command line, "volume: false" in the settings',
  });
}

function finding(code: string, what: string, count: number): PriceFinding[] {
  if (count === 0) return [];
  const message = `${what} (${count}): left out`;
  return [{ code, severity: "warning", count, message }];
}

/**
 * The days of one ticker of which open, high, low and close are known and can
 * be (the low at or below, the high at or above the other two), and on which
 * some price moved: without a move there is no variance to take the logarithm
 * of. What is left out is added to the findings; returns reach over the gap.
 *
 * Inputs: `prices` with columns date, open, high, low, close, volume, and `findings`
 * of the reader. Outputs: both, the one shorter, the other longer.
 *
 * Param: `volume`, whether there must be one (default true).
 *
 * @throws {DataError} For several tickers, for no volume where one is needed,
 * and if more than 5 % of the days cannot be used.
 */
export const wholeDays: Op<
  { prices: DataFrame; findings: readonly PriceFinding[] },
  { volume?: boolean | undefined },
  { prices: DataFrame; findings: readonly PriceFinding[] }
> = op({
  name: "outlook/wholeDays",
  version: "3",
  doc: "The days of one ticker that every stage can use",
  inputs: { prices: port.frame(), findings: port.value(PRICE_FINDINGS) },
  params: z.object({ volume: z.boolean().default(true) }),
  outputs: { prices: port.frame(), findings: port.value(PRICE_FINDINGS) },
  run: ({ prices, findings }, { volume }) => {
    oneTicker(prices);
    if (volume) someVolume(prices);
    const [open, high, low, close] = [
      pl.col("open"),
      pl.col("high"),
      pl.col("low"),
      pl.col("close"),
    ];
    // A comparison with null is null, which a filter leaves out
    const whole = prices.filter(
      low.ltEq(open).and(low.ltEq(close)).and(high.gtEq(open)).and(
        high.gtEq(close),
      ),
    );
    const moved = whole.filter(
      high.gt(low).or(open.neq(close.shift(1))),
    );
    const broken = prices.height - whole.height;
    const still = whole.height - moved.height;
    if (broken + still > MOST_LEFT_OUT * prices.height) {
      throw new DataError("Cannot use the prices as daily bars", {
        expected: `whole bars with a move on ${
          100 - 100 * MOST_LEFT_OUT
        } % of the days at least: low ≤ open, close ≤ high`,
        actual:
          `of ${prices.height} days ${broken} are not whole or cannot be, ${still} have no move`,
        hint:
          "Look whether columns are swapped or empty, adjusted by different factors, or hardly traded",
      });
    }
    return {
      prices: broken + still === 0 ? prices : moved,
      findings: [
        ...findings,
        ...finding(
          "unusable-day",
          "Days without an open, high, low or close, or with a low above or a high below another price",
          broken,
        ),
        ...finding("still-day", "Days on which no price moved", still),
      ],
    };
  },
});
