/**
 * Blocks of GPT-2.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { attend, type LayerCache, splitHeads } from "./attention.ts";
import type { BlockResult } from "./llama_block.ts";
import type { Gpt2Config } from "./model_config.ts";
import {
  type ComputeDType,
  linearLayer,
  parameter,
  type Pass,
} from "./pass.ts";
import type { Placing } from "./placing.ts";

/**
 * Normalises by mean and variance.
 *
 * @param pass The pass.
 * @param name Name of the factors and summands, without ".weight".
 * @param x `[..., size]`.
 * @param epsilon Added under the root.
 * @returns The same shape.
 */
export function layerNormLayer(
  pass: Pass,
  name: string,
  x: wf.Tensor<ComputeDType>,
  epsilon: number,
): wf.Tensor<ComputeDType> {
  return wf.layerNorm(x, {
    weight: parameter(pass, `${name}.weight`),
    bias: parameter(pass, `${name}.bias`),
    epsilon,
  });
}

/**
 * A block: attention, then a feed-forward layer, each behind a norm and added to
 * what came in.
 *
 * @param pass The pass.
 * @param config The model's sizes.
 * @param layer Number of the block.
 * @param hidden `[batch, n, hiddenSize]`.
 * @param placing Where the tokens stand.
 * @param cache Keys and values of earlier tokens.
 * @returns States and cache.
 */
export function gpt2Block(
  pass: Pass,
  config: Gpt2Config,
  layer: number,
  hidden: wf.Tensor<ComputeDType>,
  placing: Placing,
  cache: LayerCache | undefined,
): BlockResult {
  const name = `transformer.h.${layer}`;
  const norm = (part: string, x: wf.Tensor<ComputeDType>) =>
    layerNormLayer(pass, `${name}.${part}`, x, config.normEpsilon);
  const all = linearLayer(pass, `${name}.attn.c_attn`, norm("ln_1", hidden));
  const [query, key, value] = wf.split(all, 3, { axis: -1 }).map((part) =>
    splitHeads(part, config.heads)
  ) as [typeof all, typeof all, typeof all];
  const scale = 1 / Math.sqrt(config.hiddenSize / config.heads);
  const seen = attend({ query, key, value }, placing, cache, scale);
  const middle = wf.add(
    hidden,
    linearLayer(pass, `${name}.attn.c_proj`, seen.output),
  );
  const wide = linearLayer(pass, `${name}.mlp.c_fc`, norm("ln_2", middle));
  const narrow = linearLayer(pass, `${name}.mlp.c_proj`, wf.geluTanh(wide));
  return { hidden: wf.add(middle, narrow), cache: seen.cache };
}
