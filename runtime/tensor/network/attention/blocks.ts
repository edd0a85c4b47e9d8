/**
 * One block of attention, forward and backward: a product of matrices, rows of
 * weights, another product. Blocks are `[groups, repeats, queries, size]`;
 * groups are key and value heads, repeats the query heads that share one.
 *
 * @module
 */

import type { FloatDType } from "../../../device/dtypes.ts";
import { matmul } from "../../contraction.ts";
import { arange } from "../../creation.ts";
import {
  add,
  divide,
  equal,
  exp,
  isFinite,
  less,
  lessEqual,
  log,
  logicalAnd,
  multiply,
  subtract,
  where,
} from "../../elementwise.ts";
import { take } from "../../indexing.ts";
import { expandDims, reshape, transpose } from "../../movement.ts";
import { castTo } from "../../node.ts";
import { max, sum } from "../../reductions.ts";
import type { Bool, I32, Tensor } from "../../tensor.ts";
import { tied } from "../tied.ts";

/** A tensor that has gradients. */
export type AnyFloat = Tensor<FloatDType>;

/** What one block may see, beside a mask. */
export interface BlockLimits {
  /** Last key that the first query of the block may see, `[]`. */
  readonly last?: I32 | number | undefined;
  /** First key that each group may see, `[groups]`. */
  readonly starts?: I32 | undefined;
  /** End of the keys that each group may see, `[groups]`. */
  readonly lengths?: I32 | undefined;
  /** Which part of the mask belongs to each group, `[groups]`. */
  readonly parts?: I32 | undefined;
}

/** What all blocks of an attention share. */
export interface BlockRule {
  /** What products of queries and keys are multiplied by. */
  readonly scale: number;
  /** The dtype that is computed in. */
  readonly dtype: FloatDType;
}

/** Queries, keys and values of one block, and what is visible. */
export interface Block {
  /** `[groups, repeats, queries, headSize]`. */
  readonly query: AnyFloat;
  /** `[groups, keys, headSize]`. */
  readonly key: AnyFloat;
  /** `[groups, keys, valueSize]`. */
  readonly value: AnyFloat;
  /** Booleans, or numbers to be added: `[parts, 1 or repeats, 1 or queries, keys]`. */
  readonly mask: Tensor | undefined;
  /** What else limits the view. */
  readonly limits: BlockLimits;
}

/** What a block gives. */
export interface BlockResult {
  /** `[groups, repeats, queries, valueSize]`. */
  readonly output: AnyFloat;
  /** Logarithms of the sums of exponentials, `[groups, repeats, queries, 1]`. */
  readonly logSums: AnyFloat;
}

/**
 * Scores of all query heads of each group by one product: `[groups, repeats,
 * queries, keys]`, minus infinity where a key is not visible.
 *
 * @param block The block.
 * @param rule Scale and dtype.
 * @returns The scores.
 */
export function scoresOf(block: Block, rule: BlockRule): AnyFloat {
  const { query, key, mask, limits } = block;
  const [groups, repeats, queries] = query.shape as [number, number, number];
  const keys = key.shape[1]!;
  const products = matmul(
    rowsOf(castTo(query, rule.dtype)),
    transpose(castTo(key, rule.dtype)),
  );
  let scores = reshape(multiply(products, rule.scale), [
    groups,
    repeats,
    queries,
    keys,
  ]);
  const seen: Bool[] = [];
  if (mask !== undefined) {
    const part = limits.parts === undefined ? mask : take(mask, limits.parts);
    if (part.dtype === "bool") seen.push(part as Bool);
    else scores = add(scores, castTo(part, rule.dtype));
  }
  const at = arange(keys, undefined, 1, { dtype: "i32" });
  const { last } = limits;
  if (last !== undefined) {
    const own = add(arange(queries, undefined, 1, { dtype: "i32" }), last);
    // In a loop both sides must follow from its step: what does not is spread
    // to all pairs and stored before the loop begins.
    const other = typeof last === "number" ? at : tied(at, last);
    seen.push(lessEqual(other, expandDims(own, 1)));
  }
  if (limits.starts !== undefined) {
    seen.push(lessEqual(reshape(limits.starts, [groups, 1, 1, 1]), at));
  }
  if (limits.lengths !== undefined) {
    seen.push(less(at, reshape(limits.lengths, [groups, 1, 1, 1])));
  }
  if (seen.length === 0) return scores;
  return where(seen.reduce(logicalAnd), scores, -Infinity);
}

/**
 * Attention of one block. Rows that see nothing give 0.
 *
 * @param block The block.
 * @param rule Scale and dtype.
 * @returns The output and what the way back needs.
 */
export function forwardBlock(block: Block, rule: BlockRule): BlockResult {
  const row = { axis: -1, keepDims: true } as const;
  const scores = scoresOf(block, rule);
  const highest = max(scores, row);
  // An infinite maximum would give NaN when subtracted from itself.
  const shift = where(isFinite(highest), highest, 0);
  const weights = exp(subtract(scores, shift));
  const total: AnyFloat = sum(weights, row);
  const sums = matmul(rowsOf(weights), castTo(block.value, rule.dtype));
  const output = divide(
    reshape(sums, [...scores.shape.slice(0, 3), sums.shape[2]!]),
    where(equal(total, 0), 1, total),
  );
  return { output, logSums: add(log(total), shift) };
}

/** What flows back into a block. */
export interface BlockCotangents {
  /** With respect to the output, `[groups, repeats, queries, valueSize]`. */
  readonly output: AnyFloat;
  /** The logarithms of {@linkcode BlockResult}. */
  readonly logSums: AnyFloat;
  /**
   * Sums of output times its cotangent, less the cotangent of the logarithms,
   * `[groups, repeats, queries, 1]`.
   */
  readonly delta: AnyFloat;
}

/** Gradients of a block, shaped as what they are of. */
export interface BlockGradients {
  /** With respect to the queries. */
  readonly query: AnyFloat;
  /** With respect to the keys. */
  readonly key: AnyFloat;
  /** With respect to the values. */
  readonly value: AnyFloat;
}

/**
 * Gradients of one block; its scores are computed again.
 *
 * @param block The block.
 * @param rule Scale and dtype.
 * @param back What flows back.
 * @returns The gradients, in the dtype of the rule.
 */
export function backwardBlock(
  block: Block,
  rule: BlockRule,
  back: BlockCotangents,
): BlockGradients {
  const { dtype } = rule;
  const scores = scoresOf(block, rule);
  // Rows that see nothing have weights of 0, not of NaN.
  const logSums = where(equal(back.logSums, -Infinity), 0, back.logSums);
  const weights = exp(subtract(scores, logSums));
  const cotangent = rowsOf(castTo(back.output, dtype));
  const ofWeights = reshape(
    matmul(cotangent, transpose(castTo(block.value, dtype))),
    scores.shape,
  );
  const ofScores = rowsOf(multiply(
    multiply(weights, subtract(ofWeights, back.delta)),
    rule.scale,
  ));
  return {
    query: reshape(
      matmul(ofScores, castTo(block.key, dtype)),
      block.query.shape,
    ),
    key: matmul(transpose(ofScores), rowsOf(castTo(block.query, dtype))),
    value: matmul(transpose(rowsOf(weights)), cotangent),
  };
}

/** `[groups, repeats, queries, n]` as `[groups, repeats · queries, n]`. */
function rowsOf(x: AnyFloat): AnyFloat {
  const [groups, repeats, queries, n] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  return reshape(x, [groups, repeats * queries, n]);
}
