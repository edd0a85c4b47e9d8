/**
 * The frame of prices that flows between ops.
 *
 * @module
 */

import pl, { type DataFrame, type Series } from "nodejs-polars";
import { port } from "../../runtime/ports/mod.ts";
import type { FramePort } from "../../runtime/ports/mod.ts";
import { daySeries, numberSeries } from "./frames.ts";
import { pacer } from "./pace.ts";
import { PRICE_FIELDS, type PriceTable } from "./price_table.ts";

/**
 * The port of price frames: one row a day (and ticker), sorted by `date`;
 * `open`, `high`, `low` and `close` in units of money, `volume` in shares or
 * contracts, null where unknown. There may be more columns, among them
 * `ticker` and `adjustedClose`.
 */
export const pricesPort: FramePort = port.frame({
  columns: {
    date: "date",
    open: "f64",
    high: "f64",
    low: "f64",
    close: "f64",
    volume: "f64",
  },
  timeColumn: "date",
  doc: "Daily prices sorted by date, null where unknown",
});

/**
 * Makes the frame of a checked table.
 *
 * @param table Prices sorted by day.
 * @param signal Aborts the work.
 * @returns Columns date, ticker (where there is one), open, high, low, close,
 * volume, adjustedClose (where there is one).
 */
export async function priceFrame(
  table: PriceTable,
  signal?: AbortSignal,
): Promise<DataFrame> {
  const pace = pacer(signal);
  const columns: Series[] = [daySeries("date", table.day)];
  if (table.ticker !== undefined) {
    const names = pl.Series("ticker", [...table.ticker.names], pl.String);
    columns.push(names.gather(Array.from(table.ticker.codes)));
  }
  for (const field of PRICE_FIELDS) {
    await pace();
    const values = table.numbers[field];
    if (values !== undefined) columns.push(numberSeries(field, values));
    else if (field !== "adjustedClose") {
      columns.push(
        numberSeries(field, new Float64Array(table.day.length).fill(NaN)),
      );
    }
  }
  return pl.DataFrame(columns);
}
