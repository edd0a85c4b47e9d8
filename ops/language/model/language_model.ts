/**
 * A language model as a value that passes through ports: plain data and tensors.
 *
 * @module
 */

import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { TokenizerData } from "../tokenizer/tokenizer_data.ts";
import type { Weight } from "../weights/weight.ts";
import type { ModelConfig } from "./model_config.ts";

/** A decoder with its weights and its tokenizer. */
export interface LanguageModel {
  /** Sizes and variants of the architecture. */
  readonly config: ModelConfig;
  /**
   * The parameters, by the names that the Hugging Face hub gives them
   * ("model.layers.0.self_attn.q_proj.weight", "transformer.h.0.attn.c_attn.weight").
   */
  readonly weights: Readonly<Record<string, Weight>>;
  /** How text becomes tokens; null where the source had none. */
  readonly tokenizer: TokenizerData | null;
  /** Low-rank changes of linear layers that are added where they apply. */
  readonly adapter?: LoraAdapter;
}
