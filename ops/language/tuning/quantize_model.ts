/**
 * Models whose linear layers are packed in NF4.
 *
 * @module
 */

import { NumericalError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { decodeWeight, weightShape } from "../weights/decode.ts";
import { packNf4, type PackNf4Options } from "../weights/pack_nf4.ts";
import { packQ80 } from "../weights/pack_q8_0.ts";
import type { Weight } from "../weights/weight.ts";
import { targetLayers, type TargetModules } from "../model/linear_layers.ts";

/** How matrices that are not packed in NF4 are held. */
export type TableFormat = "keep" | "f16" | "q8_0";

/** How {@linkcode quantizeModel} goes about it. */
export interface QuantizeModelOptions extends PackNf4Options {
  /** Which layers are packed; all linear ones but the classifier by default. */
  readonly targets?: TargetModules | undefined;
  /** What becomes of other matrices, embedding and classifier: "f16" (default), "q8_0" in 8.5 bits a number, or "keep". */
  readonly tables?: TableFormat | undefined;
  /** Stops it between tensors. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how much is done, from 0 to 1. */
  readonly onProgress?: ((part: number) => void) | undefined;
}

/**
 * Packs the linear layers of a model in NF4, one tensor after another, so that
 * the whole model is never decoded. What has one axis (norms, biases) becomes f32.
 *
 * @param model The model, in any format; its adapter goes along.
 * @param options `blockSize` (64), `doubleQuantize` (true), `targets`
 * ("all-linear"), `tables` ("f16").
 * @returns A model that holds packed weights.
 * @throws {NumericalError} When a weight is not finite.
 * @throws {ParameterError} When a target fits no layer, or blocks have no size
 * that can be.
 */
export async function quantizeModel(
  model: LanguageModel,
  options: QuantizeModelOptions = {},
): Promise<LanguageModel> {
  const { targets = "all-linear", tables = "f16" } = options;
  const { signal, onProgress } = options;
  const targeted = new Set(
    targetLayers(model, targets).map(({ name }) => `${name}.weight`),
  );
  const weights: Record<string, Weight> = {};
  const entries = Object.entries(model.weights);
  for (const [index, [name, weight]] of entries.entries()) {
    signal?.throwIfAborted();
    if (targeted.has(name)) {
      weights[name] = await packedFinite(name, weight, options);
    } else {
      weights[name] = weightShape(weight).length > 1
        ? await heldTable(weight, tables)
        : await heldPlain(weight, "f32");
    }
    onProgress?.((index + 1) / entries.length);
  }
  return { ...model, weights };
}

async function packedFinite(
  name: string,
  weight: Weight,
  options: PackNf4Options,
): Promise<Weight> {
  const made = packNf4(decodeWeight(weight, "f32"), options);
  const { absmaxOffset, absmax } = made.parts;
  const total = wf.sum(absmaxOffset ?? absmax!);
  await wf.realize(made.parts, total);
  // A scale that is not finite makes the sum of all scales so.
  if (!Number.isFinite(await total.item())) {
    throw new NumericalError(`Cannot quantise "${name}" as it is not finite`, {
      expected: "finite weights",
      hint: "The file is damaged, or training went astray",
    });
  }
  return made;
}

async function heldTable(weight: Weight, format: TableFormat): Promise<Weight> {
  if (format === "keep") return weight;
  if (format === "f16") return await heldPlain(weight, "f16");
  const made = packQ80(decodeWeight(weight, "f32"));
  await wf.realize(made.parts);
  return made;
}

async function heldPlain(
  weight: Weight,
  dtype: "f32" | "f16",
): Promise<Weight> {
  if (weight.format === "plain" && weight.value.dtype === dtype) return weight;
  const value = decodeWeight(weight, dtype);
  await wf.realize(value);
  return { format: "plain", value };
}
