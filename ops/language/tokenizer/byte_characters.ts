/**
 * The printable characters by which byte-level vocabularies spell bytes.
 *
 * GPT-2 writes each byte of UTF-8 as one character, so that vocabularies are
 * plain text: printable ones of Latin-1 stand for themselves, the other 68
 * bytes, in order, are U+0100 and what follows.
 *
 * @module
 */

function stands(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) ||
    (byte >= 0xae && byte <= 0xff);
}

/** The character of each byte. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from(
    { length: 256 },
    (_, byte) => String.fromCharCode(stands(byte) ? byte : next++),
  );
})();

/** The byte of each code unit under U+0144; -1 where none is spelt so. */
const BYTES: Int16Array<ArrayBuffer> = (() => {
  const bytes = new Int16Array(0x144).fill(-1);
  BYTE_CHARACTERS.forEach((character, byte) => {
    bytes[character.charCodeAt(0)] = byte;
  });
  return bytes;
})();

const ENCODER = new TextEncoder();

/**
 * Spells text by the characters of its bytes.
 *
 * @param text Any text.
 * @returns One character for each byte of UTF-8.
 */
export function toByteCharacters(text: string): string {
  let spelt = "";
  for (const byte of ENCODER.encode(text)) spelt += BYTE_CHARACTERS[byte]!;
  return spelt;
}

/**
 * Reads the bytes that a token spells.
 *
 * @param token A token of a byte-level vocabulary.
 * @returns Its bytes; those of the token as text where a character of it
 * stands for no byte.
 */
export function fromByteCharacters(token: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(token.length);
  for (let index = 0; index < token.length; index++) {
    const byte = BYTES[token.charCodeAt(index)] ?? -1;
    if (byte < 0) return ENCODER.encode(token);
    bytes[index] = byte;
  }
  return bytes;
}
