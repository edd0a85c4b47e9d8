/**
 * The loss of a model on rows of tokens.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { classifierName, classifierOf } from "../model/classifier.ts";
import { forward, type ForwardOptions } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";

/** Rows that go through the model at once. */
export interface Batch {
  /** `[batch, length]`. */
  readonly tokens: wf.I32;
  /** The tokens behind them, -100 where they are not learnt, `[batch, length]`. */
  readonly targets: wf.I32;
  /** The example of each token, `[batch, length]`; where rows are shared. */
  readonly segments?: wf.I32;
}

/** How {@linkcode batchLoss} is computed. */
export interface BatchLossOptions extends ForwardOptions {
  /** What logits are multiplied by; 1 by default. */
  readonly factor?: wf.F32 | undefined;
}

/**
 * The cross-entropy of all tokens that are learnt, summed. Logits are never held.
 *
 * @param model The model; its adapter is applied.
 * @param batch The rows.
 * @param options How the model is run, and `factor` (1).
 * @returns The loss.
 */
export function batchLoss(
  model: LanguageModel,
  { segments, targets, tokens }: Batch,
  { factor, ...options }: BatchLossOptions = {},
): wf.F32 {
  const input = { tokens, ...(segments === undefined ? {} : { segments }) };
  const hidden = wf.cast(forward(model, input, options).hidden, "f32");
  return wf.cutCrossEntropy(
    factor === undefined ? hidden : wf.multiply(hidden, factor),
    classifierTable(model),
    targets,
    { reduction: "sum" },
  );
}

/**
 * The classifier: f16 where it is held so, which is cast chunk by chunk.
 *
 * @param model The model.
 * @returns `[vocabularySize, hiddenSize]`.
 */
export function classifierTable(
  model: LanguageModel,
): wf.F32 | wf.Tensor<"f16"> {
  const name = classifierName(model);
  const weight = model.weights[`${name}.weight`];
  const isPlain = weight?.format === "plain" &&
    model.adapter?.layers[name] === undefined;
  return isPlain && weight.value.dtype === "f16"
    ? wf.cast(weight.value, "f16")
    : wf.cast(classifierOf(model), "f32");
}
