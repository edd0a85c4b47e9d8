/**
 * Adapters that become part of their base.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { decodeWeight } from "../weights/decode.ts";
import { nf4BlockSize } from "../weights/decode_nf4.ts";
import { packNf4 } from "../weights/pack_nf4.ts";
import type { Weight } from "../weights/weight.ts";
import { attachAdapter } from "./attach_adapter.ts";
import type { LoraFactors } from "./lora_adapter.ts";

/** How merged weights are held: as the base is where it holds plain numbers, or anew. */
export type MergedFormat = "same" | "f32" | "f16" | "nf4";

/** How {@linkcode mergeIntoBase} goes about it. */
export interface MergeOptions {
  /** How merged weights are held; "same" by default, which is refused for packed ones other than NF4, and packs those again. */
  readonly format?: MergedFormat | undefined;
  /** Stops it between layers. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how much is done, from 0 to 1. */
  readonly onProgress?: ((part: number) => void) | undefined;
}

/**
 * Adds `scale · b · a` to the weights that an adapter changes, layer by layer.
 * Packed weights are decoded first, and packed again only where that is asked for:
 * NF4 rounds the sum to its codes.
 *
 * @param model The model with its adapter.
 * @param options `format` ("same").
 * @returns The model without adapter.
 * @throws {ParameterError} When there is no adapter, or the format is "same" and
 * weights are packed in a format that cannot be packed here.
 * @throws {DataError} When the adapter does not fit.
 */
export async function mergeIntoBase(
  model: LanguageModel,
  options: MergeOptions = {},
): Promise<LanguageModel> {
  const { format = "same", signal, onProgress } = options;
  const { adapter, ...base } = model;
  if (adapter === undefined) {
    throw new ParameterError("Cannot merge the adapter of a model without one");
  }
  attachAdapter(base, adapter);
  const weights: Record<string, Weight> = { ...base.weights };
  const layers = Object.entries(adapter.layers);
  for (const [index, [name, factors]] of layers.entries()) {
    signal?.throwIfAborted();
    const key = `${name}.weight`;
    const made = merged(key, weights[key]!, factors, format);
    await wf.realize(made.format === "plain" ? made.value : made.parts);
    weights[key] = made;
    onProgress?.((index + 1) / layers.length);
  }
  return { ...base, weights };
}

function merged(
  name: string,
  weight: Weight,
  { a, b, scale }: LoraFactors,
  format: MergedFormat,
): Weight {
  const change = wf.multiply(
    wf.matmul(wf.cast(b, "f32"), wf.cast(a, "f32")),
    scale,
  );
  const sum = wf.add(decodeWeight(weight, "f32"), change);
  if (format === "nf4") return packNf4(sum);
  if (format !== "same") {
    return { format: "plain", value: wf.cast(sum, format) };
  }
  if (weight.format === "plain") {
    return { format: "plain", value: wf.cast(sum, weight.value.dtype) };
  }
  if (weight.format === "nf4") {
    return packNf4(sum, {
      blockSize: nf4BlockSize(weight),
      doubleQuantize: !("absmax" in weight.parts),
    });
  }
  throw new ParameterError(
    `Cannot merge into "${name}", which is packed as "${weight.format}"`,
    {
      expected: 'the format "f32", "f16" or "nf4" for merged weights',
      actual: '"same"',
    },
  );
}
