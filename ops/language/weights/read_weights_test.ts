import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { parseHubConfig } from "../model/hub_config.ts";
import { parametersOf } from "../model/parameters.ts";
import { readWeights } from "./read_weights.ts";
import type { SafetensorsWeights, StoredWeight } from "./weight_file.ts";

const CONFIG = parseHubConfig(JSON.stringify({
  model_type: "llama",
  vocab_size: 6,
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 16,
  tie_word_embeddings: true,
}));
const TABLE = "model.embed_tokens.weight";

/** A file of zeros, which counts what is read. */
class Zeros implements SafetensorsWeights {
  readonly kind = "safetensors";
  readonly name = "zeros.safetensors";
  readonly metadata = {};
  readonly entries: ReadonlyMap<string, StoredWeight>;
  reads = 0;

  constructor(weights: readonly StoredWeight[]) {
    this.entries = new Map(weights.map((one) => [one.name, one]));
  }

  read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    this.reads++;
    return Promise.resolve(new Uint8Array(this.entries.get(name)!.byteLength));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function stored(
  name: string,
  shape: readonly number[],
  format: StoredWeight["format"] = "f32",
): StoredWeight {
  const size = shape.reduce((product, length) => product * length, 1);
  const bytes = format === "f32" ? 4 : 2;
  return { name, shape, format, byteLength: bytes * size };
}

function all(): StoredWeight[] {
  return parametersOf(CONFIG).map(({ name, shape }) => stored(name, shape));
}

/** All weights but one, and others instead. */
function but(name: string, ...others: readonly StoredWeight[]): StoredWeight[] {
  return [...all().filter((one) => one.name !== name), ...others];
}

async function refused(
  weights: readonly StoredWeight[],
  message: RegExp,
): Promise<void> {
  const file = new Zeros(weights);
  await assert.rejects(
    readWeights(file, CONFIG),
    (error) => error instanceof DataError && message.test(error.message),
  );
  assert.equal(file.reads, 0);
}

Deno.test("all weights are read, and nothing else", async () => {
  const file = new Zeros([
    ...all(),
    stored("lm_head.weight", [6, 4]),
    stored("model.layers.0.self_attn.rotary_emb.inv_freq", [1]),
  ]);
  const shares: number[] = [];
  const weights = await readWeights(file, CONFIG, {
    onRead: (share) => shares.push(share),
  });
  assert.deepEqual(
    Object.keys(weights),
    parametersOf(CONFIG).map(({ name }) => name),
  );
  assert.equal(file.reads, all().length);
  assert.equal(shares.at(-1), 1);
});

Deno.test("names may lack the prefix that base models are saved without", async () => {
  const bare = all().map(({ name, shape }) =>
    stored(name.replace(/^model\./, ""), shape)
  );
  const weights = await readWeights(new Zeros(bare), CONFIG);
  assert(TABLE in weights);
});

Deno.test("bf16 stays packed, but for vectors; storage decodes it", async () => {
  const half = all().map(({ name, shape }) => stored(name, shape, "bf16"));
  const kept = await readWeights(new Zeros(half), CONFIG);
  assert.equal(kept[TABLE]!.format, "bf16");
  const norm = kept["model.norm.weight"]!;
  assert(norm.format === "plain");
  assert.equal(norm.value.dtype, "f32");
  const plain = await readWeights(new Zeros(half), CONFIG, { storage: "f16" });
  const table = plain[TABLE]!;
  assert(table.format === "plain");
  assert.equal(table.value.dtype, "f16");
});

Deno.test("weights that are not those of the config are refused unread", async () => {
  await refused(but(TABLE), /missing: model\.embed_tokens\.weight/);
  await refused([], /missing: .*, and \d+ more/);
  await refused(
    [...all(), stored("score.weight", [2, 4])],
    /unexpected: model\.score/,
  );
  await refused(
    [...all(), stored("embed_tokens.weight", [6, 4])],
    /"model\.embed_tokens\.weight" twice/,
  );
  await refused(but(TABLE, stored(TABLE, [6, 5])), /\[6,5\][^]*\[6,4\]/);
  await refused(but(TABLE, stored(TABLE, [24])), /\[24\]/);
  await refused(but(TABLE, stored(TABLE, [6, 4], "i16")), /format is i16/);
  await refused(but(TABLE, stored(TABLE, [6, 4], "iq4_xs")), /iq4_xs[^]*q4_k/);
});
