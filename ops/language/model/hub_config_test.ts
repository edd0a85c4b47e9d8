import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { parseHubConfig } from "./hub_config.ts";
import { rotaryFrequencies } from "./rotary_frequencies.ts";

const LLAMA = {
  model_type: "llama",
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 128,
};
const GPT2 = {
  model_type: "gpt2",
  vocab_size: 100,
  n_embd: 32,
  n_layer: 2,
  n_head: 4,
  n_positions: 128,
};

function llama(more: object) {
  const config = parseHubConfig(JSON.stringify({ ...LLAMA, ...more }));
  assert(config.family === "llama");
  return config;
}

function refused(json: object, message: RegExp): void {
  assert.throws(
    () => parseHubConfig(JSON.stringify(json)),
    (error) => error instanceof DataError && message.test(error.message),
  );
}

Deno.test("what a config leaves out is as in transformers", () => {
  assert.deepEqual(llama({}), {
    family: "llama",
    vocabularySize: 100,
    hiddenSize: 32,
    intermediateSize: 64,
    layers: 2,
    heads: 4,
    keyValueHeads: 4,
    headSize: 8,
    contextLength: 128,
    normEpsilon: 1e-6,
    ropeBase: 10_000,
    ropePairing: "half",
    ropeScaling: null,
    tiedEmbeddings: false,
    attentionBias: false,
    queryKeyNorm: false,
  });
  assert.equal(llama({ model_type: "qwen2" }).attentionBias, true);
  const qwen3 = llama({ model_type: "qwen3" });
  assert.equal(qwen3.queryKeyNorm, true);
  assert.equal(qwen3.headSize, 128);
  assert.deepEqual(parseHubConfig(JSON.stringify(GPT2)), {
    family: "gpt2",
    vocabularySize: 100,
    hiddenSize: 32,
    intermediateSize: 128,
    layers: 2,
    heads: 4,
    contextLength: 128,
    normEpsilon: 1e-5,
    tiedEmbeddings: true,
  });
});

Deno.test("old and new spellings of rotary embeddings are read", () => {
  const scaling = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  };
  const old = llama({
    rope_theta: 5e5,
    rope_scaling: { type: "llama3", ...scaling },
  });
  const recent = llama({
    rope_parameters: { rope_type: "llama3", rope_theta: 5e5, ...scaling },
  });
  assert.deepEqual(old, recent);
  assert.equal(old.ropeBase, 5e5);
  assert.deepEqual(old.ropeScaling, {
    type: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContext: 64,
  });
  assert.equal(
    llama({ rope_scaling: { rope_type: "default" } }).ropeScaling,
    null,
  );
  const yarn = llama({ rope_scaling: { rope_type: "yarn", factor: 4 } });
  assert(yarn.ropeScaling?.type === "yarn");
  assert.equal(yarn.ropeScaling.originalContext, 128);
  assert.equal(yarn.ropeScaling.attentionFactor, 0.1 * Math.log(4) + 1);
});

Deno.test("scores grow with the square of yarn's factor", () => {
  const { ropeScaling } = llama({
    rope_scaling: { rope_type: "yarn", factor: 4, attention_factor: 1.5 },
  });
  const { scoreFactor } = rotaryFrequencies({
    headSize: 8,
    ropeBase: 10_000,
    ropeScaling,
  });
  assert.equal(scoreFactor, 2.25);
});

Deno.test("what is not supported is named with what is", () => {
  refused({ ...LLAMA, model_type: "mamba" }, /"mamba"[^]*llama.*qwen3, gpt2/);
  refused({ ...LLAMA, hidden_act: "gelu" }, /gelu[^]*silu/);
  refused({ ...LLAMA, mlp_bias: true }, /biases/);
  refused({ ...LLAMA, model_type: "mistral", sliding_window: 64 }, /window/);
  refused(
    { ...LLAMA, model_type: "qwen2", use_sliding_window: true },
    /window/,
  );
  refused({ ...LLAMA, partial_rotary_factor: 0.5 }, /in part/);
  refused(
    { ...LLAMA, quantization_config: { quant_method: "gptq" } },
    /quantised/,
  );
  refused(
    { ...LLAMA, rope_scaling: { type: "dynamic", factor: 2 } },
    /"dynamic"/,
  );
  refused({ ...LLAMA, rope_scaling: { type: "linear" } }, /"factor"/);
  refused({ ...GPT2, activation_function: "relu" }, /relu/);
  refused({ ...GPT2, scale_attn_by_inverse_layer_idx: true }, /scale/);
  const unused = {
    model_type: "qwen2",
    use_sliding_window: false,
    sliding_window: 64,
  };
  assert.equal(llama(unused).contextLength, 128);
});

Deno.test("sizes that cannot be are refused", () => {
  for (
    const wrong of [
      { num_hidden_layers: 0 },
      { num_hidden_layers: 1e9 },
      { num_hidden_layers: "2" },
      { vocab_size: 1e12 },
      { hidden_size: 0.5 },
      { num_attention_heads: 5 },
      { num_key_value_heads: 3 },
      { head_dim: 7 },
      { rope_theta: -1 },
      { rms_norm_eps: -1 },
      { rope_scaling: { rope_type: "linear", factor: 0 } },
    ]
  ) {
    refused({ ...LLAMA, ...wrong }, /./);
  }
  refused({ ...GPT2, n_head: 5 }, /heads/);
  refused({}, /config/);
  for (const text of ["", "[", "1", "null", " ".repeat(2 ** 21)]) {
    assert.throws(() => parseHubConfig(text), DataError);
  }
});
