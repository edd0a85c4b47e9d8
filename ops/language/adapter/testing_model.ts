/**
 * A tiny model of noise, as `record_qlora.py` makes it.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { recordedNoise } from "../../../runtime/tensor/network/testing_quantization.ts";
import type { LanguageModel } from "../model/language_model.ts";
import type { Weight } from "../weights/weight.ts";

const HIDDEN = 64;
const INNER = 128;
const VOCABULARY = 96;

/** Names, shapes and the order of seeds. */
function shapes(): [string, number[]][] {
  const list: [string, number[]][] = [
    ["model.embed_tokens.weight", [VOCABULARY, HIDDEN]],
    ["model.norm.weight", [HIDDEN]],
  ];
  for (const layer of [0, 1]) {
    const name = `model.layers.${layer}`;
    list.push(
      [`${name}.input_layernorm.weight`, [HIDDEN]],
      [`${name}.post_attention_layernorm.weight`, [HIDDEN]],
      [`${name}.self_attn.q_proj.weight`, [HIDDEN, HIDDEN]],
      [`${name}.self_attn.k_proj.weight`, [HIDDEN / 2, HIDDEN]],
      [`${name}.self_attn.v_proj.weight`, [HIDDEN / 2, HIDDEN]],
      [`${name}.self_attn.o_proj.weight`, [HIDDEN, HIDDEN]],
      [`${name}.mlp.gate_proj.weight`, [INNER, HIDDEN]],
      [`${name}.mlp.up_proj.weight`, [INNER, HIDDEN]],
      [`${name}.mlp.down_proj.weight`, [HIDDEN, INNER]],
    );
  }
  return list;
}

/**
 * A Llama of two blocks.
 *
 * @returns The model, f32, without a tokenizer.
 */
export function tinyModel(): LanguageModel {
  const weights = shapes().map(([name, shape], index): [string, Weight] => {
    const noise = recordedNoise(
      shape.reduce((product, length) => product * length, 1),
      1000 + index,
    );
    const scaled = noise.map((x) => shape.length === 1 ? 1 + x / 8 : x / 8);
    return [name, { format: "plain", value: wf.tensor(scaled, { shape }) }];
  });
  return {
    config: {
      family: "llama",
      vocabularySize: VOCABULARY,
      hiddenSize: HIDDEN,
      intermediateSize: INNER,
      layers: 2,
      heads: 4,
      keyValueHeads: 2,
      headSize: 16,
      contextLength: 64,
      normEpsilon: 1e-5,
      ropeBase: 10000,
      ropePairing: "half",
      ropeScaling: null,
      tiedEmbeddings: true,
      attentionBias: false,
      queryKeyNorm: false,
    },
    weights: Object.fromEntries(weights),
    tokenizer: null,
  };
}

/**
 * Tokens of the tiny model, as `record_qlora.py` draws them.
 *
 * @param count How many.
 * @param seed Where the generator starts.
 * @returns The tokens.
 */
export function recordedTokens(
  count: number,
  seed: number,
): Int32Array<ArrayBuffer> {
  let state = seed;
  return Int32Array.from({ length: count }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return (state >>> 8) % VOCABULARY;
  });
}
