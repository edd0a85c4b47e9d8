import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import pl from "nodejs-polars";
import { DataError } from "../../runtime/core/errors.ts";
import { type PriceFileOptions, readPriceBytes } from "./price_file.ts";
import { FIRST_DAY, LAST_DAY, toISODay } from "./days.ts";
import { NO_DAY } from "./price_table.ts";

const FIXTURES = new URL("../../fixtures/data/", import.meta.url);

const OPTIONS: PriceFileOptions = {
  source: "prices",
  columns: {},
  required: ["date", "open", "high", "low", "close", "volume"],
  maxRows: 10_000,
  maxBytes: 1_000_000,
};

function fixture(name: string): Uint8Array {
  return Deno.readFileSync(new URL(name, FIXTURES));
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

async function refusal(
  bytes: Uint8Array,
  options: Partial<PriceFileOptions> = {},
): Promise<string> {
  const error = await readPriceBytes(bytes, { ...OPTIONS, ...options }).then(
    () => assert.fail("The file was read"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof DataError, String(error));
  return error.message;
}

Deno.test("readPriceBytes reads the same prices from CSV, Parquet and Arrow that pandas wrote", async () => {
  const csv = await readPriceBytes(fixture("synthetic_prices.csv"), OPTIONS);
  assert.equal(csv.day.length, 300);
  assert.equal(toISODay(csv.day[0]!), "2018-01-02");
  assert.equal(csv.numbers.close![0], 51.21);
  for (const name of ["synthetic_prices.parquet", "synthetic_prices.arrow"]) {
    const table = await readPriceBytes(fixture(name), OPTIONS);
    assert.deepEqual(table.day, csv.day, name);
    assert.deepEqual(table.numbers, csv.numbers, name);
    assert.equal(table.positionKind, "row");
  }
});

Deno.test("readPriceBytes decompresses gzip before it looks at the format", async () => {
  const plain = await readPriceBytes(fixture("synthetic_prices.csv"), OPTIONS);
  for (const name of ["synthetic_prices.csv", "synthetic_prices.parquet"]) {
    const packed = gzipSync(fixture(name));
    const table = await readPriceBytes(packed, OPTIONS);
    assert.deepEqual(table.numbers, plain.numbers);
  }
});

Deno.test("readPriceBytes reads tables whose dates are text, numbers or times", async () => {
  const close = pl.Series("close", [1, 2]);
  const wanted = Int32Array.of(18263, 18264);
  const dates = [
    pl.Series("date", ["2020-01-02", "2020-01-03"]),
    pl.Series("date", [20200102, 20200103], pl.Int64),
    pl.Series(
      "date",
      [new Date("2020-01-02T21:00:00Z"), new Date("2020-01-03T21:00:00Z")],
      pl.Datetime("ms"),
    ),
  ];
  for (const date of dates) {
    const frame = pl.DataFrame([date, close]);
    const table = await readPriceBytes(frame.writeParquet(), {
      ...OPTIONS,
      required: ["date", "close"],
    });
    assert.deepEqual(table.day, wanted);
  }
});

Deno.test("readPriceBytes notes null dates and infinite numbers of tables", async () => {
  const frame = pl.DataFrame([
    pl.Series("date", ["2020-01-02", null]),
    pl.Series("close", [Infinity, null], pl.Float64),
  ]);
  const table = await readPriceBytes(frame.writeIPC(), {
    ...OPTIONS,
    required: ["date", "close"],
  });
  assert.deepEqual(table.unreadDates, [{ row: 1, column: "date", text: "" }]);
  assert.deepEqual(table.unreadNumbers, [
    { row: 0, column: "close", text: "Infinity" },
  ]);
  assert.deepEqual(table.numbers.close, Float64Array.of(NaN, NaN));
});

Deno.test("readPriceBytes takes days before year 1 and after 9999 as unread", async () => {
  const days = [FIRST_DAY - 1, FIRST_DAY, LAST_DAY, LAST_DAY + 1, 1e9];
  const frame = pl.DataFrame([
    pl.Series("date", days, pl.Int32).cast(pl.Date),
    pl.Series("close", [1, 2, 3, 4, 5]),
  ]);
  const table = await readPriceBytes(frame.writeIPC(), {
    ...OPTIONS,
    required: ["date", "close"],
  });
  assert.deepEqual(
    table.day,
    Int32Array.of(NO_DAY, FIRST_DAY, LAST_DAY, NO_DAY, NO_DAY),
  );
  assert.deepEqual(table.unreadDates.map(({ row }) => row), [0, 3, 4]);
  assert.equal(table.unreadDates[2]?.text, "day 1000000000 from 1970");
});

Deno.test("readPriceBytes refuses files that are cut off or damaged", async () => {
  const parquet = fixture("synthetic_prices.parquet");
  const arrow = fixture("synthetic_prices.arrow");
  const packed = gzipSync(fixture("synthetic_prices.csv"));
  assert.match(
    await refusal(parquet.subarray(0, parquet.length - 100)),
    /Cannot read "prices" as Parquet[\s\S]*cut off/,
  );
  assert.match(
    await refusal(arrow.subarray(0, arrow.length - 100)),
    /Cannot read "prices" as Arrow IPC/,
  );
  assert.match(
    await refusal(packed.subarray(0, packed.length - 100)),
    /Cannot decompress "prices"/,
  );
});

Deno.test("readPriceBytes refuses what is no price file and names what it looks like", async () => {
  assert.match(await refusal(new Uint8Array()), /is empty/);
  assert.match(await refusal(text("PK\u0003\u0004xxxx")), /zip archive/);
  assert.match(await refusal(text("<!DOCTYPE html><p>")), /an HTML page/);
  assert.match(await refusal(text('{"close": [1]}')), /is JSON/);
  const noise = crypto.getRandomValues(new Uint8Array(5000));
  noise[0] = 0;
  assert.match(await refusal(noise), /binary content/);
});

Deno.test("readPriceBytes gives a table or a DataError for any damage to a file", async () => {
  const options = { ...OPTIONS, required: ["close" as const] };
  const names = ["prices.csv", "prices.parquet", "prices.arrow"];
  for (const name of names.map((name) => `synthetic_${name}`)) {
    const original = fixture(name);
    // A damaged table may make polars print what it stumbled over
    const runs = name.endsWith("csv") ? 200 : 20;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(original.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.nat(original.length),
        async (at, junk, end) => {
          const bytes = original.slice(0, end % 3 === 0 ? end : undefined);
          bytes.set(
            junk.subarray(0, Math.max(0, bytes.length - at)),
            Math.min(at, bytes.length),
          );
          try {
            const { day } = await readPriceBytes(bytes, options);
            assert.ok(day.length <= 10_000);
          } catch (error) {
            assert.ok(error instanceof DataError, String(error));
          }
        },
      ),
      { numRuns: runs, seed: 7 },
    );
  }
});

Deno.test("readPriceBytes bounds rows and bytes, also after decompression", async () => {
  const bomb = gzipSync(Buffer.alloc(5_000_000, "0"));
  assert.match(await refusal(bomb), /is too large[\s\S]*1000000 bytes/);
  for (
    const name of ["synthetic_prices.csv", "synthetic_prices.parquet"]
  ) {
    assert.match(
      await refusal(fixture(name), { maxRows: 100 }),
      /too many rows/,
    );
  }
});

Deno.test("readPriceBytes refuses tables without the columns or with text for numbers", async () => {
  const frame = pl.DataFrame({ date: ["2020-01-02"], close: ["1.5"] });
  assert.match(
    await refusal(frame.writeParquet()),
    /no column for "open", "high", "low", "volume"[\s\S]*columns "date", "open"/,
  );
  assert.match(
    await refusal(frame.writeParquet(), { required: ["date", "close"] }),
    /Cannot read the column "close" as numbers/,
  );
  assert.match(
    await refusal(frame.limit(0).writeIPC(), { required: ["date"] }),
    /no rows|as numbers/,
  );
});
