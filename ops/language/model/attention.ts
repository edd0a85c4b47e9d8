/**
 * Attention over heads, with a cache of keys and values.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { writeSlots } from "./key_value_cache.ts";
import type { AnyFloat, ComputeDType } from "./pass.ts";
import type { Placing } from "./placing.ts";

/** Keys and values of one layer. */
export interface LayerCache {
  /** Keys, `[batch, keyValueHeads, capacity, headSize]`. */
  readonly keys: AnyFloat;
  /** Values. */
  readonly values: AnyFloat;
}

/** Heads of queries, keys and values, each `[batch, heads, n, headSize]`. */
export interface Heads {
  /** Queries. */
  readonly query: wf.Tensor<ComputeDType>;
  /** Keys. */
  readonly key: wf.Tensor<ComputeDType>;
  /** Values. */
  readonly value: wf.Tensor<ComputeDType>;
}

/**
 * Splits states into heads.
 *
 * @param x `[batch, n, heads · headSize]`.
 * @param heads How many.
 * @returns `[batch, heads, n, headSize]`.
 */
export function splitHeads<D extends wf.DType>(
  x: wf.Tensor<D>,
  heads: number,
): wf.Tensor<D> {
  const [batch, length, size] = x.shape as [number, number, number];
  return wf.permuteDims(
    wf.reshape(x, [batch, length, heads, size / heads]),
    [0, 2, 1, 3],
  );
}

function joinHeads<D extends wf.DType>(x: wf.Tensor<D>): wf.Tensor<D> {
  const [batch, heads, length, size] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  return wf.reshape(wf.permuteDims(x, [0, 2, 1, 3]), [
    batch,
    length,
    heads * size,
  ]);
}

/**
 * Attends to the new tokens and those of a cache.
 *
 * @param heads Queries, keys and values of the new tokens.
 * @param placing Where they stand.
 * @param cache What was before; none by default.
 * @param scale What products of queries and keys are multiplied by.
 * @returns `[batch, n, heads · headSize]`, and the cache with the new tokens.
 * @throws {ParameterError} When more tokens come than the cache has slots.
 */
export function attend(
  { query, key, value }: Heads,
  placing: Placing,
  cache: LayerCache | undefined,
  scale: number,
): { output: wf.Tensor<ComputeDType>; cache: LayerCache | undefined } {
  const capacity = cache?.keys.shape[2] ?? Infinity;
  if (key.shape[2]! > capacity) {
    throw new ParameterError(
      `Cannot keep ${key.shape[2]} tokens in a cache of ${capacity} slots`,
      { hint: "Make a larger cache, or give fewer tokens at once" },
    );
  }
  const own = wf.scaledDotProductAttention;
  if (cache === undefined) {
    const output = own(query, key, value, { ...placing.own, scale });
    return { output: joinHeads(output), cache };
  }
  const first = placing.start ?? wf.tensor(0, { dtype: "i32" });
  const made = {
    keys: writeSlots(cache.keys, key, first),
    values: writeSlots(cache.values, value, first),
  };
  // The first tokens of a cache see nothing but themselves.
  const output = placing.start === undefined
    ? own(query, key, value, { ...placing.own, scale })
    : own(
      query,
      wf.cast(made.keys, query.dtype),
      wf.cast(made.values, query.dtype),
      { ...placing.cached(capacity), scale },
    );
  return { output: joinHeads(output), cache: made };
}
