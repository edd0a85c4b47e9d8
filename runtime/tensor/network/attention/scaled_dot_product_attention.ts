/**
 * Scaled dot-product attention that never holds all scores.
 *
 * @module
 */

import { WeftError } from "../../../core/errors.ts";
import type { FloatDType } from "../../../device/dtypes.ts";
import { zeros } from "../../creation.ts";
import { multiply, subtract } from "../../elementwise.ts";
import type { CustomCall } from "../../gradients/several.ts";
import { reshape } from "../../movement.ts";
import { castTo } from "../../node.ts";
import { sum } from "../../reductions.ts";
import type { I32, Tensor } from "../../tensor.ts";
import { customGradients } from "../several.ts";
import type { AnyFloat } from "./blocks.ts";
import type { Attention, AttentionRule } from "./cuts.ts";
import { attentionInputs, type AttentionOptions } from "./inputs.ts";
import { attentionSpans } from "./spans.ts";
import { attend, attendBackward } from "./walk.ts";

/**
 * Attention: `softmax(scale · query · keyᵀ + mask) · value` for each head. Query
 * heads share a key and value head in consecutive runs of equal length where
 * there are fewer of the latter (grouped or multi-query attention).
 *
 * Scores are computed in blocks of about 8 MB and again on the way back, so
 * memory grows with the length of the sequence, not with its square; causal
 * queries are cut into ranges that skip keys which none of them sees. f16 is
 * computed in f32. A query that sees no key at all gives 0 and has a gradient of
 * 0. Gradients of gradients work, but hold the scores of more blocks.
 *
 * @param query `[..., heads, queries, headSize]`; leading axes are batches and
 * broadcast, `[queries, headSize]` is one head.
 * @param key `[..., keyHeads, keys, headSize]`, where `keyHeads` divides `heads`.
 * @param value `[..., keyHeads, keys, valueSize]`.
 * @param options `isCausal` (false), `mask`, `keyLengths`, `keyStarts` and
 * `scale` (`1 / √headSize`).
 * @returns `[..., heads, queries, valueSize]`, in the dtype of the query.
 * @throws {DTypeError} When dtypes differ or are no floats, or that of the mask is
 * neither bool nor a float.
 * @throws {ParameterError} When the scale is no finite number.
 * @throws {ShapeError} When shapes do not fit.
 * @throws {WeftError} When a gradient is asked of the mask.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const [a, b, c] = wf.random.split(wf.random.key(1), 3);
 * const query = wf.random.normal(a!, [2, 4, 5, 8]); // 4 query heads
 * const key = wf.random.normal(b!, [2, 2, 5, 8]); // share 2 key heads
 * const value = wf.random.normal(c!, [2, 2, 5, 8]);
 * const seen = wf.scaledDotProductAttention(query, key, value, {
 *   isCausal: true,
 *   keyLengths: [5, 3], // the second sequence is shorter
 * });
 * console.log(seen.shape); // [2, 4, 5, 8]
 * ```
 */
export function scaledDotProductAttention<D extends FloatDType>(
  query: Tensor<D>,
  key: Tensor<D>,
  value: Tensor<D>,
  options: AttentionOptions = {},
): Tensor<D> {
  const { whole, parts, shape, scale } = attentionInputs(
    query,
    key,
    value,
    options,
  );
  const [groups, repeats, queries] = whole.query.shape as [
    number,
    number,
    number,
  ];
  const keys = whole.key.shape[1]!;
  // One query is the last one, which sees all keys.
  const isCausal = options.isCausal === true && queries > 1;
  if (groups * repeats * queries * keys === 0) {
    return zeros(shape, { dtype: query.dtype });
  }
  const rule: AttentionRule = {
    scale,
    dtype: query.dtype === "f64" ? "f64" : "f32",
    isCausal,
    parts,
    spans: attentionSpans({ groups, repeats, queries, keys }, isCausal),
  };
  const { mask, starts, lengths } = whole;
  const optional = { mask, starts, lengths };
  const names = (["mask", "starts", "lengths"] as const).filter((name) =>
    optional[name] !== undefined
  );
  const restore = (list: readonly Tensor[]): Attention => {
    const [q, k, v, ...rest] = list;
    const given = Object.fromEntries(names.map((name, at) => [name, rest[at]]));
    return {
      query: q as AnyFloat,
      key: k as AnyFloat,
      value: v as AnyFloat,
      mask: given["mask"],
      starts: given["starts"] as I32 | undefined,
      lengths: given["lengths"] as I32 | undefined,
    };
  };
  const apply = customGradients(
    (...list) => {
      const { output, logSums } = attend(restore(list), rule);
      return [castTo(output, query.dtype), logSums];
    },
    (call) => gradients(call, restore(call.inputs), rule),
  );
  const rest = names.map((name) => optional[name]!);
  const [output] = apply(whole.query, whole.key, whole.value, ...rest);
  return reshape(output as Tensor<D>, shape);
}

function gradients(
  { inputs, outputs, cotangents, needs }: CustomCall,
  whole: Attention,
  rule: AttentionRule,
): (Tensor | undefined)[] {
  if (whole.mask !== undefined && needs[3] === true) {
    throw new WeftError("Cannot differentiate attention for its mask", {
      expected: "gradients of query, key and value only",
      hint:
        "Use stopGradient on the mask, or compose the attention of matmul and softmax",
    });
  }
  const { dtype } = rule;
  const [output, logSums] = outputs as [AnyFloat, AnyFloat];
  const [ofOutput, ofLogSums] = cotangents as (AnyFloat | undefined)[];
  const flow = ofOutput ?? zeros(output.shape, { dtype: output.dtype });
  const product = multiply(castTo(output, dtype), castTo(flow, dtype));
  const total: AnyFloat = sum(product, { axis: -1, keepDims: true });
  const delta = ofLogSums === undefined ? total : subtract(total, ofLogSums);
  const made = attendBackward(whole, rule, { output: flow, logSums, delta });
  return [made.query, made.key, made.value].map((gradient, k) =>
    castTo(gradient, inputs[k]!.dtype)
  );
}
