/**
 * Returns of prices.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { z } from "zod";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  applyIncompleteRows,
  type IncompleteRows,
  incompleteRowsSchema,
} from "./first_rows.ts";
import {
  gather,
  groupRows,
  numberColumn,
  numberSeries,
  scatter,
} from "./frames.ts";
import { pricesPort } from "./price_frame.ts";

/** Params of {@linkcode returns}. */
export interface ReturnsParams {
  /** `log(p / q)` (`"log"`, the default) or `p / q - 1` (`"simple"`). */
  readonly kind?: "log" | "simple";
  /**
   * Between which prices: `"close-to-close"` (default) the close over the
   * close `horizon` rows before; `"overnight"` the open over the close before;
   * `"intraday"` the close over the open of the same day.
   */
  readonly span?: "close-to-close" | "overnight" | "intraday";
  /** Rows to look back, for `"close-to-close"`; default 1. */
  readonly horizon?: number;
  /** What becomes of rows without a return; default `"null"`. */
  readonly incomplete?: IncompleteRows;
}

/**
 * Refuses prices that have no logarithm.
 *
 * @param values Prices, NaN where missing.
 * @param name The column, for the error.
 * @throws {DataError} For the first price that is not positive and finite.
 */
export function requirePositive(values: Float64Array, name: string): void {
  const row = values.findIndex((value) => value <= 0 || value === Infinity);
  if (row < 0) return;
  throw new DataError(`Cannot take returns of the column "${name}"`, {
    expected: "positive prices, null where unknown",
    actual: `${values[row]} in row ${row}`,
    hint: 'Read the prices with "readPrices", or set such prices to null',
  });
}

/**
 * Ratios of two price series minus one, or their logarithms.
 *
 * @param later The later prices.
 * @param earlier The earlier prices.
 * @param lag Rows between the two.
 * @param kind Simple or log returns.
 * @returns The return at the later row; NaN where a price is missing.
 */
export function returnsOf(
  later: Float64Array,
  earlier: Float64Array,
  lag: number,
  kind: "log" | "simple",
): Float64Array {
  const result = new Float64Array(later.length).fill(NaN);
  for (let t = lag; t < later.length; t++) {
    const ratio = (later[t] as number) / (earlier[t - lag] as number);
    result[t] = kind === "log" ? Math.log(ratio) : ratio - 1;
  }
  return result;
}

/**
 * Returns of prices, looking back: the value of a row is known at its close
 * (at its open for overnight returns).
 *
 * Input `prices`: sorted by date; tickers are kept apart. Output `returns`:
 * `date`, `ticker` (where there is one) and `return`, a fraction a `horizon`
 * (0.01 is one percent), null where a price is unknown.
 *
 * @throws {DataError} For prices that are not positive.
 * @throws {ParameterError} For a horizon with another span than close to close.
 *
 * @example
 * ```ts
 * import { returns, samplePrices } from "@weft/weft/ops/data";
 *
 * const { prices } = samplePrices({}, { to: "2000-01-31" });
 * const node = returns({ prices }, { kind: "simple", incomplete: "drop" });
 * const value = await node.value({ store: "none" });
 * console.log(value.returns.getColumn("return").get(0)); // -0.038344...
 * ```
 */
export const returns: Op<
  { prices: DataFrame },
  ReturnsParams,
  { returns: DataFrame }
> = op({
  name: "data/returns",
  version: "1",
  doc: "Simple or log returns over a horizon, overnight or within the day",
  causal: true,
  inputs: { prices: pricesPort },
  params: z.object({
    kind: z.enum(["log", "simple"]).default("log"),
    span: z.enum(["close-to-close", "overnight", "intraday"]).default(
      "close-to-close",
    ),
    horizon: z.number().int().positive().default(1),
    incomplete: incompleteRowsSchema.default("null"),
  }),
  outputs: {
    returns: port.frame({
      columns: { date: "date", return: "f64" },
      timeColumn: "date",
    }),
  },
  run: ({ prices }, { kind, span, horizon, incomplete }) => {
    if (horizon > 1 && span !== "close-to-close") {
      throw new ParameterError(
        `Cannot take "${span}" returns over a horizon: current value is ${horizon}`,
        {
          expected: '"horizon" 1',
          hint: 'Set "span" to "close-to-close"',
        },
      );
    }
    const [later, earlier, lag] = {
      "close-to-close": ["close", "close", horizon] as const,
      overnight: ["open", "close", 1] as const,
      intraday: ["close", "open", 0] as const,
    }[span];
    const laterPrices = numberColumn(prices, later).values;
    const earlierPrices = numberColumn(prices, earlier).values;
    requirePositive(laterPrices, later);
    requirePositive(earlierPrices, earlier);
    const result = new Float64Array(prices.height);
    for (const rows of groupRows(prices, "ticker")) {
      const values = returnsOf(
        gather(laterPrices, rows),
        gather(earlierPrices, rows),
        lag,
        kind,
      );
      scatter(result, rows, values);
    }
    const keys = ["date", "ticker"].filter((name) =>
      prices.columns.includes(name)
    );
    const frame = pl.DataFrame([
      ...keys.map((name) => prices.getColumn(name)),
      numberSeries("return", result),
    ]);
    return { returns: applyIncompleteRows(frame, ["return"], incomplete) };
  },
});
