/**
 * Low-rank adapters, with the names and settings of PEFT.
 *
 * @module
 */

import type { FloatDType, Tensor } from "../../../runtime/tensor/mod.ts";

/** The factors of one linear layer: the layer adds `scale · (x · aᵀ) · bᵀ`. */
export interface LoraFactors {
  /** `[rank, inputs]`. */
  readonly a: Tensor<FloatDType>;
  /** `[outputs, rank]`. */
  readonly b: Tensor<FloatDType>;
  /** What the product is multiplied by: alpha / rank, or alpha / √rank. */
  readonly scale: number;
}

/** An adapter of a model. */
export interface LoraAdapter {
  /** The factors by the name of the layer, without ".weight" ("model.layers.0.self_attn.q_proj"). */
  readonly layers: Readonly<Record<string, LoraFactors>>;
  /** Settings that are kept for `adapter_config.json`. */
  readonly config: LoraConfig;
}

/** Settings of an adapter; the names are PEFT's, in camelCase. */
export interface LoraConfig {
  /** Rank of the factors. */
  readonly rank: number;
  /** Alpha. */
  readonly alpha: number;
  /** Probability with which an input of an adapter is dropped in training. */
  readonly dropout: number;
  /** Last parts of the names of the layers that have one. */
  readonly targetModules: readonly string[];
  /** Whether the scale is alpha / √rank. */
  readonly rankStabilized: boolean;
  /** Name or path of the base model; null where it is not known. */
  readonly baseModel: string | null;
}
