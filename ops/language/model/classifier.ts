/**
 * From states to logits.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "./language_model.ts";
import {
  type AnyFloat,
  beginPass,
  type ComputeDType,
  type ForwardOptions,
  linearLayer,
  parameter,
} from "./pass.ts";

/**
 * Name of the layer that makes logits.
 *
 * @param model The model.
 * @returns The name, without ".weight": of the embedding where it is tied.
 */
export function classifierName(model: LanguageModel): string {
  const { family, tiedEmbeddings } = model.config;
  if (!tiedEmbeddings) return "lm_head";
  return family === "llama" ? "model.embed_tokens" : "transformer.wte";
}

/**
 * The matrix that makes logits, for `cutCrossEntropy`, with what an adapter adds.
 *
 * @param model The model.
 * @param options `dtype` (f32).
 * @returns `[vocabularySize, hiddenSize]`.
 * @throws {DataError} When the model has no such weight.
 */
export function classifierOf(
  model: LanguageModel,
  options: Pick<ForwardOptions, "dtype"> = {},
): wf.Tensor<ComputeDType> {
  const pass = beginPass(model, options);
  const name = classifierName(model);
  const base = parameter(pass, `${name}.weight`);
  const factors = model.adapter?.layers[name];
  if (factors === undefined) return base;
  const [a, b] = [factors.a, factors.b].map((one) => wf.cast(one, pass.dtype));
  return wf.add(base, wf.multiply(wf.matmul(b!, a!), factors.scale));
}

/**
 * The logits of states.
 *
 * @param model The model.
 * @param hidden States after the last norm, `[..., hiddenSize]`.
 * @returns `[..., vocabularySize]`, in the dtype of the states (f64 as f32).
 * @throws {DataError} When the model has no such weight.
 */
export function logitsOf(
  model: LanguageModel,
  hidden: AnyFloat,
): wf.Tensor<ComputeDType> {
  const dtype = hidden.dtype === "f16" ? "f16" : "f32";
  const pass = beginPass(model, { dtype });
  return linearLayer(pass, classifierName(model), wf.cast(hidden, dtype));
}
