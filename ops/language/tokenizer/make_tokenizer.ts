/**
 * Tokenizers from their data.
 *
 * @module
 */

import { makeHubTokenizer } from "./hub_tokenizer.ts";
import { makePiecesTokenizer } from "./pieces_tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenizerData } from "./tokenizer_data.ts";

const MADE = new WeakMap<TokenizerData, Tokenizer>();

/**
 * Makes a tokenizer, once for each data object.
 *
 * @param data The vocabulary and its rules.
 * @returns The tokenizer.
 * @throws {DataError} Where the data contradict themselves.
 */
export function makeTokenizer(data: TokenizerData): Tokenizer {
  const known = MADE.get(data);
  if (known !== undefined) return known;
  const tokenizer = data.kind === "hub"
    ? makeHubTokenizer(data)
    : makePiecesTokenizer(data);
  MADE.set(data, tokenizer);
  return tokenizer;
}
