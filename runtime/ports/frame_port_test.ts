import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import pl, { type DataFrame } from "nodejs-polars";
import { DefinitionError, PortError } from "../core/errors.ts";
import { Bindings, type CheckPlace, codecFor, outlineOf, port } from "./mod.ts";
import type { LoadedValue, SavedValue } from "./port.ts";

const place: CheckPlace = {
  path: ["data/prices"],
  port: "prices",
  bindings: new Bindings(),
};

const frameCodec = codecFor<DataFrame>();

function stored({ parts, ...rest }: SavedValue): LoadedValue {
  return {
    ...rest,
    parts: parts.map(({ name, format, chunks }) => ({
      name,
      format,
      bytes: Buffer.concat(chunks),
    })),
  };
}

function sample(): DataFrame {
  return pl.DataFrame({
    date: pl.Series("date", [new Date(0), new Date(864e5), null], pl.Date),
    at: pl.Series("at", [1, 2, null], pl.Datetime("ms")),
    close: [1.5, null, NaN],
    volume: pl.Series("volume", [1, null, 3], pl.Int64),
    ticker: ["a", null, "a text that is longer than twelve bytes"],
    listed: [true, false, null],
  });
}

Deno.test("port.frame accepts frames with the columns that it names, and others", () => {
  const prices = port.frame({
    columns: {
      close: "f64",
      volume: "i64",
      ticker: "string",
      listed: "bool",
      at: "datetime",
    },
    timeColumn: "date",
  });
  const frame = sample();
  const value: DataFrame = prices.check(frame, place);
  assert.equal(value, frame);
  assert.equal(prices.timeColumn, "date");
});

Deno.test("port.frame names the column that is missing or has another dtype", () => {
  const frame = sample();
  assert.throws(
    () => port.frame({ columns: { open: "f64" } }).check(frame, place),
    (error) =>
      error instanceof PortError &&
      /port "prices" of "data\/prices": it has no column "open"/.test(
        error.message,
      ),
  );
  assert.throws(
    () => port.frame({ columns: { ticker: "f64" } }).check(frame, place),
    /column "ticker" is string, not f64/,
  );
  assert.throws(
    () => port.frame({ timeColumn: "close" }).check(frame, place),
    /column "close" is f64, not date or datetime/,
  );
  assert.throws(() => port.frame().check([{ a: 1 }], place), /it is a list/);
  assert.throws(
    () => port.frame().check(frame.getColumn("close"), place),
    PortError,
  );
});

Deno.test("port.frame refuses a definition that cannot hold", () => {
  assert.throws(
    () => port.frame({ columns: { t: "f64" }, timeColumn: "t" }),
    DefinitionError,
  );
  assert.throws(
    () => port.frame({ columns: { t: "decimal" as never } }),
    DefinitionError,
  );
});

Deno.test("port.frame checks the columns that an outline tells", () => {
  const wanted = port.frame({ columns: { close: "f64", open: "f64" } });
  const outline = port.frame({ columns: { close: "string" } })
    .outline(new Bindings());
  // "open" may still be there, "close" can never fit
  assert.throws(
    () => wanted.checkOutline(outline, place),
    /column "close" is string, not f64/,
  );
  port.frame({ columns: { close: "f64" } }).checkOutline(
    outlineOf(sample()),
    place,
  );
  assert.throws(
    () => wanted.checkOutline({ kind: "tensor" }, place),
    /it is a tensor/,
  );
});

Deno.test("port.series checks the dtype", () => {
  const close = sample().getColumn("close");
  assert.equal(port.series({ dtype: "f64" }).check(close, place), close);
  port.series().check(close, place);
  assert.throws(
    () => port.series({ dtype: "i64" }).check(close, place),
    /its dtype is f64/,
  );
  assert.throws(() => port.series().check([1, 2], place), /it is a list/);
  assert.throws(
    () => port.series({ dtype: "i64" }).checkOutline(outlineOf(close), place),
    /its dtype is f64/,
  );
});

Deno.test("frames and series come back as they were, inside other values too", async () => {
  const frame = sample();
  const value = {
    frames: [frame, frame.head(1)],
    close: frame.getColumn("close"),
  };
  const codec = codecFor<typeof value>();
  const saved = await codec.save(value);
  assert.deepEqual(
    saved.parts.map(({ name, format }) => `${name}.${format}`),
    ["frames.0.arrow", "frames.1.arrow", "close.arrow"],
  );
  const back = await codec.load(stored(saved));
  assert.ok(back.frames[0]?.frameEqual(frame, true));
  assert.deepEqual(back.frames[0]?.schema, frame.schema);
  assert.equal(back.frames[1]?.height, 1);
  assert.equal(back.close.name, "close");
  assert.equal(await codec.digest(back), await codec.digest(value));
});

Deno.test("frames without rows or columns come back as they were", async () => {
  for (const frame of [pl.DataFrame({}), sample().head(0)]) {
    const back = await frameCodec.load(stored(await frameCodec.save(frame)));
    assert.deepEqual(back.schema, frame.schema);
    assert.equal(back.height, 0);
  }
});

Deno.test("the digest of a frame depends on its data only, not on how it lies in memory", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          x: fc.option(fc.double()),
          n: fc.option(fc.integer()),
          s: fc.option(fc.string()),
          b: fc.option(fc.boolean()),
          t: fc.option(
            fc.date({ noInvalidDate: true }).filter((d) =>
              Math.abs(d.getTime()) < 1e13
            ),
          ),
        }),
        { minLength: 2, maxLength: 12 },
      ),
      fc.nat(),
      (rows, at) => {
        const make = (part: typeof rows) =>
          pl.DataFrame({
            x: pl.Series("x", part.map(({ x }) => x), pl.Float64),
            n: pl.Series("n", part.map(({ n }) => n), pl.Int32),
            s: pl.Series("s", part.map(({ s }) => s), pl.Utf8),
            b: pl.Series("b", part.map(({ b }) => b), pl.Bool),
            t: pl.Series("t", part.map(({ t }) => t), pl.Datetime("ms")),
          });
        const whole = make(rows);
        const cut = 1 + at % (rows.length - 1);
        const joined = make(rows.slice(0, cut)).vstack(make(rows.slice(cut)));
        const sliced = make([...rows, ...rows]).slice(0, rows.length);
        const digest = frameCodec.digest(whole);
        assert.equal(frameCodec.digest(joined), digest);
        assert.equal(frameCodec.digest(sliced), digest);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("the digest of a frame tells every change of a cell, name, dtype or order", () => {
  const frame = sample();
  const column = (name: string) => frame.getColumn(name);
  const others = [
    frame,
    frame.head(2),
    frame.rename({ close: "open" }),
    frame.select("at", "date", "close", "volume", "ticker", "listed"),
    frame.withColumn(column("close").fillNull("zero").alias("close")),
    frame.withColumn(column("ticker").fillNull("zero").alias("ticker")),
    frame.withColumn(column("volume").cast(pl.Int32).alias("volume")),
    frame.withColumn(column("at").cast(pl.Datetime("us")).alias("at")),
    frame.withColumn(column("listed").cast(pl.UInt8).alias("listed")),
    frame.withColumn(column("date").cast(pl.Datetime("ms")).alias("date")),
  ];
  const digests = others.map((other) => frameCodec.digest(other));
  assert.equal(new Set(digests).size, others.length);
});

Deno.test("nested columns have digests and come back", async () => {
  const frame = pl.DataFrame({
    list: [[1, 2], [3]],
    struct: [{ a: 1 }, { a: 2 }],
  });
  const back = await frameCodec.load(stored(await frameCodec.save(frame)));
  assert.equal(frameCodec.digest(back), frameCodec.digest(frame));
});

Deno.test("frames tell their rows, size, and first difference", async () => {
  const frame = sample();
  assert.equal(frameCodec.rows(frame), 3);
  assert.equal(frameCodec.truncate(frame, 2).height, 2);
  assert.equal(frameCodec.describe(frame), "frame 3 rows × 6 columns");
  assert.equal(frameCodec.byteSize(frame), 3 * (8 + 8 + 8 + 8 + 32 + 1));
  assert.equal(await frameCodec.compare(frame, sample()), undefined);
  const other = frame.withColumn(
    pl.Series("ticker", ["a", "b", null]).alias("ticker"),
  );
  assert.deepEqual(await frameCodec.compare(frame, other), {
    at: "ticker[1]",
    left: "null",
    right: '"b"',
  });
});

Deno.test("findNaN tells the column and row of a NaN, and passes over nulls", async () => {
  const frame = sample();
  assert.equal(await frameCodec.findNaN(frame), "close[2]");
  assert.equal(await frameCodec.findNaN(frame.head(2)), undefined);
  const inside = codecFor<unknown>();
  assert.equal(
    await inside.findNaN({ prices: frame, s: frame.getColumn("close") }),
    "prices.close[2]",
  );
  assert.equal(
    await inside.findNaN([frame.getColumn("close")]),
    "[0][2]",
  );
});

Deno.test("a frame that polars cannot read is a DataError", async () => {
  const saved = stored(await frameCodec.save(sample()));
  for (const length of [0, 10, 200]) {
    const parts = saved.parts.map((part) => ({
      ...part,
      bytes: part.bytes.subarray(0, length),
    }));
    await assert.rejects(
      frameCodec.load({ ...saved, parts }),
      /Cannot read an Arrow file/,
    );
  }
});

Deno.test("importing the ports does not load polars", async () => {
  // Loading polars needs --allow-ffi, which the child does not have
  const succeeds = async (script: string) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", "--ext=ts", "-"],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    return (await child.status).success;
  };
  const ports = JSON.stringify(new URL("./mod.ts", import.meta.url));
  const use = `import { codecFor, port } from ${ports};
    port.frame({ columns: { close: "f64" } });
    port.series();`;
  assert.equal(await succeeds(use), true);
  const load = `await codecFor().load({
    skeleton: '{"$reference":"frame:x"}',
    parts: [{ name: "x", format: "arrow", bytes: new Uint8Array(8) }],
  }).catch((error) => {
    if (!error.message.startsWith("Cannot read an Arrow file")) throw error;
  });`;
  assert.equal(await succeeds(use + load), false);
});
