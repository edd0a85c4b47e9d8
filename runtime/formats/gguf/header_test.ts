import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gguf } from "@huggingface/gguf";
import reference from "../../../fixtures/reference/gguf.json" with {
  type: "json",
};
import { CancelledError, DataError } from "../../core/errors.ts";
import { type ByteSource, memorySource } from "../byte_source.ts";
import { fileSource } from "../file_source.ts";
import { MAX_GGUF_HEADER_BYTES } from "./cursor.ts";
import { type GgufHeader, readGgufHeader } from "./header.ts";
import {
  encodeGguf,
  type GgufParts,
  type TypedTensor,
  type TypedValue,
} from "./testing_gguf.ts";

const read = (bytes: Uint8Array) => readGgufHeader(memorySource(bytes, "x"));
const write = (parts: GgufParts) => read(encodeGguf(parts));

const TEXT = (value: string): TypedValue => ({ type: 8, value });
const ONE: TypedTensor = {
  name: "a",
  type: 0,
  sizes: [2n],
  offset: 0n,
};

async function refused(
  file: GgufParts | Uint8Array,
  message: RegExp,
): Promise<void> {
  const bytes = file instanceof Uint8Array ? file : encodeGguf(file);
  await assert.rejects(read(bytes), (error) => {
    assert.ok(error instanceof DataError, String(error));
    assert.match(error.message, message);
    assert.match(error.message, /Cannot read "x" as GGUF/);
    return true;
  });
}

Deno.test("readGgufHeader reads what the reference library wrote", async () => {
  const file = new Uint8Array(Buffer.from(reference.file, "base64"));
  const { version, alignment, metadata, tensors } = await read(file);
  assert.equal(version, 3);
  assert.equal(alignment, 64);
  assert.deepEqual(Object.fromEntries(metadata), {
    "general.architecture": "llama",
    "general.alignment": 64,
    u8: 255,
    i8: -128,
    u16: 65535,
    i16: -32768,
    u32: 2 ** 32 - 1,
    i32: -(2 ** 31),
    u64: 2n ** 64n - 1n,
    i64: -(2n ** 63n),
    f32: Math.fround(0.1),
    f64: 0.1,
    bool: true,
    text: "café ▁ 😀",
    texts: ["", "\ufeff", "Ġthe"],
    floats: Float32Array.of(0.5, -1.25),
    ints: Int32Array.of(1, -2, 3),
    bools: [true, false],
    lists: [Int32Array.of(1, 2), Int32Array.of(3)],
  });
  assert.deepEqual(
    tensors.map(({ name, type, shape, start, end }) => ({
      name,
      type: type.name,
      shape,
      start,
      bytes: end - start,
    })),
    reference.tensors,
  );
  assert.equal(tensors.length, 31);
});

Deno.test("readGgufHeader agrees with the hub's parser", async () => {
  const path = await Deno.makeTempFile({ suffix: ".gguf" });
  try {
    const bytes = Buffer.from(reference.file, "base64");
    writeFileSync(path, bytes);
    const peer = await gguf(path, { allowLocalFile: true });
    const own = await read(new Uint8Array(bytes));
    assert.equal(peer.metadata.version, own.version);
    const start = Number(peer.tensorDataOffset);
    assert.deepEqual(
      own.tensors.map(({ name, shape, start }) => ({ name, shape, start })),
      peer.tensorInfos.map(({ name, shape, offset }) => ({
        name,
        shape: shape.map(Number).reverse(),
        start: start + Number(offset),
      })),
    );
    const theirs = new Map<string, unknown>(Object.entries(peer.metadata));
    for (const [key, value] of own.metadata) {
      // The peer loses the byte order mark, which is a token of vocabularies
      if (key === "texts" || key === "lists") continue;
      const plain: unknown = ArrayBuffer.isView(value) || Array.isArray(value)
        ? [...value]
        : value;
      assert.deepEqual(theirs.get(key), plain, key);
    }
  } finally {
    await Deno.remove(path);
  }
});

const MODELS = new URL("../../../../shared/data/models/", import.meta.url);
const SMOLLM = fileURLToPath(
  new URL(
    "../../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf",
    import.meta.url,
  ),
);

Deno.test({
  name: "readGgufHeader reads SmolLM2 (skipped where .cache/models lacks it)",
  ignore: !existsSync(SMOLLM),
  fn: async () => {
    const { metadata, tensors } = await fromFile(SMOLLM);
    assert.equal(metadata.get("llama.block_count"), 30);
    const tokens = metadata.get("tokenizer.ggml.tokens");
    assert.ok(Array.isArray(tokens) && tokens.length === 49152);
    assert.equal(tensors.length, 272);
    const embedding = tensors.find(({ name }) => name === "token_embd.weight");
    assert.deepEqual(embedding?.shape, [49152, 576]);
    assert.equal(embedding.type.name, "q8_0");
    assert.equal(embedding.end - embedding.start, 49152 * 18 * 34);
  },
});

Deno.test({
  name:
    "readGgufHeader reads or refuses the shared vocabularies (skipped where ../shared/data lacks them)",
  ignore: !existsSync(MODELS),
  fn: async () => {
    for (const name of ["gpt-2", "llama-spm"]) {
      const path = fileURLToPath(new URL(`ggml-vocab-${name}.gguf`, MODELS));
      // A copy that went through a text editor has U+FFFD where bytes were
      const isDamaged = (await Deno.readFile(path)).subarray(0, 1024)
        .join().includes("239,191,189");
      if (isDamaged) {
        await assert.rejects(fromFile(path), DataError);
        continue;
      }
      const tokens = (await fromFile(path)).metadata
        .get("tokenizer.ggml.tokens");
      assert.ok(Array.isArray(tokens) && tokens.length > 30_000);
    }
  },
});

async function fromFile(path: string): Promise<GgufHeader> {
  const source = await fileSource(path);
  try {
    return await readGgufHeader(source);
  } finally {
    await source.close();
  }
}

Deno.test("readGgufHeader reads headers longer than its first window", async () => {
  const items = Array.from({ length: 300_000 }, (_, i) => TEXT(`token ${i}`));
  const bytes = encodeGguf({
    metadata: [["tokens", { type: 9, of: 8, items }], ["last", TEXT("end")]],
    tensors: [ONE],
    data: new Uint8Array(8),
  });
  const reads: number[] = [];
  const source: ByteSource = {
    ...memorySource(bytes),
    read: (offset, length) => {
      reads.push(length);
      return Promise.resolve(bytes.slice(offset, offset + length));
    },
  };
  const { metadata, tensors } = await readGgufHeader(source);
  assert.equal(metadata.get("last"), "end");
  const tokens = metadata.get("tokens");
  assert.ok(Array.isArray(tokens));
  assert.equal(tokens.at(-1), "token 299999");
  assert.equal(tensors[0]?.end, bytes.length);
  assert.ok(reads.length > 1);
  assert.ok(reads.reduce((a, b) => a + b) <= bytes.length);
});

Deno.test("readGgufHeader reads version 2 and files without anything", async () => {
  assert.equal((await write({ version: 2 })).version, 2);
  const { metadata, tensors } = await write({});
  assert.equal(metadata.size, 0);
  assert.equal(tensors.length, 0);
});

Deno.test("readGgufHeader sorts tensors by their bytes and allows gaps", async () => {
  const { tensors } = await write({
    tensors: [
      { ...ONE, name: "late", offset: 64n },
      { ...ONE, name: "empty", sizes: [0n, 3n], offset: 32n },
      { ...ONE, name: "scalar", sizes: [] },
    ],
    data: new Uint8Array(72),
  });
  assert.deepEqual(tensors.map(({ name }) => name), [
    "scalar",
    "empty",
    "late",
  ]);
  assert.deepEqual(tensors[1]?.shape, [3, 0]);
  assert.deepEqual(tensors[0]?.shape, []);
});

Deno.test("readGgufHeader refuses a file cut off anywhere", async () => {
  const file = new Uint8Array(Buffer.from(reference.file, "base64"));
  const { tensors } = await read(file);
  const end = tensors.at(-1)?.end ?? 0;
  for (let length = 0; length < end; length += length < 2500 ? 1 : 97) {
    await assert.rejects(read(file.slice(0, length)), DataError);
  }
});

Deno.test("readGgufHeader refuses what is no GGUF of a known version", async () => {
  await refused(new Uint8Array(), /ends before/);
  await refused(new TextEncoder().encode("GGML........"), /not begin with/);
  await refused({ version: 1 }, /only versions 2 and 3/);
  await refused({ version: 4 }, /only versions 2 and 3/);
  await refused({ version: 0x03000000 }, /big-endian/);
});

/** A file with a count of tensors, a count of metadata, and what follows. */
function raw(tensors: bigint, entries: bigint, rest: Uint8Array): Uint8Array {
  const bytes = encodeGguf({ data: rest });
  const view = new DataView(bytes.buffer);
  view.setBigUint64(8, tensors, true);
  view.setBigUint64(16, entries, true);
  return bytes;
}

Deno.test("readGgufHeader believes no count that the file cannot hold", async () => {
  const rest = new Uint8Array(64);
  await refused(raw(2n ** 64n - 1n, 0n, rest), /number of tensors/);
  await refused(raw(2n ** 17n, 0n, rest), /ends before the header does/);
  await refused(raw(0n, 2n ** 16n, rest), /ends before the header does/);
  await refused(raw(0n, 2n ** 63n, rest), /number of metadata/);
  for (const type of [0, 4, 7, 8, 9, 12]) {
    const bytes = encodeGguf({
      metadata: [["list", { type: 9, of: type, items: [] }]],
    });
    // The length of the list stands behind 24 + 8 + 4 + 4 + 4 bytes
    const view = new DataView(bytes.buffer);
    view.setBigUint64(44, 2n ** 40n, true);
    await refused(bytes, /length of a list/);
    view.setBigUint64(44, 2n ** 26n, true);
    await refused(bytes, /ends before a list/);
  }
  const text = encodeGguf({ metadata: [["text", TEXT("abc")]] });
  const view = new DataView(text.buffer);
  view.setBigUint64(40, 2n ** 40n, true);
  await refused(text, /length of a text/);
  view.setBigUint64(40, 1000n, true);
  await refused(text, /ends before a text does/);
});

Deno.test("readGgufHeader refuses headers over its bound without reading them", async () => {
  const bytes = encodeGguf({ metadata: [["text", TEXT("abc")]] });
  new DataView(bytes.buffer).setBigUint64(
    40,
    BigInt(MAX_GGUF_HEADER_BYTES) - 8n,
    true,
  );
  let most = 0;
  await assert.rejects(
    readGgufHeader({
      ...memorySource(bytes),
      size: 2 ** 40,
      read: (_, length) => {
        most = Math.max(most, length);
        const window = new Uint8Array(length);
        window.set(bytes);
        return Promise.resolve(window);
      },
    }),
    /header is longer than 134217728 bytes/,
  );
  assert.equal(most, 1 << 20);
});

Deno.test("readGgufHeader refuses values that cannot be", async () => {
  const list = (depth: number): TypedValue =>
    depth === 0
      ? { type: 9, of: 4, items: [] }
      : { type: 9, of: 9, items: [list(depth - 1)] };
  await write({ metadata: [["deep", list(3)]] });
  await refused({ metadata: [["deep", list(4)]] }, /too deep/);
  await refused(
    { metadata: [["a", TEXT("x")], ["a", TEXT("y")]] },
    /metadatum twice/,
  );
  await refused(
    { metadata: [["", TEXT("x")]] },
    /name of a metadatum is empty/,
  );
  const bytes = encodeGguf({ metadata: [["k", { type: 7, value: true }]] });
  bytes[24 + 8 + 1 + 4] = 2;
  await refused(bytes, /neither 0 nor 1/);
  bytes[24 + 8 + 1] = 13;
  await refused(bytes, /of no known type/);
  bytes[24 + 8] = 0xff;
  await refused(bytes, /not UTF-8/);
  const lists = Array.from({ length: (1 << 16) + 1 }, () => list(0));
  await refused(
    { metadata: [["many", { type: 9, of: 9, items: lists }]] },
    /over 65536 lists within lists/,
  );
});

Deno.test("readGgufHeader refuses alignments that are no powers of two", async () => {
  for (const value of [0, 24, 2 ** 31]) {
    await refused(
      { metadata: [["general.alignment", { type: 4, value }]] },
      /no power of two/,
    );
  }
  await refused(
    { metadata: [["general.alignment", TEXT("32")]] },
    /no power of two/,
  );
});

Deno.test("readGgufHeader refuses tensors that cannot be", async () => {
  const one = (change: Partial<TypedTensor>, data = 8): GgufParts => ({
    tensors: [{ ...ONE, ...change }],
    data: new Uint8Array(data),
  });
  await refused(one({ type: 4 }), /no known type/);
  await refused(one({ type: 1000 }), /no known type/);
  await refused(one({ sizes: [1n, 1n, 1n, 1n, 1n] }), /over 4 axes/);
  await refused(one({ sizes: [2n ** 63n] }), /a size of tensor/);
  await refused(one({ sizes: [2n ** 30n, 2n ** 30n] }), /too large/);
  await refused(one({ sizes: [3n] }), /outside the file/);
  await refused(one({ offset: 32n }), /outside the file/);
  await refused(one({ offset: 4n }, 40), /multiple of 32/);
  await refused(one({ offset: 2n ** 60n }), /offset of tensor/);
  await refused(one({ type: 2, sizes: [33n] }), /no whole blocks of 32/);
  await refused(one({ type: 12, sizes: [32n, 8n] }), /no whole blocks of 256/);
  await refused(one({ name: "x".repeat(1025) }), /length of the name/);
  const twice = [ONE, { ...ONE, offset: 32n }];
  await refused(
    { tensors: twice, data: new Uint8Array(64) },
    /tensor twice/,
  );
  await refused(
    {
      tensors: [{ ...ONE, sizes: [9n] }, { ...ONE, name: "b", offset: 32n }],
      data: new Uint8Array(64),
    },
    /begins before the one before it ends/,
  );
});

Deno.test("readGgufHeader hears of a cancellation", async () => {
  const bytes = encodeGguf({});
  await assert.rejects(
    readGgufHeader(memorySource(bytes), AbortSignal.abort()),
    CancelledError,
  );
});
