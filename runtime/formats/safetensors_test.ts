import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import reference from "../../fixtures/reference/safetensors.json" with {
  type: "json",
};
import { DataError } from "../core/errors.ts";
import {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  MAX_HEADER_BYTES,
  type SafetensorsArray,
  type SafetensorsDType,
} from "./safetensors.ts";

const ITEM_BYTES: Record<SafetensorsDType, number> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};

const array: fc.Arbitrary<SafetensorsArray> = fc.record({
  name: fc.string({ maxLength: 12 }).filter((name) => name !== "__metadata__"),
  dtype: fc.constantFrom(...Object.keys(ITEM_BYTES) as SafetensorsDType[]),
  shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
}).chain(({ name, dtype, shape }) => {
  const bytes = shape.reduce((a, b) => a * b, ITEM_BYTES[dtype]);
  return fc.uint8Array({ minLength: bytes, maxLength: bytes })
    .map((data) => ({ name, dtype, shape, bytes: data }));
});

const arrays = fc.uniqueArray(array, {
  selector: ({ name }) => name,
  maxLength: 6,
});

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** A file with any header text, so that hostile ones can be made. */
function fileWith(header: string, data: number, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(
    0,
    length ?? BigInt(text.length),
    true,
  );
  file.set(text, 8);
  return file;
}

Deno.test("decodeSafetensors gives back what encodeSafetensors wrote", () => {
  fc.assert(fc.property(arrays, (list) => {
    const file = join(encodeSafetensors(list, { made: "test" }));
    const back = decodeSafetensors(file);
    assert.equal(back.size, list.length);
    for (const { name, dtype, shape, bytes } of list) {
      const value = back.get(name);
      assert.equal(value?.dtype, dtype);
      assert.deepEqual(value?.shape, shape);
      assert.deepEqual([...value?.bytes ?? []], [...bytes]);
    }
    assert.deepEqual(decodeSafetensorsHeader(file, file.length).metadata, {
      made: "test",
    });
  }));
});

Deno.test("encodeSafetensors writes the same bytes for any order of arrays", () => {
  fc.assert(fc.property(arrays, (list) => {
    assert.deepEqual(
      join(encodeSafetensors(list)),
      join(encodeSafetensors(list.toReversed())),
    );
  }));
});

Deno.test("encodeSafetensors starts every array at a multiple of its item size", () => {
  fc.assert(fc.property(arrays, (list) => {
    const file = join(encodeSafetensors(list));
    const { entries } = decodeSafetensorsHeader(file, file.length);
    for (const { start, dtype } of entries) {
      assert.equal(start % ITEM_BYTES[dtype], 0);
    }
  }));
});

Deno.test("encodeSafetensors refuses repeated names and bytes that do not fit", () => {
  const one: SafetensorsArray = {
    name: "a",
    dtype: "F32",
    shape: [2],
    bytes: new Uint8Array(8),
  };
  assert.throws(() => encodeSafetensors([one, one]), /used twice/);
  assert.throws(
    () => encodeSafetensors([{ ...one, name: "__metadata__" }]),
    /reserved/,
  );
  assert.throws(
    () => encodeSafetensors([{ ...one, shape: [3] }]),
    /12 bytes for F32 \[3\]/,
  );
});

Deno.test("decodeSafetensors reads a file of the reference library", () => {
  const file = Buffer.from(reference.file, "base64");
  const back = decodeSafetensors(file);
  const expected = Object.entries(reference.arrays);
  assert.deepEqual([...back.keys()].sort(), expected.map(([k]) => k).sort());
  for (const [name, { shape, bytes }] of expected) {
    const value = back.get(name);
    assert.deepEqual(value?.shape, shape, name);
    assert.equal(
      Buffer.from(value?.bytes ?? []).toString("base64"),
      bytes,
      name,
    );
  }
  assert.deepEqual(decodeSafetensorsHeader(file, file.length).metadata, {
    made: "by the reference library",
  });
});

Deno.test("decodeSafetensors refuses a file cut off anywhere", () => {
  const file = join(encodeSafetensors([
    { name: "a", dtype: "F64", shape: [3], bytes: new Uint8Array(24) },
    { name: "b", dtype: "I8", shape: [5], bytes: new Uint8Array(5) },
  ]));
  for (let length = 0; length < file.length; length++) {
    assert.throws(() => decodeSafetensors(file.subarray(0, length)), DataError);
  }
});

Deno.test("decodeSafetensors refuses hostile headers with a clear error", () => {
  const entry = (dtype: unknown, shape: unknown, offsets: unknown) =>
    JSON.stringify({ x: { dtype, shape, data_offsets: offsets } });
  const cases: [Uint8Array, RegExp][] = [
    [fileWith("{}", 0, 2n ** 63n), /longer than 100000000/],
    [fileWith("{}", 0, BigInt(MAX_HEADER_BYTES)), /longer than the file/],
    [fileWith("[]", 0), /not a JSON object/],
    [fileWith("null", 0), /not a JSON object/],
    [fileWith("{", 0), /Cannot read the header/],
    [fileWith('{"x":1}', 0), /is no object/],
    [fileWith(entry("F31", [1], [0, 4]), 4), /unknown dtype/],
    [fileWith(entry("constructor", [1], [0, 4]), 4), /unknown dtype/],
    [fileWith(entry(undefined, [1], [0, 4]), 4), /unknown dtype/],
    [fileWith(entry("F32", [-1], [0, 4]), 4), /shape/],
    [fileWith(entry("F32", [1.5], [0, 4]), 4), /shape/],
    [fileWith(entry("F32", [1e300], [0, 4]), 4), /shape/],
    [fileWith(entry("F32", ["1"], [0, 4]), 4), /shape/],
    [fileWith(entry("F32", Array(65).fill(1), [0, 4]), 4), /shape/],
    [fileWith(entry("F32", [2 ** 31, 2 ** 31], [0, 4]), 4), /too large/],
    [fileWith(entry("F32", [1], [4, 0]), 4), /outside the file/],
    [fileWith(entry("F32", [1], [0, 400]), 4), /outside the file/],
    [fileWith(entry("F32", [1], [-4, 0]), 4), /byte range/],
    [fileWith(entry("F32", [1], [0]), 4), /byte range/],
    [fileWith(entry("F32", [2], [0, 4]), 4), /needs 8 bytes/],
    [fileWith(entry("F32", [1], [4, 8]), 8), /does not begin where/],
    [fileWith(entry("F32", [1], [0, 4]), 8), /do not fill the file/],
    [fileWith('{"__metadata__":{"a":1}}', 0), /map of texts/],
    [
      fileWith(
        '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},' +
          '"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}',
        6,
      ),
      /does not begin where/,
    ],
  ];
  for (const [file, message] of cases) {
    assert.throws(
      () => decodeSafetensors(file),
      (error) => error instanceof DataError && message.test(error.message),
      String(message),
    );
  }
});

Deno.test("decodeSafetensors throws a DataError or gives consistent arrays for any damaged file", () => {
  const base = join(encodeSafetensors([
    { name: "a", dtype: "F32", shape: [2, 3], bytes: new Uint8Array(24) },
    { name: "b", dtype: "I8", shape: [5], bytes: new Uint8Array(5) },
  ]));
  const flips = fc.array(
    fc.tuple(
      fc.nat({ max: base.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
    ),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(flips, (changes) => {
      const file = base.slice();
      for (const [at, bits] of changes) file[at] = (file[at] ?? 0) ^ bits;
      let back;
      try {
        back = decodeSafetensors(file);
      } catch (error) {
        assert.ok(error instanceof DataError, String(error));
        return;
      }
      for (const { dtype, shape, bytes } of back.values()) {
        const size = shape.reduce((a, b) => a * b, ITEM_BYTES[dtype]);
        assert.equal(bytes.length, size);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("decodeSafetensors throws only DataError for arbitrary bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    try {
      decodeSafetensors(bytes);
    } catch (error) {
      assert.ok(error instanceof DataError, String(error));
    }
  }));
});
