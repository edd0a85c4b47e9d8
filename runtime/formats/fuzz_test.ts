import assert from "node:assert/strict";
import { DataError } from "../core/errors.ts";
import { type ByteSource, memorySource } from "./byte_source.ts";
import { type GgufHeader, readGgufHeader } from "./gguf/header.ts";
import type { GgufValue } from "./gguf/metadata.ts";
import { encodeGguf, type TypedValue } from "./gguf/testing_gguf.ts";
import { encodeSafetensors } from "./safetensors.ts";
import {
  decodeSafetensorsIndex,
  readSafetensorsHeader,
} from "./safetensors_file.ts";
import {
  mutate,
  randomIntegers,
  watchAllocations,
} from "./testing_mutations.ts";

const list = (of: number, items: readonly TypedValue[]): TypedValue => ({
  type: 9,
  of,
  items,
});
const text = (value: string): TypedValue => ({ type: 8, value });

const GGUF_FILES: readonly Uint8Array[] = [
  encodeGguf({
    metadata: [
      ["general.architecture", text("llama")],
      ["llama.block_count", { type: 4, value: 2 }],
      ["general.alignment", { type: 4, value: 32 }],
      ["tokenizer.ggml.tokens", list(8, ["a", "b", ""].map(text))],
    ],
    tensors: [
      { name: "a", type: 0, sizes: [4n, 2n], offset: 0n },
      { name: "b", type: 2, sizes: [32n], offset: 32n },
    ],
    data: new Uint8Array(64),
  }),
  encodeGguf({
    version: 2,
    metadata: [
      ["u64", { type: 10, value: 7n }],
      ["f64", { type: 12, value: 0.5 }],
      ["bools", list(7, [{ type: 7, value: true }])],
      ["floats", list(6, [{ type: 6, value: 1 }, { type: 6, value: 2 }])],
      ["lists", list(9, [list(4, [{ type: 4, value: 1 }]), list(8, [])])],
    ],
    tensors: [{ name: "q", type: 12, sizes: [256n], offset: 0n }],
    data: new Uint8Array(160),
  }),
  encodeGguf({
    tensors: [
      { name: "x", type: 1, sizes: [2n, 2n, 2n, 2n], offset: 0n },
      { name: "y", type: 30, sizes: [], offset: 32n },
    ],
    data: new Uint8Array(64),
  }),
];

const SAFETENSORS_FILES: readonly Uint8Array[] = [
  encodeSafetensors([
    { name: "w", dtype: "F32", shape: [2, 3], bytes: new Uint8Array(24) },
    { name: "b", dtype: "BF16", shape: [3], bytes: new Uint8Array(6) },
  ], { format: "pt" }),
  encodeSafetensors([
    { name: "s", dtype: "F16", shape: [], bytes: new Uint8Array(2) },
    { name: "e", dtype: "I8", shape: [0, 9], bytes: new Uint8Array() },
  ]),
].map((chunks) => Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));

const INDEX = new TextEncoder().encode(JSON.stringify({
  metadata: { total_size: 8 },
  weight_map: {
    "a.weight": "model-00001-of-00002.safetensors",
    "b.weight": "model-00002-of-00002.safetensors",
  },
}));

/** Counts the bytes that are read. */
function counted(bytes: Uint8Array): ByteSource & { readonly total: number } {
  const source = memorySource(bytes, "x");
  let total = 0;
  return {
    ...source,
    get total() {
      return total;
    },
    read: (offset, length) => {
      total += length;
      return source.read(offset, length);
    },
  };
}

/**
 * Feeds damaged files to a reader: it must give what holds together or one of
 * our errors, and some of both, so that the damage is neither too small nor too
 * great to tell something.
 */
async function fuzz(
  seed: number,
  runs: number,
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const random = randomIntegers(seed);
  let accepted = 0;
  for (let run = 0; run < runs; run++) {
    const file = mutate(files[run % files.length]!, random);
    const watch = watchAllocations();
    try {
      await read(file);
      accepted++;
    } catch (error) {
      if (!(error instanceof DataError)) {
        throw new Error(`Run ${run} of seed ${seed}: [${file.join()}]`, {
          cause: error,
        });
      }
    } finally {
      watch.end();
    }
    assert.ok(
      watch.largest <= file.length,
      `Run ${run} of seed ${seed} allocated ${watch.largest} bytes for ${file.length}`,
    );
  }
  assert.ok(accepted > runs / 100, `Only ${accepted} of ${runs} were read`);
  assert.ok(accepted < runs / 2, `${accepted} of ${runs} were read`);
}

/** How many values a value is made of. */
function countValues(value: GgufValue): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object") return 1;
  if (ArrayBuffer.isView(value)) return value.length;
  let count = 1;
  for (const item of value) count += countValues(item);
  return count;
}

function checkGguf({ metadata, tensors }: GgufHeader, size: number): void {
  let values = 0;
  for (const [key, value] of metadata) {
    values += key.length + countValues(value);
  }
  assert.ok(values <= size);
  let position = 24;
  for (const { start, end, shape, type } of tensors) {
    assert.ok(start >= position && end >= start && end <= size);
    const elements = shape.reduce((a, b) => a * b, 1);
    assert.equal(
      end - start,
      elements / type.blockElements * type.blockBytes,
    );
    position = end;
  }
}

Deno.test("readGgufHeader gives 60,000 damaged files a sound header or a DataError", async () => {
  await fuzz(41, 60_000, GGUF_FILES, async (bytes) => {
    const source = counted(bytes);
    const header = await readGgufHeader(source);
    assert.ok(source.total <= bytes.length);
    checkGguf(header, bytes.length);
  });
});

Deno.test("readSafetensorsHeader gives 30,000 damaged files a sound header or a DataError", async () => {
  await fuzz(42, 30_000, SAFETENSORS_FILES, async (bytes) => {
    const source = counted(bytes);
    const { entries } = await readSafetensorsHeader(source);
    assert.ok(source.total <= bytes.length + 8);
    for (const { start, end } of entries) {
      assert.ok(start >= 8 && end >= start && end <= bytes.length);
    }
  });
});

Deno.test("decodeSafetensorsIndex gives 10,000 damaged indexes plain file names or a DataError", async () => {
  await fuzz(43, 10_000, [INDEX], (bytes) => {
    const index = decodeSafetensorsIndex(new TextDecoder().decode(bytes));
    for (const file of index.files) {
      assert.ok(!/[/\\:\0]/.test(file) && file.endsWith(".safetensors"), file);
    }
  });
});
