import assert from "node:assert/strict";
import fc from "fast-check";
import { digestText } from "../../core/hash.ts";
import {
  decodeRecord,
  encodeRecord,
  type RecordOnDisk,
  seal,
  unseal,
} from "./record_file.ts";

const key = digestText("key");

const record: RecordOnDisk = {
  key,
  outputs: {
    y: {
      digest: digestText("y"),
      byteSize: 16,
      skeleton: '{"$reference":"tensor:value"}',
      parts: [{
        name: "tensors",
        format: "safetensors",
        sha256: digestText("file"),
        bytes: 100,
      }],
    },
  },
  provenance: {
    op: "demo/affine",
    version: "1",
    params: { scale: NaN, when: new Date(0) },
    inputs: { x: digestText("x") },
    weft: "0.1.0",
    milliseconds: 1.5,
    seed: 7,
  },
  device: "reference",
  savedAt: "2026-01-01T00:00:00.000Z",
};

Deno.test("decodeRecord gives back what encodeRecord wrote", () => {
  const back = decodeRecord(encodeRecord(record), key);
  assert.deepEqual(back, { layout: 1, ...record });
});

Deno.test("decodeRecord keeps what the flow adds to a provenance", () => {
  const provenance = { ...record.provenance, sources: { x: "data/prices.y" } };
  const back = decodeRecord(encodeRecord({ ...record, provenance }), key);
  assert.ok(typeof back !== "string");
  assert.deepEqual(back.provenance, provenance);
});

Deno.test("a record's file is JSON that other programs read", () => {
  const json = JSON.parse(new TextDecoder().decode(encodeRecord(record)));
  assert.equal(json.body.provenance.op, "demo/affine");
  assert.match(json.sha256, /^[0-9a-f]{64}$/);
});

Deno.test("decodeRecord notices every flipped bit and every cut", () => {
  const bytes = encodeRecord(record);
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ bit;
      assert.equal(typeof decodeRecord(flipped, key), "string", `byte ${at}`);
    }
    assert.equal(typeof decodeRecord(bytes.subarray(0, at), key), "string");
  }
});

Deno.test("decodeRecord refuses the record of another key", () => {
  assert.equal(
    decodeRecord(encodeRecord(record), digestText("other")),
    "it is the record of another key",
  );
});

Deno.test("decodeRecord refuses sealed data that are no record", () => {
  const { outputs, ...rest } = record;
  for (
    const body of [
      null,
      { layout: 1 },
      { layout: 2, ...record },
      { layout: 1, ...rest },
      { layout: 1, ...rest, outputs: { y: { byteSize: -1 } } },
      {
        layout: 1,
        ...rest,
        outputs: {
          y: {
            byteSize: 1,
            parts: [{
              name: "a",
              format: "safetensors",
              sha256: "../../../etc/passwd",
              bytes: 1,
            }],
          },
        },
      },
      { layout: 1, ...rest, outputs, key: "../x" },
    ]
  ) assert.match(String(decodeRecord(seal(body), key)), /^it is no record/);
});

Deno.test("unseal never throws, whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assert.equal(typeof unseal(bytes), "string");
  }));
});
