import assert from "node:assert/strict";
import pl, { type DataFrame, type Expr } from "nodejs-polars";
import { NumericalError } from "../../runtime/core/errors.ts";
import { checkCausal, op } from "../../runtime/flow/mod.ts";
import { file, port } from "../../runtime/ports/mod.ts";
import reference from "../../fixtures/reference/data.json" with {
  type: "json",
};
import { features, type FeaturesParams } from "./features.ts";
import { priceFrame } from "./price_frame.ts";
import { readPrices } from "./read_prices.ts";
import { samplePrices } from "./sample_prices.ts";

const PRICES = file(
  new URL("../../fixtures/data/synthetic_prices.csv", import.meta.url),
);

async function syntheticPrices(): Promise<DataFrame> {
  const { prices } = await readPrices.run({ file: PRICES }, {
    adjustment: "raw",
  });
  return prices;
}

/** No feature at all; cases add the ones they look at. */
const NONE = {
  momentum: [],
  volatility: [],
  volumeZScore: [],
  volumeChange: [],
  drawdown: [],
  movingAverageRatio: [],
  relativeStrength: [],
  range: [],
  overnight: false,
  dayOfWeek: false,
} satisfies FeaturesParams;

Deno.test("features equals pandas in every column", async () => {
  const { features: frame } = await features.run({
    prices: await syntheticPrices(),
  }, { drawdown: [63] });
  const pairs: [string, keyof typeof reference.features][] = [
    ["momentum5", "momentum5"],
    ["momentum21", "momentum21"],
    ["volatility21", "volatility21"],
    ["volumeChange1", "volumeChange"],
    ["volumeZScore21", "volumeZScore21"],
    ["drawdown63", "drawdown63"],
    ["movingAverageRatio50", "movingAverageRatio50"],
    ["relativeStrength14", "rsi14"],
    ["range1", "range"],
    ["overnight", "overnight"],
  ];
  for (const [column, name] of pairs) {
    const actual = frame.getColumn(column).toArray() as (number | null)[];
    const expected = reference.features[name] as (number | null)[];
    assert.equal(actual.length, expected.length);
    actual.forEach((value, row) => {
      const wanted = expected[row] as number | null;
      const where = `${column} row ${row}: ${value}, not ${wanted}`;
      if (wanted === null || value === null) assert.equal(value, wanted, where);
      else assert.ok(Math.abs(value - wanted) < 1e-9, where);
    });
  }
  const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"];
  weekdays.forEach((name, index) => {
    assert.deepEqual(
      frame.getColumn(name).toArray(),
      reference.features.weekday.map((day) => day === index + 1 ? 1 : 0),
    );
  });
});

Deno.test("features has the columns asked for, in a fixed order", async () => {
  const prices = await syntheticPrices();
  const { features: frame } = await features.run({ prices }, {
    ...NONE,
    range: [1, 5],
    momentum: [10],
  });
  assert.deepEqual(frame.columns, ["date", "momentum10", "range1", "range5"]);
  assert.equal(frame.getColumn("momentum10").nullCount(), 10);
  assert.equal(frame.getColumn("range5").nullCount(), 4);
});

Deno.test("features drops or refuses incomplete rows when told to", async () => {
  const prices = await syntheticPrices();
  const wanted = { ...NONE, momentum: [10, 20] };
  const dropped = await features.run({ prices }, {
    ...wanted,
    incomplete: "drop",
  });
  assert.equal(dropped.features.height, 280);
  assert.equal(dropped.features.getColumn("momentum20").nullCount(), 0);
  await assert.rejects(
    features.run({ prices }, { ...wanted, incomplete: "error" }),
    /20 incomplete rows[\s\S]*10 null in "momentum10", 20 null in "momentum20"/,
  );
});

function bars(
  close: readonly number[],
  volume: readonly number[],
): Promise<DataFrame> {
  const prices = Float64Array.from(close);
  return priceFrame({
    source: "test",
    positionKind: "row",
    position: Int32Array.from(close, (_, row) => row + 1),
    day: Int32Array.from(close, (_, row) => 18263 + row),
    numbers: {
      open: prices,
      high: prices,
      low: prices,
      close: prices,
      volume: Float64Array.from(volume),
    },
    unreadDates: [],
    unreadNumbers: [],
  });
}

Deno.test("features is null in every window with an unknown price, and finite after it", async () => {
  const { features: frame } = await features.run({
    prices: await bars([1, 2, NaN, 4, 8, 16], [1, 1, 1, 1, 1, 1]),
  }, { ...NONE, momentum: [1], volatility: [2], drawdown: [2] });
  const nulls = (name: string) =>
    frame.getColumn(name).toArray().map((value) => value === null);
  assert.deepEqual(nulls("momentum1"), [true, false, true, true, false, false]);
  assert.deepEqual(nulls("volatility2"), [true, true, true, true, true, false]);
  assert.deepEqual(nulls("drawdown2"), [true, false, true, true, false, false]);
});

Deno.test("features takes days without volume as unknown and a flat volume as usual", async () => {
  const { features: frame } = await features.run({
    prices: await bars([1, 1, 1, 1, 1], [7, 7, 0, 7, 7]),
  }, { ...NONE, volumeZScore: [2], volumeChange: [1] });
  assert.deepEqual(frame.getColumn("volumeZScore2").toArray(), [
    null,
    0,
    null,
    null,
    0,
  ]);
  assert.deepEqual(frame.getColumn("volumeChange1").toArray(), [
    null,
    0,
    null,
    null,
    0,
  ]);
});

Deno.test("features keeps tickers apart", async () => {
  const first = await bars([1, 2, 4], [1, 1, 1]);
  const second = await bars([8, 4, 2], [1, 1, 1]);
  const rows = [0, 3, 1, 4, 2, 5];
  const both = pl.concat([first, second]);
  const prices = pl.DataFrame([
    ...both.columns.map((name) => both.getColumn(name).gather(rows)),
    pl.Series("ticker", ["A", "B", "A", "B", "A", "B"]),
  ]);
  const { features: frame } = await features.run({ prices }, {
    ...NONE,
    momentum: [1],
  });
  assert.deepEqual(frame.columns, ["date", "ticker", "momentum1"]);
  const up = Math.log(2);
  assert.deepEqual(
    frame.getColumn("momentum1").toArray(),
    [null, null, up, -up, up, -up],
  );
});

Deno.test("features refuses prices that are not positive, no feature, and one twice", async () => {
  await assert.rejects(
    features.run({ prices: await bars([1, -2], [1, 1]) }),
    /Cannot take returns of the column "open"[\s\S]*-2 in row 1/,
  );
  const prices = await bars([1, 2], [1, 1]);
  await assert.rejects(features.run({ prices }, NONE), /none is asked for/);
  await assert.rejects(
    features.run({ prices }, { ...NONE, momentum: [5, 5] }),
    /Cannot compute the feature "momentum5" twice/,
  );
  await assert.rejects(
    features.run({ prices }, { ...NONE, volatility: [1] }),
    /volatility/,
  );
});

Deno.test("features looks back only, in every column, on made-up and on real prices", async () => {
  const { outputs } = await checkCausal(features, {
    prices: await syntheticPrices(),
  }, { drawdown: [63] });
  assert.deepEqual(outputs, ["features"]);
  const { prices } = await samplePrices.run({}, { to: "2002-12-31" });
  await checkCausal(features, { prices });
  await checkCausal(features, { prices }, { incomplete: "drop" }, {
    cuts: [400, 600],
  });
});

/** An op that adds one column computed from all closes. */
function planted(column: Expr) {
  return op({
    name: "test/planted",
    version: "1",
    causal: true,
    inputs: { prices: port.frame({ timeColumn: "date" }) },
    outputs: { features: port.frame({ timeColumn: "date" }) },
    run: ({ prices }) => ({
      features: prices.select(pl.col("date"), column.alias("planted")),
    }),
  });
}

Deno.test("checkCausal catches planted features that look ahead", async () => {
  const prices = await syntheticPrices();
  const close = pl.col("close");
  const ahead: Expr[] = [
    close.shift(-1),
    close.sub(close.mean()),
    close.rollingMean({ windowSize: 5, center: true, minPeriods: 1 }),
  ];
  for (const column of ahead) {
    await assert.rejects(
      checkCausal(planted(column), { prices }),
      (error: unknown) => {
        assert.ok(error instanceof NumericalError, String(error));
        assert.match(error.message, /planted/);
        return true;
      },
    );
  }
  await checkCausal(planted(close.shift(1)), { prices });
});
