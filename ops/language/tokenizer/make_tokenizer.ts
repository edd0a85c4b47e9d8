/**
 * Tokenizers from their data.
 *
 * @module
 */

import { makeHubTokenizer } from "./hub_tokenizer.ts";
import { makePiecesTokenizer } from "./pieces_tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { HubTokenizerData, TokenizerData } from "./tokenizer_data.ts";

const MADE = new WeakMap<TokenizerData, Tokenizer>();

/** Tokenizers of the hub by the texts of their files, the latest last. */
const BY_TEXT = new Map<string, Tokenizer>();
const MAX_BY_TEXT = 4;

/**
 * Makes a tokenizer, once for each data object; files of the hub are known by
 * their text, too.
 *
 * @param data The vocabulary and its rules.
 * @returns The tokenizer.
 * @throws {DataError} Where the data contradict themselves.
 *
 * @example
 * ```ts
 * import { makeTokenizer } from "@weft/weft/ops/language";
 *
 * const tokenizer = makeTokenizer({
 *   kind: "hub",
 *   tokenizer: JSON.stringify({
 *     model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
 *   }),
 *   config: "{}",
 * });
 * console.log(tokenizer.encode("abba")); // [2, 1, 0]
 * ```
 */
export function makeTokenizer(data: TokenizerData): Tokenizer {
  const known = MADE.get(data);
  if (known !== undefined) return known;
  const tokenizer = data.kind === "hub"
    ? hubTokenizer(data)
    : makePiecesTokenizer(data);
  MADE.set(data, tokenizer);
  return tokenizer;
}

function hubTokenizer(data: HubTokenizerData): Tokenizer {
  const key = `${data.config.length} ${data.config}${data.tokenizer}`;
  const tokenizer = BY_TEXT.get(key) ?? makeHubTokenizer(data);
  BY_TEXT.delete(key);
  BY_TEXT.set(key, tokenizer);
  for (const oldest of BY_TEXT.keys()) {
    if (BY_TEXT.size <= MAX_BY_TEXT) break;
    BY_TEXT.delete(oldest);
  }
  return tokenizer;
}
