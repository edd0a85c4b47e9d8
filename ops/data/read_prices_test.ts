import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError } from "../../runtime/core/errors.ts";
import { file } from "../../runtime/ports/mod.ts";
import { readPrices } from "./read_prices.ts";

function fixture(name: string) {
  return file(new URL(`../../fixtures/data/${name}`, import.meta.url));
}

const SHARED = new URL(
  "../../../shared/data/prices/us_daily_2013_2016.csv.gz",
  import.meta.url,
);

async function withFile(
  content: string | Uint8Array,
  body: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "weft-prices-"));
  try {
    const path = join(folder, "prices.csv");
    await writeFile(path, content);
    await body(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("readPrices gives the same frame from CSV, Parquet and Arrow", async () => {
  const csv = await readPrices.run({ file: fixture("synthetic_prices.csv") });
  assert.deepEqual(csv.prices.columns, [
    "date",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "adjustedClose",
  ]);
  assert.equal(csv.prices.height, 300);
  assert.deepEqual(csv.findings.map(({ code }) => code), ["adjusted-prices"]);
  for (const name of ["synthetic_prices.parquet", "synthetic_prices.arrow"]) {
    const other = await readPrices.run({ file: fixture(name) });
    assert.ok(other.prices.frameEqual(csv.prices), name);
    assert.equal(other.findings[0]?.count, csv.findings[0]?.count);
  }
});

Deno.test("readPrices adjusts prices where the file can give it, or leaves them raw", async () => {
  const input = { file: fixture("synthetic_prices.csv") };
  const adjusted = await readPrices.run(input);
  assert.equal(adjusted.prices.getColumn("close").get(0), 50.1858);
  assert.ok(
    Math.abs(
      adjusted.prices.getColumn("open").get(0) - 49.83 * 50.1858 / 51.21,
    ) < 1e-12,
  );
  const raw = await readPrices.run(input, { adjustment: "raw" });
  assert.equal(raw.prices.getColumn("close").get(0), 51.21);
  assert.deepEqual(raw.findings, []);
});

Deno.test("readPrices gives null for what is unknown and says what it did", async () => {
  const text = "\ufeffDate;Open;Close\r\n2020-01-03;0;2.1\r\n2020-01-02;;2\r\n";
  await withFile(text, async (path) => {
    const { prices, findings } = await readPrices.run({ file: file(path) }, {
      required: ["date", "close"],
    });
    assert.deepEqual(prices.getColumn("close").toArray(), [2, 2.1]);
    assert.deepEqual(prices.getColumn("open").toArray(), [null, null]);
    assert.equal(prices.getColumn("volume").nullCount(), 2);
    assert.equal(String(prices.getColumn("date").dtype), "DataType(Date)");
    assert.deepEqual(findings.map(({ code, count }) => [code, count]), [
      ["out-of-order", 1],
      ["zero-open", 1],
      ["missing-value", 1],
      ["missing-column", 3],
      ["raw-prices", 2],
    ]);
  });
});

Deno.test("readPrices takes column names, formats and bounds as params", async () => {
  const text = "When,Sym,Px\n3/4/2020,A,1\n4/4/2020,A,2\n4/4/2020,B,3\n";
  await withFile(text, async (path) => {
    const input = { file: file(path) };
    const columns = { date: "When", ticker: "Sym", close: "Px" };
    const params = { columns, required: ["date", "close"] as const };
    await assert.rejects(readPrices.run(input, params), /month from day/);
    const { prices } = await readPrices.run(input, {
      ...params,
      dateFormat: "eu",
      tickers: ["A"],
      from: "2020-04-04",
      calendar: "everyday",
    });
    assert.deepEqual(prices.columns.slice(0, 2), ["date", "ticker"]);
    assert.deepEqual(prices.getColumn("close").toArray(), [2]);
    assert.deepEqual(prices.getColumn("date").toArray(), [
      new Date("2020-04-04"),
    ]);
  });
});

Deno.test("readPrices refuses files that are too large before reading them, absent files and folders", async () => {
  const input = { file: fixture("synthetic_prices.csv") };
  await assert.rejects(readPrices.run(input, { maxBytes: 1000 }), DataError);
  await assert.rejects(
    readPrices.run({ file: file("/no/such/prices.csv") }),
    DataError,
  );
  await assert.rejects(readPrices.run({ file: file(tmpdir()) }), DataError);
});

Deno.test("readPrices refuses params that make no sense", async () => {
  const input = { file: fixture("synthetic_prices.csv") };
  await assert.rejects(readPrices.run(input, { from: "yesterday" }), /from/);
  await assert.rejects(readPrices.run(input, { maxRows: 0 }), /maxRows/);
  await assert.rejects(
    readPrices.run(input, {
      // @ts-expect-error the compiler knows the names of findings, too
      policy: { "no-such-finding": "error" },
    }),
    /no-such-finding/,
  );
});

Deno.test({
  name:
    "readPrices reads 1.2 million rows of 1,203 tickers and names their flaws",
  ignore: !existsSync(SHARED),
  async fn() {
    const { prices, findings } = await readPrices.run({ file: file(SHARED) });
    assert.equal(prices.height, 1_166_632);
    assert.equal(prices.getColumn("ticker").nUnique(), 1203);
    const counts = Object.fromEntries(
      findings.map(({ code, count }) => [code, count]),
    );
    assert.equal(counts["zero-open"], 16);
    assert.equal(prices.getColumn("open").nullCount(), 16);
    assert.ok(!("not-a-trading-day" in counts));
    assert.ok(!("out-of-order" in counts));
  },
});
