/**
 * What is told while and after tokens are generated.
 *
 * @module
 */

/** A token that was not chosen, or was. */
export interface RatedToken {
  /** The token. */
  readonly id: number;
  /** Natural logarithm of its probability under the model, before processors. */
  readonly logProbability: number;
}

/**
 * Why a sequence ended: "end" with an end token, "stop" at a stop string,
 * "length" after `maxTokens`, "context" where the model's context was full.
 */
export type FinishReason = "end" | "stop" | "length" | "context";

/** One token of one sequence. */
export interface TokenEvent extends RatedToken {
  /** Number of the prompt. */
  readonly sequence: number;
  /** The most probable tokens, most probable first; empty where not asked for. */
  readonly alternatives: readonly RatedToken[];
  /** Why the sequence ends with this token; null where it goes on. */
  readonly finishReason: FinishReason | null;
}

/** The answer to one prompt. */
export interface GeneratedTokens {
  /** The tokens, with the end token if one came. */
  readonly ids: readonly number[];
  /** Log-probabilities of the tokens under the model, before processors. */
  readonly logProbabilities: readonly number[];
  /** Why it ended. */
  readonly finishReason: FinishReason;
}
