/**
 * Cutting attention into the blocks that are walked, and putting results
 * together again.
 *
 * @module
 */

import { arange, tensor } from "../../creation.ts";
import { add, multiply } from "../../elementwise.ts";
import { permuteDims, reshape, slice } from "../../movement.ts";
import { expandTo } from "../../node.ts";
import type { I32, Tensor } from "../../tensor.ts";
import type { AnyFloat, BlockLimits, BlockRule } from "./blocks.ts";
import type { AttentionSpan } from "./spans.ts";

const WHOLE = { dtype: "i32" } as const;

/** A whole attention, its leading axes flattened. */
export interface Attention {
  /** `[groups, repeats, queries, headSize]`. */
  readonly query: AnyFloat;
  /** `[groups, keys, headSize]`. */
  readonly key: AnyFloat;
  /** `[groups, keys, valueSize]`. */
  readonly value: AnyFloat;
  /** `[parts, 1 or repeats, 1 or queries, keys]`. */
  readonly mask: Tensor | undefined;
  /** First visible key of each group, `[groups]`. */
  readonly starts: I32 | undefined;
  /** End of the visible keys of each group, `[groups]`. */
  readonly lengths: I32 | undefined;
}

/** What the blocks of an attention share, and how they are walked. */
export interface AttentionRule extends BlockRule {
  /** Whether queries see no later keys; the last query sees all. */
  readonly isCausal: boolean;
  /** Part of the mask of each group; undefined where there is one part. */
  readonly parts: readonly number[] | undefined;
  /** The ranges of queries. */
  readonly spans: readonly AttentionSpan[];
}

/**
 * The limits of each block of a range.
 *
 * @param whole What is attended.
 * @param rule How.
 * @param span The range.
 * @returns Limits with two axes more in front: steps over groups, and blocks.
 */
export function limitsOf(
  { starts, lengths, query, key, mask }: Attention,
  { isCausal, parts }: AttentionRule,
  { from, to, together, blocks }: AttentionSpan,
): BlockLimits {
  const [groups, , queries] = query.shape as [number, number, number];
  const steps = groups / together;
  const each = (one: (step: number, block: number) => readonly number[]) =>
    Array.from(
      { length: steps },
      (_, step) => Array.from({ length: blocks }, (_, k) => one(step, k)),
    );
  const lists = (values: readonly (readonly (readonly number[])[])[]): I32 =>
    tensor(values, WHOLE);
  const limits: { -readonly [K in keyof BlockLimits]: BlockLimits[K] } = {};
  const length = (to - from) / blocks;
  const hidden = key.shape[1]! - queries;
  if (isCausal) {
    const blockStarts = multiply(arange(blocks, undefined, 1, WHOLE), length);
    const last = add(blockStarts, from + hidden);
    limits.last = expandTo(last, [steps, blocks]);
  }
  const repeated = (x: I32): I32 =>
    expandTo(reshape(x, [steps, 1, together]), [steps, blocks, together]);
  if (starts !== undefined) limits.starts = repeated(starts);
  if (lengths !== undefined) limits.lengths = repeated(lengths);
  // A mask of one part that is cut into blocks of rows has one part a block.
  const rowBlocks = mask !== undefined && mask.shape[2]! > 1 ? blocks : 1;
  if (mask !== undefined) {
    limits.parts = lists(
      each((step, k) =>
        Array.from({ length: together }, (_, one) => {
          const part = parts?.[step * together + one] ?? 0;
          return part * rowBlocks + k % rowBlocks;
        })
      ),
    );
  }
  return limits;
}

/**
 * The mask of a range.
 *
 * @param mask The whole mask; undefined for none.
 * @param span The range.
 * @returns `[parts · blocks, 1 or repeats, 1 or queries of a block, keys]`.
 */
export function maskOf(
  mask: Tensor | undefined,
  { from, to, keys, blocks }: AttentionSpan,
): Tensor | undefined {
  if (mask === undefined) return undefined;
  const [parts, repeats, rows] = mask.shape as [number, number, number];
  if (rows === 1) return slice(mask, null, null, null, [0, keys]);
  const own = slice(mask, null, null, [from, to], [0, keys]);
  const length = (to - from) / blocks;
  const cut = permuteDims(
    reshape(own, [parts, repeats, blocks, length, keys]),
    [0, 2, 1, 3, 4],
  );
  return reshape(cut, [parts * blocks, repeats, length, keys]);
}

/**
 * What belongs to the queries of a range, block by block.
 *
 * @param x `[groups, repeats, queries, n]`.
 * @param span The range.
 * @returns `[steps, blocks, together, repeats, queries of a block, n]`.
 */
export function cutQueries(x: AnyFloat, span: AttentionSpan): AnyFloat {
  const { from, to, together, blocks } = span;
  const [groups, repeats, , n] = x.shape as [number, number, number, number];
  const own = slice(x, null, null, [from, to]);
  const length = (to - from) / blocks;
  const shape = [groups / together, together, repeats, blocks, length, n];
  return permuteDims(reshape(own, shape), [0, 3, 1, 2, 4, 5]);
}

/**
 * The inverse of {@linkcode cutQueries}.
 *
 * @param x `[steps, blocks, together, repeats, queries of a block, n]`.
 * @returns `[groups, repeats, queries of the range, n]`.
 */
export function joinQueries(x: AnyFloat): AnyFloat {
  const [steps, blocks, together, repeats, length, n] = x.shape as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return reshape(
    permuteDims(x, [0, 2, 3, 1, 4, 5]),
    [steps * together, repeats, blocks * length, n],
  );
}

/**
 * What belongs to the keys that a range may see, by step.
 *
 * @param x `[groups, keys, n]`.
 * @param span The range.
 * @returns `[steps, together, keys of the range, n]`.
 */
export function cutKeys(
  x: AnyFloat,
  { keys, together }: AttentionSpan,
): AnyFloat {
  const [groups, , n] = x.shape as [number, number, number];
  return reshape(slice(x, null, [0, keys]), [
    groups / together,
    together,
    keys,
    n,
  ]);
}

/**
 * The inverse of {@linkcode cutKeys}.
 *
 * @param x `[steps, together, keys of the range, n]`.
 * @returns `[groups, keys of the range, n]`.
 */
export function joinKeys(x: AnyFloat): AnyFloat {
  const [steps, together, keys, n] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  return reshape(x, [steps * together, keys, n]);
}
