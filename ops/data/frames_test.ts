import assert from "node:assert/strict";
import pl from "nodejs-polars";
import {
  dayColumn,
  groupRows,
  nameColumn,
  numberColumn,
  numberSeries,
  takeFrameRows,
  zoneOf,
} from "./frames.ts";
import { NO_DAY } from "./price_table.ts";

const FRAME = pl.DataFrame([
  pl.Series("date", [new Date("2020-01-02"), null], pl.Date),
  pl.Series(
    "time",
    [new Date("1969-12-31T23:00:00Z"), null],
    pl.Datetime("us"),
  ),
  pl.Series("x", [NaN, null], pl.Float64),
  pl.Series("count", [3, null], pl.Int64),
  pl.Series("flag", [true, false]),
  pl.Series("name", ["b", "a"]),
]);

Deno.test("numberColumn tells null from NaN and reads all numeric types", () => {
  assert.deepEqual(numberColumn(FRAME, "x"), {
    values: Float64Array.of(NaN, NaN),
    nulls: Uint8Array.of(0, 1),
  });
  assert.deepEqual(
    numberColumn(FRAME, "count").values,
    Float64Array.of(3, NaN),
  );
  assert.deepEqual(numberColumn(FRAME, "flag"), {
    values: Float64Array.of(1, 0),
  });
  assert.throws(() => numberColumn(FRAME, "date"), /of type Date/);
  assert.throws(() => numberColumn(FRAME, "none"), /Cannot find the column/);
});

Deno.test("numberColumn gives numbers that may be written to without changing the frame", () => {
  const frame = pl.DataFrame([pl.Series("x", [1, 2], pl.Float64)]);
  numberColumn(frame, "x").values[0] = 9;
  assert.deepEqual(frame.getColumn("x").toArray(), [1, 2]);
});

Deno.test("dayColumn reads days and times, also before 1970", () => {
  assert.deepEqual(dayColumn(FRAME, "date"), Int32Array.of(18263, NO_DAY));
  assert.deepEqual(dayColumn(FRAME, "time"), Int32Array.of(-1, NO_DAY));
  assert.throws(() => dayColumn(FRAME, "x"), /as days/);
});

Deno.test("nameColumn and groupRows number names in order of appearance", () => {
  const frame = pl.DataFrame({ k: ["z", "a", "z"] });
  assert.deepEqual(nameColumn(frame, "k"), {
    codes: Int32Array.of(0, 1, 0),
    names: ["z", "a"],
  });
  assert.deepEqual(groupRows(frame, "k"), [
    Int32Array.of(0, 2),
    Int32Array.of(1),
  ]);
  assert.deepEqual(groupRows(frame, "ticker"), [Int32Array.of(0, 1, 2)]);
  assert.throws(() => nameColumn(FRAME, "date"), /Cannot group by/);
});

Deno.test("numberSeries makes null or NaN of NaN, also in empty series", () => {
  const values = Float64Array.of(1, NaN);
  assert.deepEqual(numberSeries("x", values).toArray(), [1, null]);
  assert.equal(numberSeries("x", values, "nan").nullCount(), 0);
  const empty = numberSeries("x", new Float64Array());
  assert.equal(String(empty.dtype), "DataType(Float64)");
});

Deno.test("takeFrameRows takes rows of all types, none at all included", () => {
  const second = takeFrameRows(FRAME, Int32Array.of(1));
  assert.deepEqual(second.rows(), [[null, null, null, null, false, "a"]]);
  assert.deepEqual(takeFrameRows(FRAME, new Int32Array()).height, 0);
});

Deno.test("dayColumn takes the day in the column's own time zone", () => {
  const moments = pl.Series(
    "time",
    [new Date("2020-01-01T15:00:00Z"), new Date("2020-01-02T05:00:00Z"), null],
    pl.Datetime("us", "Asia/Tokyo"),
  );
  assert.equal(zoneOf(moments), "Asia/Tokyo");
  assert.equal(zoneOf(FRAME.getColumn("time")), undefined);
  assert.deepEqual(
    dayColumn(pl.DataFrame([moments]), "time"),
    Int32Array.of(18263, 18263, NO_DAY),
  );
});
