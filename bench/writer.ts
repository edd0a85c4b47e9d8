/**
 * Who takes part in the benchmark of language models.
 *
 * @module
 */

/** Milliseconds of one answer. */
export interface AnswerTimes {
  /** Until the first token is there. */
  readonly promptMs: number;
  /** From each token to the next one. */
  readonly tokenMs: readonly number[];
}

/** Somebody who writes answers of so many tokens, the most probable ones. */
export interface Writer {
  /** Name and version. */
  readonly name: string;
  /**
   * Writes one.
   *
   * @param prompt Tokens of the prompt.
   * @param count Tokens of the answer.
   * @returns How long it took.
   */
  answer(prompt: readonly number[], count: number): Promise<AnswerTimes>;
  /** Ends it. */
  close(): void;
}
