/**
 * Bounds on vocabularies, which come from untrusted files.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";

/** Most tokens of a vocabulary; the largest published ones have 262,144. */
export const MAX_TOKENS = 1 << 21;

/** Most characters of one token. */
export const MAX_TOKEN_LENGTH = 1 << 16;

/** Most characters of all tokens together. */
const MAX_VOCABULARY_LENGTH = 1 << 26;

/** Most characters of tokens that are looked for inside texts. */
export const MAX_SPECIAL_LENGTH = 1 << 20;

/** Most characters of a chat template. */
export const MAX_TEMPLATE_LENGTH = 1 << 18;

/**
 * Refuses vocabularies that are too large.
 *
 * @param tokens Text of each token.
 * @param name What is refused, for the error: "the tokenizer".
 * @throws {DataError} Where a bound is passed.
 */
export function checkVocabulary(tokens: readonly string[], name: string): void {
  if (tokens.length === 0 || tokens.length > MAX_TOKENS) {
    throw new DataError(
      `Cannot use ${name} as it has ${tokens.length} tokens`,
      {
        expected: `1 to ${MAX_TOKENS} tokens`,
      },
    );
  }
  let length = 0;
  for (const [id, token] of tokens.entries()) {
    if (token.length > MAX_TOKEN_LENGTH) {
      throw new DataError(
        `Cannot use ${name} as token ${id} has ${token.length} characters`,
        { expected: `at most ${MAX_TOKEN_LENGTH}` },
      );
    }
    length += token.length;
  }
  if (length > MAX_VOCABULARY_LENGTH) {
    throw new DataError(
      `Cannot use ${name} as its tokens have ${length} characters together`,
      { expected: `at most ${MAX_VOCABULARY_LENGTH}` },
    );
  }
}
