/**
 * Answers as rows of a batch.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { tokenClass } from "../generation/size_classes.ts";
import { IGNORED } from "../tuning/examples.ts";

/** An answer to a prompt. */
export interface PolicyAnswer {
  /** Tokens of the prompt. */
  readonly prompt: ArrayLike<number>;
  /** Tokens of the answer, with the end token if one came. */
  readonly answer: readonly number[];
  /** How much better than its group it is. */
  readonly advantage: number;
  /** What each of its tokens weighs. */
  readonly weight: number;
}

/** Answers that go through the model at once. */
export interface PolicyBatch {
  /** `[batch, length]`. */
  readonly tokens: wf.I32;
  /** The tokens behind them where they are of an answer, -100 elsewhere. */
  readonly targets: wf.I32;
  /** `[batch, 1]`. */
  readonly advantages: wf.F32;
  /** What each token weighs in the loss, `[batch, length]`. */
  readonly weights: wf.F32;
}

/**
 * Puts answers into one batch; what is missing is filled up with rows that weigh
 * nothing.
 *
 * @param answers The answers.
 * @param size Rows of the batch.
 * @param longest Tokens of the longest sequence; rows are as long as its class.
 * @param contextLength Tokens that the model takes at most.
 * @returns The batch.
 */
export function policyBatch(
  answers: readonly PolicyAnswer[],
  size: number,
  longest: number,
  contextLength: number,
): PolicyBatch {
  // The last token is not looked behind
  const length = Math.min(tokenClass(Math.max(1, longest - 1)), contextLength);
  const shape = [size, length];
  const tokens = new Int32Array(size * length);
  const targets = new Int32Array(size * length).fill(IGNORED);
  const weights = new Float32Array(size * length);
  const advantages = new Float32Array(size);
  answers.forEach(({ advantage, answer, prompt, weight }, row) => {
    const all = [...Array.from(prompt), ...answer];
    const from = row * length;
    advantages[row] = advantage;
    tokens.set(all.slice(0, Math.min(length, all.length - 1)), from);
    answer.forEach((id, k) => {
      const at = from + prompt.length - 1 + k;
      targets[at] = id;
      weights[at] = weight;
    });
  });
  return {
    tokens: wf.tensor(tokens, { shape }),
    targets: wf.tensor(targets, { shape }),
    advantages: wf.tensor(advantages, { shape: [size, 1] }),
    weights: wf.tensor(weights, { shape }),
  };
}
