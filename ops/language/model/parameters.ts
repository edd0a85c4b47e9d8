/**
 * Which parameters a model has.
 *
 * @module
 */

import type { Shape } from "../../../runtime/tensor/mod.ts";
import type { Gpt2Config, LlamaConfig, ModelConfig } from "./model_config.ts";

/** A parameter of a model. */
export interface ParameterInfo {
  /** Its name, as the hub gives it. */
  readonly name: string;
  /** Its axes; a linear layer's are `[outputs, inputs]`. */
  readonly shape: Shape;
  /** Whether a model may do without it. */
  readonly isOptional: boolean;
  /** Whether it is the matrix of a linear layer within a block. */
  readonly isLinear: boolean;
}

function vector(name: string, size: number): ParameterInfo {
  return { name, shape: [size], isOptional: false, isLinear: false };
}

function table(name: string, rows: number, columns: number): ParameterInfo {
  return { name, shape: [rows, columns], isOptional: false, isLinear: false };
}

function linear(
  name: string,
  outputs: number,
  inputs: number,
  bias: "required" | "optional" | "none",
): ParameterInfo[] {
  const matrix = {
    name: `${name}.weight`,
    shape: [outputs, inputs],
    isOptional: false,
    isLinear: true,
  };
  if (bias === "none") return [matrix];
  const isOptional = bias === "optional";
  return [matrix, { ...vector(`${name}.bias`, outputs), isOptional }];
}

/**
 * The parameters of a model, in the order in which they are used.
 *
 * @param config The model's sizes.
 * @returns Names and shapes.
 */
export function parametersOf(config: ModelConfig): ParameterInfo[] {
  return config.family === "llama"
    ? llamaParameters(config)
    : gpt2Parameters(config);
}

function llamaParameters(config: LlamaConfig): ParameterInfo[] {
  const { vocabularySize, hiddenSize, intermediateSize, headSize } = config;
  const queries = config.heads * headSize;
  const keys = config.keyValueHeads * headSize;
  const bias = config.attentionBias ? "required" : "none";
  const found = [
    table("model.embed_tokens.weight", vocabularySize, hiddenSize),
  ];
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `model.layers.${layer}`;
    const attention = `${name}.self_attn`;
    found.push(
      vector(`${name}.input_layernorm.weight`, hiddenSize),
      ...linear(`${attention}.q_proj`, queries, hiddenSize, bias),
      ...linear(`${attention}.k_proj`, keys, hiddenSize, bias),
      ...linear(`${attention}.v_proj`, keys, hiddenSize, bias),
      ...linear(
        `${attention}.o_proj`,
        hiddenSize,
        queries,
        config.attentionBias ? "optional" : "none",
      ),
      ...(config.queryKeyNorm
        ? [
          vector(`${attention}.q_norm.weight`, headSize),
          vector(`${attention}.k_norm.weight`, headSize),
        ]
        : []),
      vector(`${name}.post_attention_layernorm.weight`, hiddenSize),
      ...linear(`${name}.mlp.gate_proj`, intermediateSize, hiddenSize, "none"),
      ...linear(`${name}.mlp.up_proj`, intermediateSize, hiddenSize, "none"),
      ...linear(`${name}.mlp.down_proj`, hiddenSize, intermediateSize, "none"),
    );
  }
  found.push(vector("model.norm.weight", hiddenSize));
  if (!config.tiedEmbeddings) {
    found.push(table("lm_head.weight", vocabularySize, hiddenSize));
  }
  return found;
}

function gpt2Parameters(config: Gpt2Config): ParameterInfo[] {
  const { vocabularySize, hiddenSize, intermediateSize } = config;
  const norm = (name: string) => [
    vector(`${name}.weight`, hiddenSize),
    vector(`${name}.bias`, hiddenSize),
  ];
  const found = [
    table("transformer.wte.weight", vocabularySize, hiddenSize),
    table("transformer.wpe.weight", config.contextLength, hiddenSize),
  ];
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `transformer.h.${layer}`;
    const affine = (part: string, outputs: number, inputs: number) =>
      linear(`${name}.${part}`, outputs, inputs, "required");
    found.push(
      ...norm(`${name}.ln_1`),
      ...affine("attn.c_attn", 3 * hiddenSize, hiddenSize),
      ...affine("attn.c_proj", hiddenSize, hiddenSize),
      ...norm(`${name}.ln_2`),
      ...affine("mlp.c_fc", intermediateSize, hiddenSize),
      ...affine("mlp.c_proj", hiddenSize, intermediateSize),
    );
  }
  found.push(...norm("transformer.ln_f"));
  if (!config.tiedEmbeddings) {
    found.push(table("lm_head.weight", vocabularySize, hiddenSize));
  }
  return found;
}

/**
 * The linear layers of a model's blocks, which can be packed and have adapters.
 *
 * @param config The model's sizes.
 * @returns Their names, without ".weight".
 *
 * @example
 * ```ts
 * import { linearLayersOf, parseHubConfig } from "@weft/weft/ops/language";
 *
 * const config = parseHubConfig(JSON.stringify({
 *   model_type: "gpt2", vocab_size: 100, n_embd: 8, n_layer: 1, n_head: 2,
 *   n_positions: 16,
 * }));
 * console.log(linearLayersOf(config)[0]); // transformer.h.0.attn.c_attn
 * ```
 */
export function linearLayersOf(config: ModelConfig): string[] {
  return parametersOf(config).filter(({ isLinear }) => isLinear).map((
    { name },
  ) => name.slice(0, -".weight".length));
}
