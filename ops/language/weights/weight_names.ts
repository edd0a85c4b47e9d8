/**
 * Names of weights: those of the hub are used everywhere.
 *
 * @module
 */

import type { ModelConfig } from "../model/model_config.ts";
import type { WeightFile } from "./weight_file.ts";

type Family = ModelConfig["family"];

const GGUF_NAMES: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  llama: {
    token_embd: "model.embed_tokens",
    output_norm: "model.norm",
    output: "lm_head",
    attn_norm: "input_layernorm",
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_output: "self_attn.o_proj",
    attn_q_norm: "self_attn.q_norm",
    attn_k_norm: "self_attn.k_norm",
    ffn_norm: "post_attention_layernorm",
    ffn_gate: "mlp.gate_proj",
    ffn_up: "mlp.up_proj",
    ffn_down: "mlp.down_proj",
  },
  gpt2: {
    token_embd: "transformer.wte",
    position_embd: "transformer.wpe",
    output_norm: "transformer.ln_f",
    output: "lm_head",
    attn_norm: "ln_1",
    attn_qkv: "attn.c_attn",
    attn_output: "attn.c_proj",
    ffn_norm: "ln_2",
    ffn_up: "mlp.c_fc",
    ffn_down: "mlp.c_proj",
  },
};

const BLOCKS: Readonly<Record<Family, string>> = {
  llama: "model.layers",
  gpt2: "transformer.h",
};

const PREFIXES: Readonly<Record<Family, string>> = {
  llama: "model.",
  gpt2: "transformer.",
};

/** Tables that are computed anew: of rotations, and of causal masks. */
const BUFFERS =
  /\.rotary_emb\.inv_freq$|\.attn\.(masked_)?bias$|^rope_freqs\.weight$/;

/**
 * The name that the hub gives a weight of a file.
 *
 * @param kind The format of the file.
 * @param config The model.
 * @param name The name in the file.
 * @returns The name; undefined for what a model does not need.
 */
export function hubName(
  kind: WeightFile["kind"],
  config: ModelConfig,
  name: string,
): string | undefined {
  if (BUFFERS.test(name)) return undefined;
  const found = kind === "gguf"
    ? ggufToHub(config.family, name)
    : withPrefix(config.family, name);
  const isCopy = config.tiedEmbeddings && found === "lm_head.weight";
  return isCopy ? undefined : found;
}

/** Base models are saved without the prefix that those with a classifier have. */
function withPrefix(family: Family, name: string): string {
  const prefix = PREFIXES[family];
  return name.startsWith(prefix) || name.startsWith("lm_head.")
    ? name
    : prefix + name;
}

function ggufToHub(family: Family, name: string): string {
  const match = /^(?:blk\.(\d{1,4})\.)?([a-z_]+)\.(weight|bias)$/.exec(name);
  if (match === null) return name;
  const [, block, part, kind] = match;
  const names = GGUF_NAMES[family];
  const own = Object.hasOwn(names, part!) ? names[part!] : undefined;
  if (own === undefined) return name;
  return block === undefined
    ? `${own}.${kind}`
    : `${BLOCKS[family]}.${block}.${own}.${kind}`;
}
