/**
 * From tokens to text, all at once or token by token, by one set of rules.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import type { TokenStream } from "./tokenizer.ts";

/** What each token says. */
export interface TokenText {
  /** UTF-8 of a token, maybe half a character; none for an id without a token. */
  bytesOf(id: number): Uint8Array<ArrayBuffer>;
  /** Whether a token is left out where special tokens are skipped. */
  isSpecial(id: number): boolean;
  /** Whether a token ends a section: text after it was encoded on its own. */
  endsSection(id: number): boolean;
  /** Where encoding puts a space before text, which decoding takes away. */
  readonly spacePrefix: "none" | "text" | "sections";
}

const SPACE = 0x20;
const NOTHING = new Uint8Array(0);

/** Decides token by token which bytes the text gets. */
class Cursor {
  #isAtStart = true;

  constructor(
    readonly text: TokenText,
    readonly skipSpecialTokens: boolean,
  ) {}

  next(id: number): Uint8Array<ArrayBuffer> {
    checkId(id);
    const { text } = this;
    const endsSection = text.spacePrefix === "sections" && text.endsSection(id);
    if (this.skipSpecialTokens && text.isSpecial(id)) {
      if (endsSection) this.#isAtStart = true;
      return NOTHING;
    }
    const bytes = text.bytesOf(id);
    if (bytes.length === 0) return bytes;
    const strips = this.#isAtStart && text.spacePrefix !== "none" &&
      !endsSection && bytes[0] === SPACE;
    this.#isAtStart = endsSection;
    return strips ? bytes.subarray(1) : bytes;
  }
}

function checkId(id: number): void {
  if (!Number.isSafeInteger(id) || id < 0) {
    throw new ParameterError(`Cannot decode a token as its id is ${id}`, {
      expected: "integers from 0",
    });
  }
}

function utf8Decoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

/**
 * Gives the text of tokens.
 *
 * @param text What each token says.
 * @param ids The tokens.
 * @param skipSpecialTokens Whether special tokens are left out.
 * @returns The text; what is no UTF-8 becomes U+FFFD.
 * @throws {ParameterError} For ids that are negative or no integers.
 */
export function decodeTokens(
  text: TokenText,
  ids: ArrayLike<number>,
  skipSpecialTokens: boolean,
): string {
  const cursor = new Cursor(text, skipSpecialTokens);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let index = 0; index < ids.length; index++) {
    const part = cursor.next(ids[index]!);
    parts.push(part);
    length += part.length;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return utf8Decoder().decode(bytes);
}

/**
 * Makes a decoder that is given one token after another.
 *
 * @param text What each token says.
 * @param skipSpecialTokens Whether special tokens are left out.
 * @returns The decoder: all that it gives, up to and with `flush`, is what
 * {@linkcode decodeTokens} gives for the same tokens.
 */
export function streamTokens(
  text: TokenText,
  skipSpecialTokens: boolean,
): TokenStream {
  const cursor = new Cursor(text, skipSpecialTokens);
  const decoder = utf8Decoder();
  return {
    push: (id) => decoder.decode(cursor.next(id), { stream: true }),
    flush: () => decoder.decode(),
  };
}
