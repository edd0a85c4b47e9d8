import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { DataError, UnhashableValueError } from "../core/errors.ts";
import { digestValue } from "../core/hash.ts";
import {
  add,
  type DType,
  slice,
  Tensor,
  tensor,
  zeros,
} from "../tensor/mod.ts";
import { codecFor, file, port, valueCodec } from "./mod.ts";
import type { LoadedValue, SavedValue } from "./port.ts";

function stored({ parts, ...rest }: SavedValue): LoadedValue {
  return {
    ...rest,
    parts: parts.map(({ name, format, chunks }) => ({
      name,
      format,
      bytes: Uint8Array.from(chunks.flatMap((chunk) => [...chunk])),
    })),
  };
}

async function roundTrip<T>(value: T): Promise<T> {
  const codec = codecFor<T>();
  return await codec.load(stored(await codec.save(value)));
}

const ARRAYS: Record<DType, fc.Arbitrary<ArrayLike<number>>> = {
  f64: fc.float64Array(),
  f32: fc.float32Array(),
  f16: fc.float32Array().map((array) => new Float16Array(array)),
  i32: fc.int32Array(),
  u32: fc.uint32Array(),
  i8: fc.int8Array(),
  u8: fc.uint8Array(),
  bool: fc.array(fc.boolean()).map((list) => Uint8Array.from(list, Number)),
};

for (const [dtype, arrays] of Object.entries(ARRAYS)) {
  Deno.test(`the codec gives ${dtype} tensors back to the bit`, () =>
    fc.assert(
      fc.asyncProperty(arrays, async (array) => {
        const value = tensor(array as Float64Array, { dtype: dtype as DType });
        const back = await roundTrip(value);
        assert.ok(back instanceof Tensor);
        assert.equal(back.dtype, dtype);
        assert.deepEqual(back.shape, value.shape);
        assert.deepStrictEqual(await back.data(), await value.data());
      }),
      { numRuns: 30 },
    ));
}

Deno.test("the codec keeps shapes, of scalars and empty tensors too", async () => {
  for (const shape of [[], [0], [2, 0, 3], [1, 1], [2, 3]]) {
    const back = await roundTrip(zeros(shape, { dtype: "f64" }));
    assert.deepEqual([...back.shape], shape);
  }
});

Deno.test("the codec saves a value with tensors as a skeleton and one safetensors part", async () => {
  const w = tensor([1, 2], { dtype: "f32" });
  const b = tensor([[1], [2]], { dtype: "f64" });
  const model = { layers: [{ w, b }, { w }], rate: 0.1, at: new Date(5) };
  const saved = await valueCodec.save(model);
  assert.deepEqual(
    saved.parts.map(({ name, format }) => [name, format]),
    [["tensors", "safetensors"]],
  );
  const back = await roundTrip(model);
  assert.equal(back.rate, 0.1);
  assert.deepEqual(back.at, new Date(5));
  assert.deepEqual(await back.layers[0]?.b?.toArray(), [[1], [2]]);
  assert.equal(back.layers[1]?.w, back.layers[0]?.w);
});

Deno.test("the codec saves plain data as one JSON part", async () => {
  const value = { a: [1, NaN, -0], b: new Map([[1, "x"]]) };
  const { skeleton, parts } = await valueCodec.save(value);
  assert.equal(skeleton, undefined);
  assert.deepEqual(parts.map(({ format }) => format), ["json"]);
  assert.deepStrictEqual(await roundTrip(value), value);
  assert.equal(await roundTrip(undefined), undefined);
});

Deno.test("the codec moves a long skeleton into a part", async () => {
  const value = { text: "x".repeat(5000), w: zeros([2]) };
  const { skeleton, parts } = await valueCodec.save(value);
  assert.equal(skeleton, undefined);
  assert.deepEqual(parts.map(({ format }) => format).sort(), [
    "json",
    "safetensors",
  ]);
  assert.equal((await roundTrip(value)).text.length, 5000);
});

Deno.test("digests of a value do not depend on whether it is lazy or was loaded", async () => {
  const x = tensor([1, 2, 3], { dtype: "f64" });
  const lazy = { y: add(x, 1) };
  const digest = await valueCodec.digest(lazy);
  assert.equal(
    await valueCodec.digest({ y: tensor([2, 3, 4], { dtype: "f64" }) }),
    digest,
  );
  assert.equal(await valueCodec.digest(await roundTrip(lazy)), digest);
  assert.notEqual(
    await valueCodec.digest({ y: tensor([2, 3, 5], { dtype: "f64" }) }),
    digest,
  );
});

Deno.test("the digest of plain data is that of core, at once", () => {
  const value = { a: [1, "x", new Date(0)] };
  assert.equal(valueCodec.digest(value), digestValue(value));
  assert.equal(valueCodec.version(value), digestValue(value));
});

Deno.test("a version is known at once for tensors, and never for files", () => {
  const x = add(tensor([1, 2], { dtype: "f64" }), 1);
  assert.equal(typeof valueCodec.version({ x }), "string");
  assert.equal(valueCodec.version({ x: [file("/tmp/a")] }), undefined);
});

Deno.test("what cannot be hashed or saved is named by its path", async () => {
  const value = { a: [{ run: () => 0 }] };
  const isNamed = (error: unknown) =>
    error instanceof UnhashableValueError &&
    error.message.includes("value.a[0].run");
  assert.throws(() => valueCodec.digest(value), isNamed);
  assert.throws(() => valueCodec.version(value), isNamed);
  await assert.rejects(valueCodec.save(value), isNamed);
});

Deno.test("a file inside a value is loaded only while it has the same content", async () => {
  const folder = await mkdtemp(join(tmpdir(), "weft-codec-"));
  try {
    const path = join(folder, "a.txt");
    await writeFile(path, "one");
    const saved = stored(await valueCodec.save({ source: file(path) }));
    const back = await valueCodec.load(saved) as { source: { path: string } };
    assert.equal(back.source.path, path);
    await writeFile(path, "two");
    await assert.rejects(valueCodec.load(saved), /as it changed/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("load refuses parts that do not belong together with a DataError", async () => {
  const { skeleton = "", parts } = stored(
    await valueCodec.save({ x: zeros([2]), b: zeros([2], { dtype: "bool" }) }),
  );
  const [part] = parts;
  assert.ok(part);
  const flipped = Uint8Array.from(part.bytes);
  flipped[flipped.length - 1] = 2; // The last byte is a boolean
  for (
    const bad of [
      { parts: [] },
      { skeleton, parts: [] },
      { skeleton: skeleton.replace("tensor:x", "tensor:z"), parts },
      { skeleton: skeleton.replace("tensor:x", "pickle:x"), parts },
      { skeleton: '{"$reference":"frame:x"}', parts },
      { skeleton: '{"$reference":"file:x"}', parts },
      { skeleton: "{", parts },
      { skeleton, parts: [{ ...part, bytes: flipped }] },
      { skeleton, parts: [{ ...part, bytes: part.bytes.subarray(0, 9) }] },
      { parts: [{ ...part, format: "json" as const }] },
    ]
  ) await assert.rejects(valueCodec.load(bad), DataError);
});

Deno.test("describe says what a value is in one short line", () => {
  const described = [
    zeros([2, 3], { dtype: "f64" }),
    "text",
    [1, 2, 3],
    [],
    { a: 1, b: 2 },
    new Map(),
    3,
    null,
    file("/a/b.csv"),
  ].map((value) => valueCodec.describe(value));
  assert.deepEqual(described, [
    "f64 tensor [2, 3]",
    'text "text"',
    "list of 3, first number 1",
    "empty list",
    "record {a, b}",
    "map of 0",
    "number 3",
    "null",
    'file "b.csv"',
  ]);
});

Deno.test("byteSize counts tensors by their elements, computed or not", () => {
  const lazy = add(zeros([10, 10], { dtype: "f64" }), 1);
  assert.equal(valueCodec.byteSize(lazy), 800);
  const cycle: unknown[] = [lazy];
  cycle.push(cycle);
  assert.ok(valueCodec.byteSize(cycle) >= 800);
});

Deno.test("holdings tells what a value keeps alive: of a lazy tensor its leaves too", async () => {
  const bytesOf = (value: unknown) =>
    new Map(valueCodec.holdings(value)).values().reduce((a, b) => a + b, 0);
  const leaf = tensor(new Float64Array(1000));
  const lazy = slice(leaf, [0, 10]);
  assert.equal(bytesOf(leaf), 8000);
  assert.equal(bytesOf(lazy), 8080);
  assert.equal(bytesOf([lazy, leaf, leaf]), 8080 + 32);
  await lazy.data();
  assert.equal(bytesOf(lazy), 80);
  assert.equal(bytesOf("text"), 40);
});

Deno.test("isPending tells whether a tensor inside is still to be computed", async () => {
  const ready = tensor([1, 2], { dtype: "f64" });
  const lazy = add(ready, 1);
  assert.equal(
    valueCodec.isPending({ a: [ready], b: new Map([[1, "x"]]) }),
    false,
  );
  assert.equal(valueCodec.isPending({ b: new Map([[1, [lazy]]]) }), true);
  await lazy.data();
  assert.equal(valueCodec.isPending([lazy]), false);
});

Deno.test("findNaN tells the place of the first NaN anywhere inside", async () => {
  const bad = tensor([[1, 2], [NaN, 4]], { dtype: "f64" });
  const good = tensor([1, Infinity], { dtype: "f32" });
  const cyclic: unknown[] = [1];
  cyclic.push(cyclic);
  const cases: [unknown, string | undefined][] = [
    [bad, "[1, 0]"],
    [add(bad, 1), "[1, 0]"],
    [good, undefined],
    [{ a: [good, { b: bad }] }, "a[1].b[1, 0]"],
    [NaN, "value"],
    [[1, [2, NaN], NaN], "[1][1]"],
    [new Float64Array([0, NaN]), "[1]"],
    [new Map([["k", NaN]]), "[0][1]"],
    [["NaN", null, undefined, new Date(NaN), file("/a")], undefined],
    [cyclic, undefined],
  ];
  for (const [value, place] of cases) {
    assert.equal(await valueCodec.findNaN(value), place);
  }
});

Deno.test("truncate keeps the first rows of tensors and lists, inside collections too", async () => {
  const x = tensor([1, 2, 3], { dtype: "f64" });
  assert.equal(valueCodec.rows(x), 3);
  const short = valueCodec.truncate(x, 2);
  assert.ok(short instanceof Tensor);
  assert.deepEqual(await short.toArray(), [1, 2]);
  assert.deepEqual(valueCodec.truncate([1, 2, 3], 2), [1, 2]);
  assert.equal(valueCodec.truncate("text", 2), "text");
  assert.equal(valueCodec.rows({ x }), undefined);
  const list = port.list(port.tensor("f64", ["n"])).codec;
  assert.equal(list.rows([x, x]), 3);
  const shorter = list.truncate([x, x], 1);
  assert.deepEqual(shorter.map(({ shape }) => [...shape]), [[1], [1]]);
  const record = port.optional(port.record(port.tensor("f64", ["n"]))).codec;
  assert.equal(record.rows({ x }), 3);
  assert.equal(record.rows(undefined), undefined);
});

Deno.test("compare finds the first place where values differ", async () => {
  const x = tensor([[1, 2], [3, NaN]], { dtype: "f64" });
  const y = tensor([[1, 2], [4, NaN]], { dtype: "f64" });
  const cases: [unknown, unknown, unknown][] = [
    [x, x, undefined],
    [{ a: [x] }, { a: [y] }, { at: "a[0][1, 0]", left: "3", right: "4" }],
    [x, slice(x, [0, 1]), {
      at: "value",
      left: "f64 tensor [2, 2]",
      right: "f64 tensor [1, 2]",
    }],
    [NaN, NaN, undefined],
    [0, -0, undefined],
    [[1, 2], [1, 3], { at: "[1]", left: "2", right: "3" }],
    [[1], [1, 3], { at: "value", left: "1 elements", right: "2 elements" }],
    [{ a: undefined }, {}, undefined],
    [{ a: 1 }, {}, { at: "a", left: "1", right: '{"$undefined":true}' }],
    [new Map([[1, x]]), new Map([[1, y]]), {
      at: "[0][1][1, 0]",
      left: "3",
      right: "4",
    }],
    [new Date(0), new Date(0), undefined],
    ["a", 1, { at: "value", left: '"a"', right: "1" }],
  ];
  for (const [left, right, expected] of cases) {
    assert.deepEqual(await valueCodec.compare(left, right), expected);
  }
});
