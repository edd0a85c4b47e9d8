/**
 * A market index made from the prices at hand.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { toISODay } from "./days.ts";
import { priceBars } from "./price_bars.ts";
import { priceFrame, pricesPort } from "./price_frame.ts";

/** Returns beyond it are taken for splits or errors. */
const LARGEST_RETURN = 0.5;

/**
 * An index that holds all tickers in equal parts, set up anew each day: its return
 * is the mean return of the tickers that have a price on this day and on their
 * session before. Returns of more than 50 % are left out, as they are mostly splits
 * and errors. It begins with 100. It knows nothing of later days, but the prices
 * may hold only tickers that survived.
 *
 * Input: `prices` with a column `ticker`. Param: `least`, tickers that a day needs
 * (default 20). Output: `index`, prices of which only `close` is known.
 *
 * @throws {DataError} Where no day has so many tickers.
 *
 * @example
 * ```ts
 * import { marketIndex, readPrices } from "@weft/weft/ops/data";
 * import { file } from "@weft/weft";
 *
 * const { prices } = readPrices({ file: file("prices.parquet") });
 * const { index } = marketIndex({ prices }, { least: 100 });
 * console.log(index.name); // index
 * ```
 */
export const marketIndex: Op<
  { prices: DataFrame },
  { least?: number | undefined },
  { index: DataFrame }
> = op({
  name: "data/marketIndex",
  version: "1",
  doc: "An index of all tickers in equal parts",
  inputs: { prices: pricesPort },
  params: z.object({ least: z.int().positive().default(20) }),
  outputs: { index: pricesPort },
  run: async ({ prices }, { least }, { signal }) => {
    const sums = new Map<number, { sum: number; count: number }>();
    for (const { close, day } of priceBars(prices).values()) {
      for (let at = 1; at < day.length; at++) {
        const change = close[at]! / close[at - 1]! - 1;
        if (!(Math.abs(change) <= LARGEST_RETURN)) continue;
        const own = sums.get(day[at]!);
        if (own === undefined) sums.set(day[at]!, { sum: change, count: 1 });
        else {
          own.sum += change;
          own.count++;
        }
      }
    }
    const days = [...sums].filter(([, { count }]) => count >= least)
      .sort(([a], [b]) => a - b);
    if (days.length === 0) {
      throw new DataError("Cannot make an index as no day has enough tickers", {
        expected: `${least} tickers with a return`,
        actual: "fewer on every day",
        hint: 'Lower "least", or bring prices of an index',
      });
    }
    let level = 100;
    const close = Float64Array.from(
      days,
      ([, { count, sum }]) => level *= 1 + sum / count,
    );
    const index = await priceFrame({
      source: `index from ${toISODay(days[0]![0])}`,
      positionKind: "row",
      position: Int32Array.from(days, (_, row) => row + 1),
      day: Int32Array.from(days, ([day]) => day),
      numbers: { close },
      unreadDates: [],
      unreadNumbers: [],
    }, signal);
    return { index };
  },
});
