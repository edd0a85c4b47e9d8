/**
 * The choice of the next token from logits, on the device.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";

/** What was chosen for each sequence. */
export interface Chosen {
  /** The tokens, `[batch]`. */
  readonly ids: wf.I32;
  /** Their log-probabilities under the model, `[batch]`. */
  readonly logProbabilities: wf.F32;
  /** The most probable tokens under the model, `[batch, n]`, where asked for. */
  readonly alternatives?: {
    /** The tokens, most probable first. */
    readonly ids: wf.I32;
    /** Their log-probabilities. */
    readonly logProbabilities: wf.F32;
  };
}

/** What the draws of a batch depend on. */
export interface Draws {
  /** Key of all draws. */
  readonly key: wf.U32;
  /** Two numbers a row, which make its draws its own, `[batch]` each. */
  readonly streams: readonly [wf.U32, wf.U32];
  /** Number of the token, a scalar. */
  readonly step: wf.I32;
}

/**
 * Draws a token for each row of logits, with probabilities `softmax(logits)`; those
 * below about 1e-7 are not resolved. What is drawn for a row depends on its logits
 * and its streams alone, not on the other rows.
 *
 * @param logits The logits, `[batch, vocabulary]`; `-Infinity` excludes a token.
 * @param draws What the draws depend on.
 * @returns The tokens, `[batch]`.
 */
export function sampleRows(
  logits: wf.F32,
  { key, step, streams }: Draws,
): wf.I32 {
  const [, unit] = wf.scan(
    (none: wf.I32[], [first, second]: readonly [wf.U32, wf.U32]) => {
      const own = wf.random.foldIn(wf.random.foldIn(key, first), second);
      const drawn = wf.random.uniform(wf.random.foldIn(own, step), []);
      return [none, drawn] as const;
    },
    [],
    streams,
  );
  const size = logits.shape[1]!;
  const highest = wf.max(logits, { axis: 1, keepDims: true });
  const weights = wf.exp(wf.subtract(logits, highest));
  const sums = wf.cumulativeSum(weights, { axis: 1 });
  const total = wf.slice(sums, null, [size - 1, size]);
  // From (0, 1], so that the sum of all weights is reached.
  const target = wf.multiply(total, wf.expandDims(wf.subtract(1, unit), 1));
  const isReached = wf.greaterEqual(sums, target);
  // Sums that are rounded must not lead to a token that is excluded.
  const order = wf.where(
    wf.greater(weights, 0),
    wf.add(wf.cast(isReached, "f32"), 1),
    0,
  );
  return wf.argmax(order, { axis: 1 });
}

/**
 * Log-probabilities of chosen tokens, and of the most probable ones.
 *
 * @param logits The logits of the model, `[batch, vocabulary]`.
 * @param ids The chosen tokens, `[batch]`.
 * @param alternatives How many of the most probable ones to tell of.
 * @returns The tokens with their log-probabilities.
 */
export function withLogProbabilities(
  logits: wf.F32,
  ids: wf.I32,
  alternatives: number,
): Chosen {
  const sums = wf.logSumExp(logits, { axis: 1, keepDims: true });
  const chosen = wf.takeAlongAxis(logits, wf.expandDims(ids, 1), { axis: 1 });
  const logProbabilities = wf.squeeze(wf.subtract(chosen, sums), 1);
  if (alternatives === 0) return { ids, logProbabilities };
  const best = wf.topK(logits, alternatives);
  return {
    ids,
    logProbabilities,
    alternatives: {
      ids: best.indices,
      logProbabilities: wf.subtract(best.values, sums),
    },
  };
}

/**
 * Adds a token to the counts of each sequence.
 *
 * @param counts How often each token occurred, `[batch, vocabulary]`.
 * @param ids One token a sequence, `[batch]`.
 * @returns The new counts.
 */
export function countTokens(counts: wf.I32, ids: wf.I32): wf.I32 {
  const places = wf.arange(counts.shape[1]!, undefined, 1, { dtype: "i32" });
  const hits = wf.equal(wf.expandDims(ids, 1), places);
  return wf.add(counts, wf.cast(hits, "i32"));
}
