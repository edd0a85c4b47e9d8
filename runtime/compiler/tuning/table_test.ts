import assert from "node:assert/strict";
import { DataError } from "../../core/errors.ts";
import { contractTest } from "../webgpu/contract/testing.ts";
import { readTuning, writeTuning } from "./file.ts";
import { shapeClass } from "./shape_class.ts";
import { TuningTable } from "./table.ts";

const { kernel } = contractTest({ m: 1000, n: 65, k: 7, turnRight: true });
const shape = "contract f32 f32*f32 1x1024x64x8 kk";

Deno.test("shapeClass rounds lengths and tells dtypes and layouts apart", () => {
  assert.equal(shapeClass(kernel, false), shape);
  assert.equal(shapeClass(kernel, true), shape, "factors are not f16");
  const half = contractTest({
    batch: [3, 2],
    m: 17,
    n: 22,
    k: 1,
    dtype: "f16",
    turnLeft: true,
  }).kernel;
  assert.equal(shapeClass(half, false), "contract f32 f16*f16 8x32x32x1 mn");
  assert.equal(shapeClass(half, true), "contract f16 f16*f16 8x32x32x1 mn");
  const whole = contractTest({ m: 16, n: 5, k: 9, dtype: "i32" }).kernel;
  assert.equal(shapeClass(whole, false), "contract i32 i32*i32 1x16x8x16 kn");
});

Deno.test("TuningTable finds what was put in, and only that", () => {
  const table = TuningTable.EMPTY.with([{ device: "d", shape, choice: "x" }]);
  const ask = (device: string, one = table) =>
    one.choiceFor({ device, kernel, inHalf: false });
  assert.equal(ask("d"), "x");
  assert.equal(ask("e"), undefined);
  assert.equal(ask("d", TuningTable.EMPTY), undefined);
  assert.notEqual(table.key, "");
  assert.equal(TuningTable.EMPTY.key, "");
  const emptied = table.with([{ device: "d", shape, choice: undefined }]);
  assert.equal(emptied.key, "", "a table without choices is no table");
  const later = table.with([{ device: "d", shape, choice: "y" }]);
  assert.equal(ask("d", later), "y");
  assert.notEqual(later.key, table.key);
});

Deno.test("writeTuning and readTuning: a table comes back, in one order", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/a/b.json`;
    assert.equal(readTuning(path), TuningTable.EMPTY);
    const entries = ["b", "a"].flatMap((device) =>
      ["2", shape].map((one) => ({ device, shape: one, choice: `${one}!` }))
    );
    const table = TuningTable.EMPTY.with(entries);
    const turned = TuningTable.EMPTY.with(entries.toReversed());
    assert.equal(table.key, turned.key);
    await writeTuning(path, table);
    const read = readTuning(path);
    assert.equal(read.text(), table.text());
    assert.equal(read.key, table.key);
    const names = [...Deno.readDirSync(`${folder}/a`)].map(({ name }) => name);
    assert.deepEqual(names, ["b.json"], "nothing temporary is left");
    await assert.rejects(() => writeTuning(folder, table));
    assert.throws(() => readTuning(folder), DataError);
    await Deno.writeTextFile(path, " ".repeat((1 << 20) + 1));
    assert.throws(() => readTuning(path), /at most 1048576 bytes/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("TuningTable.parse refuses what is no table, and says so", () => {
  const file = (devices: unknown, more = {}) =>
    JSON.stringify({ format: "weft-tuning", version: 1, devices, ...more });
  const refused: [string, RegExp][] = [
    ["", /no JSON/],
    ["{", /no JSON/],
    ["[]", /another kind/],
    ["null", /another kind/],
    [file({}, { format: "other" }), /another kind/],
    [file({}, { version: 2 }), /version 2/],
    [file([]), /no devices/],
    [file({ d: "x" }), /no choices for "d"/],
    [file({ d: { s: 3 } }), /a choice for "s" that is no text/],
    [file({ d: { s: "x".repeat(300) } }), /300 characters/],
    [
      file({
        d: Object.fromEntries(
          Array.from({ length: 10_001 }, (_, k) => [k, ""]),
        ),
      }),
      /more than 10000/,
    ],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => TuningTable.parse(text, "here.json"), (error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /"here.json"/);
      assert.match(error.message, /deno task tune/);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.equal(TuningTable.parse(file({ d: {} }), "here.json").key, "");
});
