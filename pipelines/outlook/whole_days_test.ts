import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { wholeDays } from "./whole_days.ts";

const DAYS = 40;

function bars(change: Record<string, unknown[]> = {}) {
  const rows = Array.from({ length: DAYS });
  return pl.DataFrame({
    date: rows.map((_, row) => new Date(Date.UTC(2020, 0, 1 + row))),
    open: rows.map(() => 10),
    high: rows.map(() => 12),
    low: rows.map(() => 9),
    close: rows.map(() => 11),
    volume: rows.map(() => 1000),
    ...change,
  });
}

function withValue(fill: number, row: number, value: number | null) {
  const values: (number | null)[] = Array.from({ length: DAYS }, () => fill);
  values[row] = value;
  return values;
}

Deno.test("wholeDays leaves whole days as they are", async () => {
  const { prices, findings } = await wholeDays.run({
    prices: bars(),
    findings: [],
  });
  assert.equal(prices.height, DAYS);
  assert.deepEqual(findings, []);
});

Deno.test("wholeDays leaves out days that are not whole or cannot be, and says so", async () => {
  for (
    const change of [
      { low: withValue(9, 3, null) },
      { high: withValue(12, 3, 10.5) },
      { low: withValue(9, 3, 10.5) },
    ]
  ) {
    const { prices, findings } = await wholeDays.run({
      prices: bars(change),
      findings: [],
    });
    assert.equal(prices.height, DAYS - 1);
    assert.deepEqual(
      findings.map(({ code, count }) => [code, count]),
      [["unusable-day", 1]],
    );
  }
});

Deno.test("wholeDays leaves out days on which no price moved", async () => {
  const { prices, findings } = await wholeDays.run({
    prices: bars({
      open: withValue(10, 3, 11),
      high: withValue(12, 3, 11),
      low: withValue(9, 3, 11),
    }),
    findings: [],
  });
  assert.equal(prices.height, DAYS - 1);
  assert.deepEqual(
    findings.map(({ code, count }) => [code, count]),
    [["still-day", 1]],
  );
});

Deno.test("wholeDays refuses files of which many days cannot be used", async () => {
  const swapped = bars({
    high: Array.from({ length: DAYS }, () => 9),
    low: Array.from({ length: DAYS }, () => 12),
  });
  await assert.rejects(
    wholeDays.run({ prices: swapped, findings: [] }),
    /of 40 days 40 are not whole/,
  );
});

Deno.test("wholeDays refuses several tickers, and takes one", async () => {
  const named = (name: (row: number) => string) =>
    bars({ ticker: Array.from({ length: DAYS }, (_, row) => name(row)) });
  await assert.rejects(
    wholeDays.run({
      prices: named((row) => row % 2 === 0 ? "AAA" : "BBB"),
      findings: [],
    }),
    /2 tickers: "AAA", "BBB"/,
  );
  const { prices } = await wholeDays.run({
    prices: named(() => "AAA"),
    findings: [],
  });
  assert.equal(prices.height, DAYS);
});

Deno.test("wholeDays refuses prices without volume where one is needed", async () => {
  const prices = bars({ volume: Array.from({ length: DAYS }, () => 0) });
  await assert.rejects(
    wholeDays.run({ prices, findings: [] }),
    /none on 40 days[^]*--no-volume/,
  );
  const done = await wholeDays.run({ prices, findings: [] }, { volume: false });
  assert.equal(done.prices.height, DAYS);
});
