/**
 * The weights of one block as a tree of tensors.
 *
 * @module
 */

import type { Tensor } from "../../../runtime/tensor/mod.ts";
import type { Weight } from "../weights/weight.ts";
import type { LanguageModel } from "./language_model.ts";

/** Parts of weights by their names; "value" of plain ones. */
export type BlockParts = Readonly<
  Record<string, Readonly<Record<string, Tensor>>>
>;

/**
 * The parts of the weights of a block.
 *
 * @param model The model.
 * @param layer Number of the block.
 * @returns The parts.
 */
export function blockParts(model: LanguageModel, layer: number): BlockParts {
  const prefix = model.config.family === "llama"
    ? `model.layers.${layer}.`
    : `transformer.h.${layer}.`;
  return Object.fromEntries(
    Object.entries(model.weights)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, weight]) => [
        name,
        weight.format === "plain" ? { value: weight.value } : weight.parts,
      ]),
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
  const weights = Object.entries(parts).map(([name, own]): [string, Weight] => {
    const weight = model.weights[name]!;
    return [
      name,
      weight.format === "plain"
        ? { format: "plain", value: own["value"] as typeof weight.value }
        : { ...weight, parts: own },
    ];
  });
  return {
    ...model,
    weights: { ...model.weights, ...Object.fromEntries(weights) },
  };
}
