/**
 * The tensors that a weight is held by.
 *
 * @module
 */

import type { Tensor } from "../../../runtime/tensor/mod.ts";
import type { Weight } from "./weight.ts";

/** Tensors by their names; "value" of a plain weight. */
export type WeightParts = Readonly<Record<string, Tensor>>;

/**
 * The tensors of a weight.
 *
 * @param weight The weight.
 * @returns Its parts.
 */
export function partsOf(weight: Weight): WeightParts {
  return weight.format === "plain" ? { value: weight.value } : weight.parts;
}

/**
 * A weight of the same form that is held by other tensors.
 *
 * @param weight The weight.
 * @param parts What {@linkcode partsOf} gave, with other tensors.
 * @returns The weight.
 */
export function withParts(weight: Weight, parts: WeightParts): Weight {
  return weight.format === "plain"
    ? { format: "plain", value: parts["value"] as typeof weight.value }
    : { ...weight, parts };
}
