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
      'Name one: "--ticker NAME" on the command line, "tickers" in data/readPrices',
  });
}

/**
 * The days of one ticker of which open, high, low and close are known and can
 * be: the low at or below, the high at or above the other two. What is left
 * out is added to the findings; returns then reach over the gap.
 *
 * Inputs: `prices` with columns date, open, high, low, close, and `findings`
 * of the reader. Outputs: both, the one shorter, the other longer.
 *
 * @throws {DataError} For several tickers, and if more than 5 % of the days
 * cannot be used.
 */
export const wholeDays: Op<
  { prices: DataFrame; findings: readonly PriceFinding[] },
  Record<never, never>,
  { prices: DataFrame; findings: readonly PriceFinding[] }
> = op({
  name: "outlook/wholeDays",
  version: "1",
  doc: "The days of one ticker that every stage can use",
  inputs: { prices: port.frame(), findings: port.value(PRICE_FINDINGS) },
  params: z.object({}),
  outputs: { prices: port.frame(), findings: port.value(PRICE_FINDINGS) },
  run: ({ prices, findings }) => {
    oneTicker(prices);
    const [open, high, low, close] = ["open", "high", "low", "close"].map((
      name,
    ) => pl.col(name));
    // A comparison with null is null, which a filter leaves out
    const whole = prices.filter(
      low!.ltEq(open!).and(low!.ltEq(close!)).and(high!.gtEq(open!)).and(
        high!.gtEq(close!),
      ),
    );
    const count = prices.height - whole.height;
    if (count === 0) return { prices, findings };
    if (count > MOST_LEFT_OUT * prices.height) {
      throw new DataError("Cannot use the prices as daily bars", {
        expected: `low ≤ open, close ≤ high on ${
          100 - 100 * MOST_LEFT_OUT
        } % of the days at least`,
        actual: `${count} of ${prices.height} days are not so`,
        hint:
          "Look whether columns are swapped or empty, or adjusted by different factors",
      });
    }
    const message =
      `Days without an open, high, low or close, or with a low above or a high below another price (${count}): left out`;
    return {
      prices: whole,
      findings: [...findings, {
        code: "unusable-day",
        severity: "warning",
        count,
        message,
      }],
    };
  },
});
