/**
 * Adapters on models.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { linearLayers } from "../model/linear_layers.ts";
import type { LanguageModel } from "../model/language_model.ts";
import type { LoraAdapter } from "./lora_adapter.ts";

/**
 * A model with an adapter, which is applied wherever the model runs.
 *
 * @param model The model; an adapter that it has is replaced.
 * @param adapter The adapter.
 * @returns The model with its adapter.
 * @throws {DataError} When the model has no such layer, or sizes differ.
 */
export function attachAdapter(
  model: LanguageModel,
  adapter: LoraAdapter,
): LanguageModel & { readonly adapter: LoraAdapter } {
  const known = new Map(
    linearLayers(model).map((layer) => [layer.name, layer] as const),
  );
  for (const [name, { a, b }] of Object.entries(adapter.layers)) {
    const layer = known.get(name);
    if (layer === undefined) {
      throw new DataError(
        `Cannot adapt the layer "${name.slice(0, 200)}" as the model has none`,
        { hint: "The adapter belongs to another base model" },
      );
    }
    if (a.shape[1] !== layer.inputs || b.shape[0] !== layer.outputs) {
      throw new DataError(`Cannot adapt the layer "${name}"`, {
        expected:
          `factors [rank, ${layer.inputs}] and [${layer.outputs}, rank]`,
        actual: `[${a.shape}] and [${b.shape}]`,
        hint: "The adapter belongs to another base model",
      });
    }
  }
  return { ...model, adapter };
}
