/**
 * Streaming for decoders that must see all tokens at once.
 *
 * @module
 */

import type { TokenStream } from "./tokenizer.ts";

const REPLACEMENT = "\ufffd";

/**
 * Makes a stream that decodes anew at each token.
 *
 * @param decode Gives the text of all tokens.
 * @returns The stream; it holds back a text that a token changed, and
 * characters that may be half.
 */
export function streamWhole(
  decode: (ids: readonly number[]) => string,
): TokenStream {
  const ids: number[] = [];
  let given = "";
  const advance = (text: string): string => {
    if (!text.startsWith(given)) return "";
    const more = text.slice(given.length);
    given = text;
    return more;
  };
  return {
    push(id) {
      ids.push(id);
      const text = decode(ids);
      let end = text.length;
      while (end > 0 && text[end - 1] === REPLACEMENT) end--;
      return end < given.length ? "" : advance(text.slice(0, end));
    },
    flush: () => advance(decode(ids)),
  };
}
