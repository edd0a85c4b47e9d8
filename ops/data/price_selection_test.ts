import assert from "node:assert/strict";
import { toISODay } from "./days.ts";
import { parseDelimited } from "./delimited.ts";
import { selectPrices } from "./price_selection.ts";
import type { PriceTable } from "./price_table.ts";

function table(text: string): Promise<PriceTable> {
  return parseDelimited(text, {
    source: "prices.csv",
    columns: {},
    required: ["date", "close"],
    maxRows: 100,
  });
}

const PANEL = "ticker,date,close\nA,2020-01-02,1\nB,2020-01-02,2\n" +
  "A,2020-01-03,x\nB,oops,4\nB,2020-01-06,5\n";

Deno.test("selectPrices takes tickers and days, bounds included", async () => {
  const all = await table(PANEL);
  assert.equal(selectPrices(all, {}), all);
  const one = selectPrices(all, { tickers: ["B"], to: "2020-01-05" });
  assert.deepEqual(one.numbers.close, Float64Array.of(2, 4));
  const later = selectPrices(all, { tickers: ["A"], from: "2020-01-03" });
  assert.deepEqual(Array.from(later.day, toISODay), ["2020-01-03"]);
});

Deno.test("selectPrices keeps the notes on unread fields with their rows", async () => {
  const chosen = selectPrices(await table(PANEL), { from: "2020-01-03" });
  assert.deepEqual(chosen.position, Int32Array.of(4, 5, 6));
  assert.deepEqual(chosen.unreadNumbers, [
    { row: 0, column: "close", text: "x" },
  ]);
  assert.deepEqual(chosen.unreadDates, [
    { row: 1, column: "date", text: "oops" },
  ]);
});

Deno.test("selectPrices refuses unknown tickers, empty choices and bounds that are no days", async () => {
  const all = await table(PANEL);
  assert.throws(
    () => selectPrices(all, { tickers: ["C"] }),
    /Cannot find the ticker "C"[\s\S]*"A", "B"/,
  );
  assert.throws(
    () => selectPrices(all, { from: "2030-01-01", tickers: ["A"] }),
    /expected {2}rows of the tickers and days/,
  );
  assert.throws(() => selectPrices(all, { from: "soon" }), /"from" as a day/);
  const single = await table("date,close\n2020-01-02,1\n");
  assert.throws(
    () => selectPrices(single, { tickers: ["A"] }),
    /Cannot select tickers/,
  );
});
