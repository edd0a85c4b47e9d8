/**
 * `config.json` of the Hugging Face hub.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import { checkConfig } from "./config_limits.ts";
import { hubRopeScaling, ROPE_SCALING } from "./hub_rope.ts";
import type { Gpt2Config, LlamaConfig, ModelConfig } from "./model_config.ts";

/** Types of models that are of the Llama family. */
const LLAMA_TYPES = ["llama", "mistral", "qwen2", "qwen3"];
const SUPPORTED = [...LLAMA_TYPES, "gpt2"].join(", ");
const MAX_TEXT = 2 ** 20;

const KIND = z.looseObject({
  model_type: z.string(),
  quantization_config: z.looseObject({}).nullish(),
});

const LLAMA = z.looseObject({
  model_type: z.string(),
  vocab_size: z.number(),
  hidden_size: z.number(),
  intermediate_size: z.number(),
  num_hidden_layers: z.number(),
  num_attention_heads: z.number(),
  num_key_value_heads: z.number().nullish(),
  head_dim: z.number().nullish(),
  max_position_embeddings: z.number(),
  rms_norm_eps: z.number().default(1e-6),
  hidden_act: z.string().default("silu"),
  rope_theta: z.number().nullish(),
  rope_scaling: ROPE_SCALING.nullish(),
  rope_parameters: ROPE_SCALING.nullish(),
  partial_rotary_factor: z.number().nullish(),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  sliding_window: z.number().nullish(),
  use_sliding_window: z.boolean().nullish(),
});

const GPT2 = z.looseObject({
  vocab_size: z.number(),
  n_embd: z.number(),
  n_layer: z.number(),
  n_head: z.number(),
  n_positions: z.number(),
  n_inner: z.number().nullish(),
  layer_norm_epsilon: z.number().default(1e-5),
  activation_function: z.string().default("gelu_new"),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

/**
 * Reads `config.json`.
 *
 * @param text The text.
 * @returns Sizes and variants.
 * @throws {DataError} When it is no such text, the model is of a type or has a
 * variant that is not supported, or sizes cannot be.
 *
 * @example
 * ```ts
 * import { parseHubConfig } from "@weft/weft/ops/language";
 *
 * const config = parseHubConfig(JSON.stringify({
 *   model_type: "gpt2", vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12,
 *   n_positions: 1024,
 * }));
 * console.log(config.intermediateSize); // 3072
 * ```
 */
export function parseHubConfig(text: string): ModelConfig {
  const json = parseJson(text);
  const { model_type: type, quantization_config: packed } = parse(KIND, json);
  if (packed !== undefined && packed !== null) {
    throw unsupported(
      "quantised weights",
      "weights in f32, f16 or bf16, or a GGUF file",
    );
  }
  if (LLAMA_TYPES.includes(type)) return llamaConfig(parse(LLAMA, json));
  if (type === "gpt2") return gpt2Config(parse(GPT2, json));
  throw unsupported(`type ${JSON.stringify(type.slice(0, 80))}`, SUPPORTED);
}

function parseJson(text: string): unknown {
  try {
    if (text.length > MAX_TEXT) throw new Error(`${text.length} characters`);
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError("Cannot read the config of a model", {
      expected: `JSON of at most ${MAX_TEXT} characters`,
      cause,
    });
  }
}

function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new DataError("Cannot read the config of a model", {
    expected: "config.json of the Hugging Face hub",
    actual: z.prettifyError(parsed.error).slice(0, 1000),
  });
}

function unsupported(what: string, expected: string): DataError {
  return new DataError(`Cannot run a model with ${what}`, {
    expected,
    actual: what,
  });
}

function llamaConfig(json: z.infer<typeof LLAMA>): LlamaConfig {
  const isQwen2 = json.model_type === "qwen2";
  if (json.hidden_act !== "silu") {
    throw unsupported(`activation ${json.hidden_act}`, "silu");
  }
  if (json.mlp_bias === true) {
    throw unsupported("biases in its feed-forward layers", "none");
  }
  // Qwen names a window that it uses only where told so.
  const hasWindow = json.model_type.startsWith("qwen")
    ? json.use_sliding_window === true
    : (json.sliding_window ?? Infinity) < json.max_position_embeddings;
  if (hasWindow) throw unsupported("a sliding window", "full attention");
  if ((json.partial_rotary_factor ?? 1) !== 1) {
    throw unsupported("heads that are turned in part", "whole ones");
  }
  const rope = json.rope_parameters ?? json.rope_scaling ?? undefined;
  const heads = json.num_attention_heads;
  return checkConfig({
    family: "llama",
    vocabularySize: json.vocab_size,
    hiddenSize: json.hidden_size,
    intermediateSize: json.intermediate_size,
    layers: json.num_hidden_layers,
    heads,
    keyValueHeads: json.num_key_value_heads ?? heads,
    headSize: json.head_dim ??
      (json.model_type === "qwen3" ? 128 : json.hidden_size / heads),
    contextLength: json.max_position_embeddings,
    normEpsilon: json.rms_norm_eps,
    ropeBase: json.rope_theta ?? rope?.rope_theta ?? 10_000,
    ropePairing: "half",
    ropeScaling: rope === undefined
      ? null
      : hubRopeScaling(rope, json.max_position_embeddings),
    tiedEmbeddings: json.tie_word_embeddings,
    attentionBias: isQwen2 || json.attention_bias === true,
    queryKeyNorm: json.model_type === "qwen3",
  });
}

function gpt2Config(json: z.infer<typeof GPT2>): Gpt2Config {
  if (!["gelu_new", "gelu_pytorch_tanh"].includes(json.activation_function)) {
    throw unsupported(`activation ${json.activation_function}`, "gelu_new");
  }
  if (!json.scale_attn_weights || json.scale_attn_by_inverse_layer_idx) {
    throw unsupported("another scale of attention", "1 / √headSize");
  }
  if (json.add_cross_attention) {
    throw unsupported("cross-attention", "a decoder alone");
  }
  return checkConfig({
    family: "gpt2",
    vocabularySize: json.vocab_size,
    hiddenSize: json.n_embd,
    intermediateSize: json.n_inner ?? 4 * json.n_embd,
    layers: json.n_layer,
    heads: json.n_head,
    contextLength: json.n_positions,
    normEpsilon: json.layer_norm_epsilon,
    tiedEmbeddings: json.tie_word_embeddings,
  });
}
