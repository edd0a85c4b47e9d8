import assert from "node:assert/strict";
import { CancelledError, DataError } from "../core/errors.ts";
import { type ByteSource, memorySource } from "./byte_source.ts";
import { encodeSafetensors } from "./safetensors.ts";
import {
  decodeSafetensorsIndex,
  readSafetensorsHeader,
} from "./safetensors_file.ts";

const FILE = Uint8Array.from(
  encodeSafetensors([
    { name: "w", dtype: "F32", shape: [1000], bytes: new Uint8Array(4000) },
  ], { format: "pt" }).flatMap((chunk) => [...chunk]),
);

Deno.test("readSafetensorsHeader reads the header and none of the data", async () => {
  let last = 0;
  const source: ByteSource = {
    ...memorySource(FILE),
    read: (offset, length) => {
      last = Math.max(last, offset + length);
      return Promise.resolve(FILE.slice(offset, offset + length));
    },
  };
  const { entries, metadata } = await readSafetensorsHeader(source);
  assert.deepEqual(metadata, { format: "pt" });
  assert.equal(entries[0]?.end, FILE.length);
  assert.equal(last, entries[0]?.start);
});

Deno.test("readSafetensorsHeader names the file that it cannot read", async () => {
  for (const length of [0, 7, 8, 50, FILE.length - 1]) {
    await assert.rejects(
      readSafetensorsHeader(memorySource(FILE.slice(0, length), "my file")),
      (error) => {
        assert.ok(error instanceof DataError, String(error));
        assert.match(error.message, /Cannot read the header of "my file"/);
        return true;
      },
    );
  }
  await assert.rejects(
    readSafetensorsHeader(memorySource(FILE), AbortSignal.abort()),
    CancelledError,
  );
});

const index = (map: unknown) => JSON.stringify({ weight_map: map });

Deno.test("decodeSafetensorsIndex gives each file once", () => {
  const { files, fileOf } = decodeSafetensorsIndex(
    index({ a: "1.safetensors", b: "2.safetensors", c: "1.safetensors" }),
  );
  assert.deepEqual(files, ["1.safetensors", "2.safetensors"]);
  assert.equal(fileOf.get("c"), "1.safetensors");
});

Deno.test("decodeSafetensorsIndex refuses names that may lead elsewhere", () => {
  for (
    const name of [
      "../x.safetensors",
      "/etc/x.safetensors",
      "a/b.safetensors",
      "a\\b.safetensors",
      "c:x.safetensors",
      ".safetensors",
      "x\0.safetensors",
      "x.bin",
      "x.safetensors/",
      `${"x".repeat(300)}.safetensors`,
      "",
      7,
      null,
    ]
  ) {
    assert.throws(() => decodeSafetensorsIndex(index({ a: name })), DataError);
  }
});

Deno.test("decodeSafetensorsIndex refuses what is no index", () => {
  for (const text of ["", "[]", "null", "{}", index([]), index("x")]) {
    assert.throws(() => decodeSafetensorsIndex(text), DataError);
  }
  const many = Object.fromEntries(
    Array.from({ length: 10_001 }, (_, i) => [`w${i}`, `${i}.safetensors`]),
  );
  assert.throws(() => decodeSafetensorsIndex(index(many)), /so many/);
});
