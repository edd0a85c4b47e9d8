/**
 * Attention written as it is defined, with all scores at once: the slow twin of
 * the attention by blocks.
 *
 * @module
 */

import type { FloatDType } from "../../../device/dtypes.ts";
import { arange } from "../../creation.ts";
import { matmul } from "../../contraction.ts";
import {
  add,
  divide,
  equal,
  exp,
  isFinite,
  less,
  lessEqual,
  logicalAnd,
  multiply,
  stopGradient,
  subtract,
  where,
} from "../../elementwise.ts";
import { expandDims, repeat, reshape, transpose } from "../../movement.ts";
import { castTo } from "../../node.ts";
import { max, sum } from "../../reductions.ts";
import type { Bool, Tensor } from "../../tensor.ts";
import type { AttentionOptions } from "./inputs.ts";

/**
 * Attention, composed.
 *
 * @param query `[..., heads, queries, headSize]`.
 * @param key `[..., keyHeads, keys, headSize]`.
 * @param value `[..., keyHeads, keys, valueSize]`.
 * @param options As of the attention by blocks; `keyLengths` and `keyStarts` are
 * tensors, of the shape of the batch.
 * @returns `[..., heads, queries, valueSize]`.
 */
export function composedAttention<D extends FloatDType>(
  query: Tensor<D>,
  key: Tensor<D>,
  value: Tensor<D>,
  options: AttentionOptions = {},
): Tensor<D> {
  const times = query.shape.at(-3)! / key.shape.at(-3)!;
  const each = { axis: key.ndim - 3 };
  const [k, v] = [repeat(key, times, each), repeat(value, times, each)];
  const scale = options.scale ?? 1 / Math.sqrt(query.shape.at(-1)!);
  let scores = multiply(matmul(query, transpose(k)), scale);
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const at = arange(keys, undefined, 1, { dtype: "i32" });
  const seen: Bool[] = [lessEqual(0, at)];
  const { mask, isCausal, keyLengths, keyStarts } = options;
  if (mask?.dtype === "bool") seen.push(mask as Bool);
  else if (mask !== undefined) scores = add(scores, castTo(mask, query.dtype));
  if (isCausal === true) {
    const own = arange(queries, undefined, 1, { dtype: "i32" });
    seen.push(lessEqual(at, expandDims(add(own, keys - queries), 1)));
  }
  if (keyLengths !== undefined) seen.push(less(at, ofRows(keyLengths)));
  if (keyStarts !== undefined) seen.push(lessEqual(ofRows(keyStarts), at));
  scores = where(seen.reduce(logicalAnd), scores, -Infinity);
  const row = { axis: -1, keepDims: true } as const;
  const highest = stopGradient(max(scores, row));
  const weights = exp(
    subtract(scores, where(isFinite(highest), highest, 0)),
  );
  const total = sum(weights, row) as Tensor<D>;
  return matmul(divide(weights, where(equal(total, 0), 1, total)), v);
}

function ofRows(x: AttentionOptions["keyLengths"]): Tensor<"i32"> {
  const one = x as Tensor<"i32">;
  return reshape(one, [...one.shape, 1, 1, 1]);
}
