/**
 * Keys and values of past tokens.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { KeyValueCache } from "./forward_input.ts";
import type { ModelConfig } from "./model_config.ts";

/**
 * A cache with nothing in it.
 *
 * @param config The model's sizes.
 * @param options `batch` sequences, `capacity` slots of each; `dtype` in which
 * keys and values are held, f32 by default.
 * @returns The cache.
 */
export function emptyCache(
  config: ModelConfig,
  options: {
    readonly batch: number;
    readonly capacity: number;
    readonly dtype?: "f32" | "f16";
  },
): KeyValueCache {
  const { batch, capacity, dtype = "f32" } = options;
  const [heads, size] = config.family === "llama"
    ? [config.keyValueHeads, config.headSize]
    : [config.heads, config.hiddenSize / config.heads];
  const empty = () =>
    Array.from(
      { length: config.layers },
      () => wf.zeros([batch, heads, capacity, size], { dtype }),
    );
  return { keys: empty(), values: empty() };
}

/**
 * Writes the states of new tokens into slots of a cache.
 *
 * @param cache `[batch, heads, capacity, size]`.
 * @param states `[batch, heads, n, size]`.
 * @param start The first slot, a scalar.
 * @returns The cache with the states in it, in its dtype.
 */
export function writeSlots(
  cache: wf.Tensor<wf.FloatDType>,
  states: wf.Tensor<wf.FloatDType>,
  start: wf.I32,
): wf.Tensor<wf.FloatDType> {
  const update = wf.cast(states, cache.dtype);
  return wf.dynamicUpdateSlice(cache, update, start, { axis: 2 });
}
