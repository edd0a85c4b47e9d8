import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DataError } from "../../../runtime/core/errors.ts";
import {
  type ByteSource,
  memorySource,
  MissingFileError,
} from "../../../runtime/formats/byte_source.ts";
import { fileSource } from "../../../runtime/formats/file_source.ts";
import { encodeGguf } from "../../../runtime/formats/gguf/testing_gguf.ts";
import {
  encodeSafetensors,
  type SafetensorsArray,
} from "../../../runtime/formats/safetensors.ts";
import {
  mutate,
  randomIntegers,
} from "../../../runtime/formats/testing_mutations.ts";
import { openShardedSafetensors } from "./open_safetensors.ts";
import { openWeights } from "./open_weights.ts";

/** An array of two numbers in f16. */
function pair(name: string, low: number, high: number): SafetensorsArray {
  const bytes = Uint8Array.of(low, 0, high, 0);
  return { name, dtype: "F16", shape: [2], bytes };
}

function file(...arrays: SafetensorsArray[]): Uint8Array {
  return Uint8Array.from(
    encodeSafetensors(arrays, { format: "pt" }).flatMap((part) => [...part]),
  );
}

/** A source that tells whether it was closed. */
function watched(bytes: Uint8Array, closed: string[], name: string) {
  const source: ByteSource = {
    ...memorySource(bytes, name),
    close: () => {
      closed.push(name);
      return Promise.resolve();
    },
  };
  return source;
}

Deno.test("openWeights reads safetensors", async () => {
  const weights = await openWeights(
    memorySource(file(pair("a", 1, 2), pair("b", 3, 4))),
  );
  assert.equal(weights.kind, "safetensors");
  assert.deepEqual(weights.metadata, { format: "pt" });
  assert.deepEqual([...weights.entries.values()], [
    { name: "a", shape: [2], format: "f16", byteLength: 4 },
    { name: "b", shape: [2], format: "f16", byteLength: 4 },
  ]);
  assert.deepEqual(await weights.read("b"), Uint8Array.of(3, 0, 4, 0));
  await assert.rejects(
    weights.read("c"),
    /Cannot read weight "c"[\s\S]*one of 2 names: a, b/,
  );
});

Deno.test("openWeights reads GGUF with shapes outermost first", async () => {
  const data = Uint8Array.from({ length: 36 }, (_, i) => i);
  const weights = await openWeights(memorySource(encodeGguf({
    metadata: [["general.architecture", { type: 8, value: "llama" }]],
    tensors: [{ name: "w", type: 2, sizes: [32n, 2n], offset: 0n }],
    data,
  })));
  assert.equal(weights.kind, "gguf");
  assert.equal(weights.metadata.get("general.architecture"), "llama");
  assert.deepEqual([...weights.entries.values()], [
    { name: "w", shape: [2, 32], format: "q4_0", byteLength: 36 },
  ]);
  assert.deepEqual(await weights.read("w"), data);
});

Deno.test("openWeights refuses one part of several GGUF files, and closes it", async () => {
  const closed: string[] = [];
  const bytes = encodeGguf({
    metadata: [["split.count", { type: 2, value: 3 }]],
  });
  await assert.rejects(
    openWeights(watched(bytes, closed, "x")),
    /one of 3 parts/,
  );
  assert.deepEqual(closed, ["x"]);
});

/** A file of llama2.c whose numbers count up. */
function llama2c(sizes: readonly number[], numbers: number): Uint8Array {
  const bytes = new Uint8Array(28 + numbers * 4);
  new Int32Array(bytes.buffer, 0, 7).set(sizes);
  new Float32Array(bytes.buffer, 28).forEach((_, i, all) => all[i] = i);
  return bytes;
}

/** Hidden 8, intermediate 3, 2 layers, 4 heads, 2 for keys and values, 5 tokens, context 6. */
const SIZES = [8, 3, 2, 4, 2, 5, 6];
const LAYERS = 2 * (8 + 64 + 32 + 32 + 64 + 8 + 24 + 24 + 24);
const TIED = 40 + LAYERS + 8 + 6 * 2;

Deno.test("openWeights reads llama2.c with the names of the hub", async () => {
  const weights = await openWeights(memorySource(llama2c(SIZES, TIED)));
  assert.equal(weights.kind, "llama2c");
  assert.deepEqual(weights.header, {
    hiddenSize: 8,
    intermediateSize: 3,
    layers: 2,
    heads: 4,
    keyValueHeads: 2,
    vocabularySize: 5,
    contextLength: 6,
    tiedEmbeddings: true,
  });
  assert.equal(weights.entries.size, 1 + 9 * 2 + 1);
  const layer = "model.layers.1";
  const expected: [string, number[], number][] = [
    ["model.embed_tokens.weight", [5, 8], 0],
    ["model.layers.0.input_layernorm.weight", [8], 40],
    [`${layer}.input_layernorm.weight`, [8], 48],
    ["model.layers.0.self_attn.q_proj.weight", [8, 8], 56],
    [`${layer}.self_attn.q_proj.weight`, [8, 8], 120],
    [`${layer}.self_attn.k_proj.weight`, [4, 8], 184 + 32],
    [`${layer}.self_attn.v_proj.weight`, [4, 8], 248 + 32],
    [`${layer}.self_attn.o_proj.weight`, [8, 8], 312 + 64],
    [`${layer}.post_attention_layernorm.weight`, [8], 440 + 8],
    [`${layer}.mlp.gate_proj.weight`, [3, 8], 456 + 24],
    [`${layer}.mlp.down_proj.weight`, [8, 3], 504 + 24],
    [`${layer}.mlp.up_proj.weight`, [3, 8], 552 + 24],
    ["model.norm.weight", [8], 600],
  ];
  for (const [name, shape, first] of expected) {
    assert.deepEqual(weights.entries.get(name)?.shape, shape, name);
    const numbers: Float32Array = new Float32Array(
      (await weights.read(name)).buffer,
    );
    assert.equal(numbers[0], first, name);
    assert.equal(numbers.at(-1), first + numbers.length - 1, name);
  }
});

Deno.test("openWeights reads llama2.c with a classifier of its own", async () => {
  const sizes = SIZES.with(5, -5);
  const weights = await openWeights(memorySource(llama2c(sizes, TIED + 40)));
  assert.ok(weights.kind === "llama2c" && !weights.header.tiedEmbeddings);
  assert.equal(weights.header.vocabularySize, 5);
  assert.deepEqual(weights.entries.get("lm_head.weight")?.shape, [5, 8]);
  const numbers = new Float32Array(
    (await weights.read("lm_head.weight")).buffer,
  );
  assert.equal(numbers[0], TIED);
});

Deno.test("openWeights refuses files of llama2.c that cannot be", async () => {
  const good = llama2c(SIZES, TIED);
  const cases: Uint8Array[] = [
    new Uint8Array(),
    good.slice(0, 27),
    good.slice(0, -4),
    llama2c(SIZES, TIED + 1),
    llama2c(SIZES.with(5, -5), TIED),
    llama2c(SIZES.with(0, 0), TIED),
    llama2c(SIZES.with(2, -2), TIED),
    llama2c(SIZES.with(2, 2 ** 31 - 1), TIED),
    llama2c(SIZES.with(3, 3), TIED),
    llama2c(SIZES.with(4, 3), TIED),
    llama2c(new Array<number>(7).fill(2 ** 31 - 1), 0),
  ];
  for (const bytes of cases) {
    await assert.rejects(openWeights(memorySource(bytes, "x")), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(
        error.message,
        /Cannot (read "x" as weights of llama2\.c|tell what kind of model "x" is)/,
      );
      return true;
    });
  }
});

const STORIES = fileURLToPath(
  new URL("../../../../shared/data/models/stories260K.bin", import.meta.url),
);

Deno.test({
  name: "openWeights reads stories260K (skipped where ../shared/data lacks it)",
  ignore: !existsSync(STORIES),
  fn: async () => {
    const weights = await openWeights(await fileSource(STORIES));
    let numbers = 0;
    for (const { byteLength } of weights.entries.values()) {
      numbers += byteLength / 4;
    }
    await weights.close();
    // All weights, but 512 · 8 numbers of rotary tables
    assert.equal(numbers, 264_128 - 512 * 8);
  },
});

Deno.test("openWeights gives 6,000 damaged files weights or a DataError", async () => {
  const files = [
    llama2c(SIZES, TIED),
    file(pair("a", 1, 2)),
    encodeGguf({
      tensors: [{ name: "w", type: 8, sizes: [32n], offset: 0n }],
      data: new Uint8Array(34),
    }),
  ];
  const random = randomIntegers(44);
  let read = 0;
  for (let run = 0; run < 6000; run++) {
    const bytes = mutate(files[run % files.length]!, random);
    try {
      const weights = await openWeights(memorySource(bytes));
      for (const { name, byteLength } of weights.entries.values()) {
        assert.equal((await weights.read(name)).length, byteLength);
        read++;
      }
    } catch (error) {
      assert.ok(error instanceof DataError, `Run ${run}: ${error}`);
    }
  }
  assert.ok(read > 100);
});

/** Two shards, and what the index says of them. */
function sharded(map: Record<string, string>, closed: string[] = []) {
  const files = new Map([
    ["1.safetensors", file(pair("a", 1, 2), pair("b", 3, 4))],
    ["2.safetensors", file(pair("c", 5, 6))],
  ]);
  return openShardedSafetensors(
    "index",
    JSON.stringify({ weight_map: map }),
    (name) => {
      const bytes = files.get(name);
      return bytes === undefined
        ? Promise.reject(new MissingFileError(`Cannot find "${name}"`))
        : Promise.resolve(watched(bytes, closed, name));
    },
  );
}

Deno.test("openShardedSafetensors joins the files of an index", async () => {
  const closed: string[] = [];
  const weights = await sharded(
    { a: "1.safetensors", c: "2.safetensors" },
    closed,
  );
  assert.deepEqual([...weights.entries.keys()], ["a", "c"]);
  assert.deepEqual(await weights.read("a"), Uint8Array.of(1, 0, 2, 0));
  assert.deepEqual(await weights.read("c"), Uint8Array.of(5, 0, 6, 0));
  await weights.close();
  assert.deepEqual(closed, ["1.safetensors", "2.safetensors"]);
});

Deno.test("openShardedSafetensors refuses an index that does not fit its files", async () => {
  const closed: string[] = [];
  await assert.rejects(
    sharded({ a: "1.safetensors", b: "2.safetensors" }, closed),
    /Cannot read weight "b" of "index"/,
  );
  assert.deepEqual(closed, ["1.safetensors", "2.safetensors"]);
  await assert.rejects(
    sharded({ a: "1.safetensors", d: "3.safetensors" }, closed),
    /Cannot find "3.safetensors"/,
  );
  assert.equal(closed.length, 3);
  await assert.rejects(sharded({ a: "../1.safetensors" }), DataError);
});
