import assert from "node:assert/strict";
import { toISODay } from "./days.ts";
import { dayColumn } from "./frames.ts";
import { samplePrices } from "./sample_prices.ts";
import { tradingDaysBetween } from "./trading_calendar.ts";

Deno.test("samplePrices gives the S&P 500 from 2000 to 2020", async () => {
  const { prices } = await samplePrices.run();
  assert.equal(prices.height, 5105);
  assert.equal(prices.getColumn("close").get(0), 1455.219971);
  assert.equal(prices.getColumn("close").get(5104), 2874.560059);
  assert.equal(prices.getColumn("volume").get(5104), 5792140000);
  for (const name of ["open", "high", "low", "close", "volume"]) {
    assert.equal(prices.getColumn(name).nullCount(), 0, name);
  }
});

Deno.test("samplePrices has a row on every trading day of the exchange and on no other", async () => {
  const { prices } = await samplePrices.run();
  assert.deepEqual(
    Array.from(dayColumn(prices, "date"), toISODay),
    tradingDaysBetween("2000-01-03", "2020-04-17"),
  );
});

Deno.test("samplePrices says that its older opens repeat the close before", async () => {
  const { findings } = await samplePrices.run();
  assert.deepEqual(findings.map(({ code }) => code), ["stale-open"]);
  const later = await samplePrices.run({}, { from: "2014-01-01" });
  assert.deepEqual(later.findings, []);
});

Deno.test("samplePrices takes bounds, both included, and refuses an empty choice", async () => {
  const { prices } = await samplePrices.run({}, {
    from: "2008-09-15",
    to: "2008-09-17",
  });
  assert.deepEqual(Array.from(dayColumn(prices, "date"), toISODay), [
    "2008-09-15",
    "2008-09-16",
    "2008-09-17",
  ]);
  await assert.rejects(
    samplePrices.run({}, { from: "2021-01-01" }),
    /Cannot select prices from "sp500-2000.csv"/,
  );
});
