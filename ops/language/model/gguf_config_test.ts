import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import type { GgufValue } from "../../../runtime/formats/gguf/metadata.ts";
import type { GgufWeights } from "../weights/weight_file.ts";
import { ggufConfig } from "./gguf_config.ts";

const SIZES: readonly (readonly [string, GgufValue])[] = [
  ["general.architecture", "llama"],
  ["llama.block_count", 2],
  ["llama.context_length", 64],
  ["llama.embedding_length", 32],
  ["llama.feed_forward_length", 48],
  ["llama.attention.head_count", 4],
  ["llama.attention.head_count_kv", 2],
  ["llama.attention.layer_norm_rms_epsilon", 1e-5],
  ["llama.rope.freq_base", 10_000],
  ["llama.rope.dimension_count", 8],
  ["llama.vocab_size", 96n],
];

function file(
  metadata: readonly (readonly [string, GgufValue])[],
  ...names: readonly string[]
): GgufWeights {
  return {
    kind: "gguf",
    name: "test.gguf",
    metadata: new Map(metadata),
    entries: new Map(
      names.map((name) => [
        name,
        { name, shape: [1], format: "f32", byteLength: 4 },
      ]),
    ),
    read: () => Promise.reject(new Error("nothing is read")),
    close: () => Promise.resolve(),
  };
}

function withValue(key: string, value: GgufValue): GgufWeights {
  return file([...SIZES.filter(([name]) => name !== key), [key, value]]);
}

Deno.test("sizes may be 64-bit, or the same number for each layer", () => {
  const config = ggufConfig(file(SIZES, "output.weight"));
  assert.equal(config.vocabularySize, 96);
  assert.equal(config.tiedEmbeddings, false);
  assert.equal(ggufConfig(file(SIZES)).tiedEmbeddings, true);
  const each = withValue(
    "llama.attention.head_count_kv",
    Int32Array.of(2, 2),
  );
  assert.deepEqual(ggufConfig(each), ggufConfig(file(SIZES)));
  const different = Int32Array.of(2, 4);
  assert.throws(
    () => ggufConfig(withValue("llama.attention.head_count_kv", different)),
    /one number for all layers/,
  );
});

Deno.test("rotary embeddings are scaled as the metadata say", () => {
  const scaled = (type: string) => {
    const config = ggufConfig(file([
      ...SIZES,
      ["llama.rope.scaling.type", type],
      ["llama.rope.scaling.factor", 4],
    ]));
    assert(config.family === "llama");
    return config.ropeScaling;
  };
  assert.equal(scaled("none"), null);
  assert.deepEqual(scaled("linear"), { type: "linear", factor: 4 });
  assert.deepEqual(scaled("yarn"), {
    type: "yarn",
    factor: 4,
    originalContext: 64,
    betaFast: 32,
    betaSlow: 1,
    attentionFactor: 0.1 * Math.log(4) + 1,
  });
  assert.throws(() => scaled("longrope"), /"longrope"/);
  const factors = [1, 1, 2, 8];
  const config = ggufConfig(file(SIZES), factors);
  assert(config.family === "llama");
  assert.deepEqual(config.ropeScaling, { type: "factors", factors });
  assert.throws(() => ggufConfig(file(SIZES), [1, 1]), DataError);
  assert.throws(() => ggufConfig(file(SIZES), [1, 1, 0, NaN]), DataError);
});

Deno.test("metadata that are missing or cannot be are refused by our errors", () => {
  const hostile: readonly GgufValue[] = [
    0,
    -1,
    0.5,
    NaN,
    Infinity,
    2 ** 40,
    2n ** 63n,
    -1n,
    true,
    "",
    "x".repeat(1000),
    [],
    [[]],
    ["a", "a"],
    new Float32Array(0),
    Float64Array.of(NaN, NaN),
  ];
  let refused = 0;
  for (const [key] of SIZES) {
    for (const value of [undefined, ...hostile]) {
      const given = value === undefined
        ? file(SIZES.filter(([name]) => name !== key))
        : withValue(key, value);
      try {
        const config = ggufConfig(given);
        // What is accepted is a size that a model can have.
        assert(config.family === "llama");
        for (const size of [config.layers, config.heads, config.headSize]) {
          assert(Number.isInteger(size) && size > 0 && size <= 2 ** 13);
        }
      } catch (error) {
        assert(error instanceof DataError, String(error));
        refused++;
      }
    }
  }
  assert(refused > SIZES.length * hostile.length * 0.8, `${refused}`);
  assert.throws(
    () => ggufConfig(withValue("general.architecture", "bert")),
    /"bert"[^]*qwen3/,
  );
});
