/**
 * Blocks of the Llama family.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { attend, type LayerCache, splitHeads } from "./attention.ts";
import type { LlamaConfig } from "./model_config.ts";
import {
  type ComputeDType,
  linearLayer,
  parameter,
  type Pass,
} from "./pass.ts";
import type { Placing } from "./placing.ts";
import { rotaryFrequencies } from "./rotary_frequencies.ts";

/** States, and the cache of the layer where there is one. */
export interface BlockResult {
  /** `[batch, n, hiddenSize]`. */
  readonly hidden: wf.Tensor<ComputeDType>;
  /** The cache with the new tokens in it. */
  readonly cache: LayerCache | undefined;
}

/**
 * Normalises by the root of the mean of squares.
 *
 * @param pass The pass.
 * @param name Name of the factors, without ".weight".
 * @param x `[..., size]`.
 * @param epsilon Added under the root.
 * @returns The same shape.
 */
export function rmsNormLayer(
  pass: Pass,
  name: string,
  x: wf.Tensor<ComputeDType>,
  epsilon: number,
): wf.Tensor<ComputeDType> {
  return wf.rmsNorm(x, { weight: parameter(pass, `${name}.weight`), epsilon });
}

/**
 * A block: attention over rotated heads, then a gated feed-forward layer, each
 * behind a norm and added to what came in.
 *
 * @param pass The pass.
 * @param config The model's sizes.
 * @param layer Number of the block.
 * @param hidden `[batch, n, hiddenSize]`.
 * @param placing Where the tokens stand.
 * @param cache Keys and values of earlier tokens.
 * @returns States and cache.
 */
export function llamaBlock(
  pass: Pass,
  config: LlamaConfig,
  layer: number,
  hidden: wf.Tensor<ComputeDType>,
  placing: Placing,
  cache: LayerCache | undefined,
): BlockResult {
  const name = `model.layers.${layer}`;
  const norm = (part: string, x: wf.Tensor<ComputeDType>) =>
    rmsNormLayer(pass, `${name}.${part}`, x, config.normEpsilon);
  const seen = selfAttention(
    pass,
    config,
    `${name}.self_attn`,
    norm("input_layernorm", hidden),
    placing,
    cache,
  );
  const middle = wf.add(hidden, seen.hidden);
  const x = norm("post_attention_layernorm", middle);
  const gate = linearLayer(pass, `${name}.mlp.gate_proj`, x);
  const up = linearLayer(pass, `${name}.mlp.up_proj`, x);
  const down = linearLayer(
    pass,
    `${name}.mlp.down_proj`,
    wf.multiply(wf.silu(gate), up),
  );
  return { hidden: wf.add(middle, down), cache: seen.cache };
}

function selfAttention(
  pass: Pass,
  config: LlamaConfig,
  name: string,
  x: wf.Tensor<ComputeDType>,
  placing: Placing,
  cache: LayerCache | undefined,
): BlockResult {
  const { frequencies, scoreFactor } = rotaryFrequencies(config);
  const heads = (part: string, count: number) =>
    splitHeads(linearLayer(pass, `${name}.${part}_proj`, x), count);
  const turned = (part: "q" | "k", count: number) => {
    const own = heads(part, count);
    const even = config.queryKeyNorm
      ? rmsNormLayer(pass, `${name}.${part}_norm`, own, config.normEpsilon)
      : own;
    return wf.rotaryEmbedding(even, {
      positions: wf.expandDims(placing.positions, 1),
      pairing: config.ropePairing,
      frequencies,
    });
  };
  const { output, cache: made } = attend(
    {
      query: turned("q", config.heads),
      key: turned("k", config.keyValueHeads),
      value: heads("v", config.keyValueHeads),
    },
    placing,
    cache,
    scoreFactor / Math.sqrt(config.headSize),
  );
  return { hidden: linearLayer(pass, `${name}.o_proj`, output), cache: made };
}
