/**
 * What goes into a model and what comes out.
 *
 * @module
 */

import type { FloatDType, I32, Tensor } from "../../../runtime/tensor/mod.ts";

/** Keys and values of past tokens, a pair a layer, each `[batch, keyValueHeads, capacity, headSize]`. */
export interface KeyValueCache {
  /** Keys, already turned by their positions. */
  readonly keys: readonly Tensor<FloatDType>[];
  /** Values. */
  readonly values: readonly Tensor<FloatDType>[];
}

/** Tokens that go through a model at once. */
export interface ForwardInput {
  /** `[batch, n]`. */
  readonly tokens: I32;
  /**
   * Slot of the cache that the first token takes, a scalar; 0 by default. All sequences of a batch share slots:
   * shorter prompts are filled up on the left.
   */
  readonly start?: I32;
  /** How many slots from the first on are filling and never attended to, `[batch]`; none by default. Positions count from behind them. */
  readonly padding?: I32;
  /** The sequence that each token belongs to, `[batch, n]`: tokens attend to their own sequence only, positions begin anew in each; for packed training. */
  readonly segments?: I32;
  /** Keys and values of the slots before `start`. */
  readonly cache?: KeyValueCache;
}

/** What comes out. */
export interface ForwardResult {
  /** States after the last norm, `[batch, n, hiddenSize]`. */
  readonly hidden: Tensor<FloatDType>;
  /** The cache with the new tokens in it; only where one was given. */
  readonly cache?: KeyValueCache;
}
