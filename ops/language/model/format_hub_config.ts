/**
 * `config.json` of the Hugging Face hub, written.
 *
 * @module
 */

import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { toHubRope } from "./hub_rope.ts";
import type { LanguageModel } from "./language_model.ts";
import type { Gpt2Config, LlamaConfig } from "./model_config.ts";

/** Names of dtypes in the files of the hub. */
const DTYPES = { f32: "float32", f16: "float16" } as const;

/**
 * Writes `config.json`.
 *
 * @param model The model; rotary pairs count as half a head apart.
 * @param dtype How its weights are stored.
 * @returns The text.
 */
export function formatHubConfig(
  model: LanguageModel,
  dtype: "f32" | "f16",
): string {
  const { config } = model;
  const sizes = config.family === "gpt2"
    ? gpt2Sizes(config)
    : llamaSizes(config, hasOutputBias(model));
  return JSON.stringify(
    {
      ...sizes,
      ...specialTokens(model),
      tie_word_embeddings: config.tiedEmbeddings,
      vocab_size: config.vocabularySize,
      torch_dtype: DTYPES[dtype],
    },
    undefined,
    2,
  ) + "\n";
}

function hasOutputBias({ weights }: LanguageModel): boolean {
  return "model.layers.0.self_attn.o_proj.bias" in weights;
}

function specialTokens(
  { tokenizer: data }: LanguageModel,
): Record<string, number> {
  if (data === null) return {};
  const { beginId, endIds } = makeTokenizer(data);
  return {
    ...(beginId === null ? {} : { bos_token_id: beginId }),
    ...(endIds[0] === undefined ? {} : { eos_token_id: endIds[0] }),
  };
}

/** The type that computes the same. */
function llamaType(config: LlamaConfig, hasBias: boolean): string {
  if (config.queryKeyNorm) return "qwen3";
  return config.attentionBias && !hasBias ? "qwen2" : "llama";
}

const CLASSES: Readonly<Record<string, string>> = {
  llama: "LlamaForCausalLM",
  qwen2: "Qwen2ForCausalLM",
  qwen3: "Qwen3ForCausalLM",
};

function llamaSizes(
  config: LlamaConfig,
  hasBias: boolean,
): Record<string, unknown> {
  const type = llamaType(config, hasBias);
  return {
    architectures: [CLASSES[type]],
    model_type: type,
    hidden_act: "silu",
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeBase,
    ...(config.ropeScaling === null ? {} : {
      rope_scaling: toHubRope(config.ropeScaling, config.contextLength),
    }),
    ...(type === "qwen2" ? {} : { attention_bias: config.attentionBias }),
  };
}

function gpt2Sizes(config: Gpt2Config): Record<string, unknown> {
  return {
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    activation_function: "gelu_new",
    n_embd: config.hiddenSize,
    n_inner: config.intermediateSize,
    n_layer: config.layers,
    n_head: config.heads,
    n_positions: config.contextLength,
    layer_norm_epsilon: config.normEpsilon,
  };
}
