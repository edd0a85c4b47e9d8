/**
 * The weights of one block as a tree of tensors.
 *
 * @module
 */

import {
  partsOf,
  type WeightParts,
  withParts,
} from "../weights/weight_parts.ts";
import type { LanguageModel } from "./language_model.ts";

/** The tensors of weights, by the names of those. */
export type BlockParts = Readonly<Record<string, WeightParts>>;

/**
 * The tensors of the weights of a block.
 *
 * @param model The model.
 * @param layer Number of the block.
 * @returns The tensors.
 */
export function blockParts(model: LanguageModel, layer: number): BlockParts {
  const prefix = model.config.family === "llama"
    ? `model.layers.${layer}.`
    : `transformer.h.${layer}.`;
  return Object.fromEntries(
    Object.entries(model.weights)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, weight]) => [name, partsOf(weight)]),
  );
}

/**
 * A model whose block is made of other tensors.
 *
 * @param model The model.
 * @param parts What {@linkcode blockParts} gave, with other tensors.
 * @returns The model.
 */
export function withBlockParts(
  model: LanguageModel,
  parts: BlockParts,
): LanguageModel {
  const weights = Object.entries(parts).map(([name, own]) =>
    [name, withParts(model.weights[name]!, own)] as const
  );
  return {
    ...model,
    weights: { ...model.weights, ...Object.fromEntries(weights) },
  };
}
