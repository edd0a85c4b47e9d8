/**
 * The seam between models and what runs or trains them.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { LayerCache } from "./attention.ts";
import {
  type BlockParts,
  blockParts,
  withBlockParts,
} from "./block_weights.ts";
import type {
  ForwardInput,
  ForwardResult,
  KeyValueCache,
} from "./forward_input.ts";
import { gpt2Block, layerNormLayer } from "./gpt2_block.ts";
import type { LanguageModel } from "./language_model.ts";
import { type BlockResult, llamaBlock, rmsNormLayer } from "./llama_block.ts";
import {
  beginPass,
  type ComputeDType,
  type ForwardOptions,
  lookup,
  type Pass,
} from "./pass.ts";
import { placeTokens, type Placing } from "./placing.ts";

export type {
  ForwardInput,
  ForwardResult,
  KeyValueCache,
} from "./forward_input.ts";
export type { ComputeDType, ForwardOptions } from "./pass.ts";

type States = wf.Tensor<ComputeDType>;

/** What differs between families. */
interface Architecture {
  embed(tokens: wf.I32, placing: Placing): States;
  block(
    layer: number,
    hidden: States,
    placing: Placing,
    cache: LayerCache | undefined,
  ): BlockResult;
  norm(hidden: States): States;
}

function architectureOf(pass: Pass): Architecture {
  const { config } = pass.model;
  const { normEpsilon } = config;
  if (config.family === "llama") {
    return {
      embed: (tokens) => lookup(pass, "model.embed_tokens.weight", tokens),
      block: (...args) => llamaBlock(pass, config, ...args),
      norm: (hidden) => rmsNormLayer(pass, "model.norm", hidden, normEpsilon),
    };
  }
  return {
    embed: (tokens, { positions }) =>
      wf.add(
        lookup(pass, "transformer.wte.weight", tokens),
        lookup(pass, "transformer.wpe.weight", positions),
      ),
    block: (...args) => gpt2Block(pass, config, ...args),
    norm: (hidden) =>
      layerNormLayer(pass, "transformer.ln_f", hidden, normEpsilon),
  };
}

/**
 * Runs tokens through a model, up to the last norm; see `logitsOf` for what
 * comes behind. To be called inside of `wf.compile` with the model taken from
 * outside; `start`, `padding` and the cache are arguments, so that one program
 * decodes all tokens.
 *
 * @param model The model; its adapter is applied.
 * @param input Tokens, where they stand, and a cache.
 * @param options `dtype` (f32), `checkpoint` (false), `dropout`.
 * @returns States, and the cache with the new tokens where one was given.
 * @throws {DataError} When a weight is missing.
 * @throws {ParameterError} When more tokens come than the cache has slots.
 */
export function forward(
  model: LanguageModel,
  input: ForwardInput,
  options: ForwardOptions = {},
): ForwardResult {
  const pass = beginPass(model, options);
  const architecture = architectureOf(pass);
  const placing = placeTokens(input);
  let hidden = architecture.embed(input.tokens, placing);
  const keys: KeyValueCache["keys"][number][] = [];
  const values: KeyValueCache["values"][number][] = [];
  for (let layer = 0; layer < model.config.layers; layer++) {
    const before = layerCache(input.cache, layer);
    if (before === undefined) {
      hidden = options.checkpoint === true
        ? checkpointed(pass, layer, hidden, placing)
        : architecture.block(layer, hidden, placing, undefined).hidden;
      continue;
    }
    const made = architecture.block(layer, hidden, placing, before);
    hidden = made.hidden;
    keys.push(made.cache!.keys);
    values.push(made.cache!.values);
  }
  hidden = architecture.norm(hidden);
  return input.cache === undefined
    ? { hidden }
    : { hidden, cache: { keys, values } };
}

/** A block of which nothing is kept for the way back, decoded weights neither. */
function checkpointed(
  pass: Pass,
  layer: number,
  hidden: States,
  placing: Placing,
): States {
  const run = (x: States, parts: BlockParts): States => {
    const own = { ...pass, model: withBlockParts(pass.model, parts) };
    return architectureOf(own).block(layer, x, placing, undefined).hidden;
  };
  return wf.checkpoint(run)(hidden, blockParts(pass.model, layer));
}

function layerCache(
  cache: KeyValueCache | undefined,
  layer: number,
): LayerCache | undefined {
  return cache === undefined
    ? undefined
    : { keys: cache.keys[layer]!, values: cache.values[layer]! };
}
