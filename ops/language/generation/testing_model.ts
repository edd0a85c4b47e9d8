/**
 * Tiny models with random weights, for tests.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";
import type { LlamaConfig } from "../model/model_config.ts";
import type { Weight } from "../weights/weight.ts";

/**
 * A tiny Llama.
 *
 * @param changes Sizes that differ.
 * @returns The model, without a tokenizer.
 */
export async function tinyModel(
  changes: Partial<LlamaConfig> = {},
): Promise<LanguageModel> {
  const config: LlamaConfig = {
    family: "llama",
    vocabularySize: 32,
    hiddenSize: 16,
    intermediateSize: 24,
    layers: 2,
    heads: 4,
    keyValueHeads: 2,
    headSize: 4,
    contextLength: 256,
    normEpsilon: 1e-5,
    ropeBase: 10_000,
    ropePairing: "half",
    ropeScaling: null,
    tiedEmbeddings: true,
    attentionBias: false,
    queryKeyNorm: false,
    ...changes,
  };
  const { headSize, heads, hiddenSize, intermediateSize, keyValueHeads } =
    config;
  const weights: Record<string, Weight> = {};
  let seed = 0;
  const matrix = (name: string, ...shape: number[]) => {
    const drawn = wf.random.normal(wf.random.key(++seed), shape);
    const value = shape.length === 1
      ? wf.add(wf.multiply(drawn, 0.1), 1)
      : wf.multiply(drawn, name.includes("embed") ? 1 : 0.4);
    weights[`${name}.weight`] = { format: "plain", value };
  };
  matrix("model.embed_tokens", config.vocabularySize, hiddenSize);
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}`;
    matrix(`${at}.input_layernorm`, hiddenSize);
    matrix(`${at}.self_attn.q_proj`, heads * headSize, hiddenSize);
    matrix(`${at}.self_attn.k_proj`, keyValueHeads * headSize, hiddenSize);
    matrix(`${at}.self_attn.v_proj`, keyValueHeads * headSize, hiddenSize);
    matrix(`${at}.self_attn.o_proj`, hiddenSize, heads * headSize);
    matrix(`${at}.post_attention_layernorm`, hiddenSize);
    matrix(`${at}.mlp.gate_proj`, intermediateSize, hiddenSize);
    matrix(`${at}.mlp.up_proj`, intermediateSize, hiddenSize);
    matrix(`${at}.mlp.down_proj`, hiddenSize, intermediateSize);
  }
  matrix("model.norm", hiddenSize);
  await wf.realize(
    ...Object.values(weights).map((one) =>
      one.format === "plain" ? one.value : one.parts
    ),
  );
  return { config, weights, tokenizer: null };
}

/**
 * Log-probabilities of all next tokens, without a cache.
 *
 * @param model The model.
 * @param ids A sequence.
 * @returns For each place the log-probabilities of the token behind it.
 */
export async function plainLogProbabilities(
  model: LanguageModel,
  ids: readonly number[],
): Promise<Float32Array[]> {
  const tokens = wf.tensor([ids], { dtype: "i32" });
  const { hidden } = forward(model, { tokens });
  const logits = wf.cast(logitsOf(model, hidden), "f32");
  const data = await wf.logSoftmax(logits, { axis: -1 }).data();
  const size = model.config.vocabularySize;
  return ids.map((_, at) => data.slice(at * size, (at + 1) * size));
}
