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

/**
 * Draws a token for each row of logits. What is drawn for a row depends on its
 * logits, its key and the step alone, not on the other rows.
 *
 * @param logits The logits, `[batch, vocabulary]`.
 * @param keys A key for each row, `[batch, 2]`.
 * @param step Number of the token, a scalar.
 * @returns The tokens, `[batch]`.
 */
export function sampleRows(
  logits: wf.F32,
  keys: wf.U32,
  step: wf.I32,
): wf.I32 {
  const [batch, size] = logits.shape as [number, number];
  const noise = Array.from({ length: batch }, (_, row) => {
    const key = wf.random.foldIn(wf.slice(keys, row), step);
    return wf.random.gumbel(key, [size]);
  });
  return wf.argmax(wf.add(logits, wf.stack(noise)), { axis: 1 });
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
