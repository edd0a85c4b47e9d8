import assert from "node:assert/strict";
import pl, { type DataFrame } from "nodejs-polars";
import { checkCausal } from "../../runtime/flow/mod.ts";
import { file } from "../../runtime/ports/mod.ts";
import reference from "../../fixtures/reference/data.json" with {
  type: "json",
};
import { readPrices } from "./read_prices.ts";
import { returns, type ReturnsParams } from "./returns.ts";

const PRICES = file(
  new URL("../../fixtures/data/synthetic_prices.csv", import.meta.url),
);

async function syntheticPrices(): Promise<DataFrame> {
  const { prices } = await readPrices.run({ file: PRICES }, {
    adjustment: "raw",
  });
  return prices;
}

function assertClose(
  actual: (number | null)[],
  expected: (number | null)[],
): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, row) => {
    const wanted = expected[row] as number | null;
    if (wanted === null || value === null) assert.equal(value, wanted);
    else assert.ok(Math.abs(value - wanted) < 1e-12, `row ${row}: ${value}`);
  });
}

Deno.test("returns equals pandas for simple, log, longer, overnight and intraday returns", async () => {
  const prices = await syntheticPrices();
  const cases: [keyof typeof reference.returns, ReturnsParams][] = [
    ["simple1", { kind: "simple" }],
    ["log1", {}],
    ["simple5", { kind: "simple", horizon: 5 }],
    ["log5", { horizon: 5 }],
    ["overnightSimple", { kind: "simple", span: "overnight" }],
    ["intradayLog", { span: "intraday" }],
  ];
  for (const [name, params] of cases) {
    const { returns: frame } = await returns.run({ prices }, params);
    assertClose(
      frame.getColumn("return").toArray() as (number | null)[],
      reference.returns[name],
    );
  }
});

function panel(): DataFrame {
  const day = (text: string) => new Date(text);
  const ones = [1, 1, 1, 1];
  return pl.DataFrame([
    pl.Series("date", [
      day("2020-01-02"),
      day("2020-01-02"),
      day("2020-01-03"),
      day("2020-01-03"),
    ], pl.Date),
    pl.Series("ticker", ["A", "B", "A", "B"]),
    pl.Series("open", ones, pl.Float64),
    pl.Series("high", ones, pl.Float64),
    pl.Series("low", ones, pl.Float64),
    pl.Series("close", [1, 10, 2, 40], pl.Float64),
    pl.Series("volume", ones, pl.Float64),
  ]);
}

Deno.test("returns keeps tickers apart", async () => {
  const { returns: frame } = await returns.run({ prices: panel() }, {
    kind: "simple",
  });
  assert.deepEqual(frame.columns, ["date", "ticker", "return"]);
  assert.deepEqual(frame.getColumn("return").toArray(), [null, null, 1, 3]);
});

Deno.test("returns drops or refuses rows without a return when told to", async () => {
  const prices = panel();
  const dropped = await returns.run({ prices }, { incomplete: "drop" });
  assert.deepEqual(dropped.returns.getColumn("ticker").toArray(), ["A", "B"]);
  await assert.rejects(
    returns.run({ prices }, { incomplete: "error" }),
    /2 incomplete rows[\s\S]*2 null in "return"/,
  );
  await assert.rejects(
    returns.run({ prices }, { incomplete: "drop", horizon: 5 }),
    /none would be left/,
  );
});

Deno.test("returns is null around an unknown price", async () => {
  const prices = panel().withColumns(
    pl.Series("close", [1, null, 2, 40], pl.Float64),
  );
  const { returns: frame } = await returns.run({ prices });
  assert.deepEqual(frame.getColumn("return").toArray(), [
    null,
    null,
    Math.log(2),
    null,
  ]);
});

Deno.test("returns refuses prices that are not positive and horizons that make no sense", async () => {
  const prices = panel().withColumns(
    pl.Series("close", [1, 0, 2, 40], pl.Float64),
  );
  await assert.rejects(
    returns.run({ prices }),
    /Cannot take returns of the column "close"[\s\S]*0 in row 1/,
  );
  await assert.rejects(
    returns.run({ prices: panel() }, { span: "overnight", horizon: 2 }),
    /Cannot take "overnight" returns over a horizon/,
  );
  await assert.rejects(returns.run({ prices: panel() }, { horizon: 0 }));
});

Deno.test("returns looks back only", async () => {
  const prices = await syntheticPrices();
  for (const span of ["close-to-close", "overnight", "intraday"] as const) {
    await checkCausal(returns, { prices }, { span });
  }
});
