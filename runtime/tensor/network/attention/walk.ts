/**
 * Attention block by block. A range of queries is one `scan` over groups of
 * heads (and one inside of it over blocks of queries), so that the blocks run
 * one after another whatever else the graph holds, and only the scores of one
 * of them exist at a time.
 *
 * @module
 */

import { full, tensor, zeros } from "../../creation.ts";
import { add } from "../../elementwise.ts";
import { concat, expandDims, slice } from "../../movement.ts";
import { scan } from "../../scan.ts";
import type { Tensor } from "../../tensor.ts";
import { mapTree } from "../../tree.ts";
import {
  type AnyFloat,
  backwardBlock,
  type Block,
  type BlockCotangents,
  type BlockGradients,
  type BlockLimits,
  type BlockResult,
  forwardBlock,
} from "./blocks.ts";
import {
  type Attention,
  type AttentionRule,
  cutKeys,
  cutQueries,
  joinKeys,
  joinQueries,
  limitsOf,
  maskOf,
} from "./cuts.ts";
import type { AttentionSpan } from "./spans.ts";

/**
 * The whole forward pass.
 *
 * @param whole What is attended.
 * @param rule How.
 * @returns Output and logarithms of sums, in the dtype of the rule.
 */
export function attend(whole: Attention, rule: AttentionRule): BlockResult {
  const only = soleBlock(whole, rule);
  if (only !== undefined) return forwardBlock(only, rule);
  const parts = rule.spans.map((span): BlockResult => {
    if (span.keys === 0) {
      const shape = [...whole.query.shape.slice(0, 2), span.to - span.from];
      const size = whole.value.shape[2]!;
      return {
        output: zeros([...shape, size], { dtype: rule.dtype }),
        logSums: full([...shape, 1], -Infinity, { dtype: rule.dtype }),
      };
    }
    return forwardSpan(whole, rule, span);
  });
  return {
    output: concat(parts.map(({ output }) => output), { axis: 2 }),
    logSums: concat(parts.map(({ logSums }) => logSums), { axis: 2 }),
  };
}

/**
 * The whole backward pass.
 *
 * @param whole What was attended.
 * @param rule How.
 * @param back What flows back, for all queries.
 * @returns The gradients, in the dtype of the rule.
 */
export function attendBackward(
  whole: Attention,
  rule: AttentionRule,
  back: BlockCotangents,
): BlockGradients {
  const only = soleBlock(whole, rule);
  if (only !== undefined) return backwardBlock(only, rule, back);
  const { dtype } = rule;
  let ofKey: AnyFloat = zeros(whole.key.shape, { dtype });
  let ofValue: AnyFloat = zeros(whole.value.shape, { dtype });
  const ofQuery: AnyFloat[] = [];
  const keyTails: AnyFloat[] = [];
  const valueTails: AnyFloat[] = [];
  // From the last range, which sees the most keys, to the first: gradients of
  // keys that no earlier range sees are done, and leave the loop.
  for (const span of [...rule.spans].reverse()) {
    keyTails.unshift(slice(ofKey, null, [span.keys]));
    valueTails.unshift(slice(ofValue, null, [span.keys]));
    ofKey = slice(ofKey, null, [0, span.keys]);
    ofValue = slice(ofValue, null, [0, span.keys]);
    if (span.keys === 0) {
      const query = slice(whole.query, null, null, [span.from, span.to]);
      ofQuery.unshift(zeros(query.shape, { dtype }));
      continue;
    }
    const before = { key: ofKey, value: ofValue };
    const made = backwardSpan(whole, rule, span, back, before);
    ofQuery.unshift(made.query);
    ofKey = made.key;
    ofValue = made.value;
  }
  return {
    query: concat(ofQuery, { axis: 2 }),
    key: concat([ofKey, ...keyTails], { axis: 1 }),
    value: concat([ofValue, ...valueTails], { axis: 1 }),
  };
}

/** The attention as one block, where its scores fit one. */
function soleBlock(whole: Attention, rule: AttentionRule): Block | undefined {
  const [span] = rule.spans;
  const [groups, , queries] = whole.query.shape as [number, number, number];
  if (
    rule.spans.length > 1 || span!.blocks > 1 || span!.together < groups
  ) return undefined;
  const { starts, lengths, mask } = whole;
  const { parts } = rule;
  const inOrder = parts?.every((part, group) => part === group) ?? true;
  return {
    ...whole,
    limits: {
      last: rule.isCausal ? whole.key.shape[1]! - queries : undefined,
      starts,
      lengths,
      parts: mask === undefined || inOrder
        ? undefined
        : tensor(parts!, { dtype: "i32" }),
    },
  };
}

/** What is read block by block. */
interface Steps {
  readonly query: AnyFloat;
  readonly limits: BlockLimits;
}

/** What is read block by block on the way back. */
interface BackSteps extends Steps {
  readonly back: BlockCotangents;
}

/** Gradients of keys and values, to which each block adds. */
interface KeyGradients {
  readonly key: AnyFloat;
  readonly value: AnyFloat;
}

/** A carry of nothing. */
type Nothing = readonly Tensor[];

function forwardSpan(
  whole: Attention,
  rule: AttentionRule,
  span: AttentionSpan,
): BlockResult {
  const mask = maskOf(whole.mask, span);
  const sequences = {
    steps: {
      query: cutQueries(whole.query, span),
      limits: limitsOf(whole, rule, span),
    },
    key: cutKeys(whole.key, span),
    value: cutKeys(whole.value, span),
  };
  const [, made] = scan<Nothing, typeof sequences, BlockResult>(
    (_, { steps, key, value }) =>
      eachBlock<Nothing, Steps, BlockResult>(
        (none, step) => [
          none,
          forwardBlock({ ...step, key, value, mask }, rule),
        ],
        [],
        steps,
        span,
      ),
    [],
    sequences,
  );
  return {
    output: joinQueries(made.output),
    logSums: joinQueries(made.logSums),
  };
}

function backwardSpan(
  whole: Attention,
  rule: AttentionRule,
  span: AttentionSpan,
  back: BlockCotangents,
  before: KeyGradients,
): BlockGradients {
  const mask = maskOf(whole.mask, span);
  const sequences = {
    steps: {
      query: cutQueries(whole.query, span),
      limits: limitsOf(whole, rule, span),
      back: {
        output: cutQueries(back.output, span),
        logSums: cutQueries(back.logSums, span),
        delta: cutQueries(back.delta, span),
      },
    },
    key: cutKeys(whole.key, span),
    value: cutKeys(whole.value, span),
    before: {
      key: cutKeys(before.key, span),
      value: cutKeys(before.value, span),
    },
  };
  const [, made] = scan<Nothing, typeof sequences, BlockGradients>(
    (none, { steps, key, value, before }) => {
      const [sums, query] = eachBlock<KeyGradients, BackSteps, AnyFloat>(
        (sums, { back, ...step }) => {
          const one = backwardBlock({ ...step, key, value, mask }, rule, back);
          const next = {
            key: add(sums.key, one.key),
            value: add(sums.value, one.value),
          };
          return [next, one.query];
        },
        before,
        steps,
        span,
      );
      return [none, { ...sums, query }];
    },
    [],
    sequences,
  );
  return {
    query: joinQueries(made.query),
    key: joinKeys(made.key),
    value: joinKeys(made.value),
  };
}

/** A loop over the blocks of a range; no loop where there is one. */
function eachBlock<C, X, Y>(
  step: (carry: C, x: X) => readonly [C, Y],
  start: C,
  steps: X,
  { blocks }: AttentionSpan,
): readonly [C, Y] {
  if (blocks > 1) return scan(step, start, steps);
  const [carry, y] = step(start, mapTree(steps, (x) => slice(x, 0)));
  return [carry, mapTree(y, (x) => expandDims(x, 0))];
}
