/**
 * The vocabularies of llama2.c (`tok512.bin`, `tokenizer.bin`).
 *
 * A file is the length of the longest token (int32), then for each token its
 * score (float32), its length in bytes (int32) and its UTF-8. Nothing says how
 * many there are. Tokens 0, 1 and 2 are unknown, begin and end, the next 256
 * the bytes; spaces are spaces.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { byteOfPiece } from "./pieces_data.ts";
import type { PiecesTokenizerData } from "./tokenizer_data.ts";
import { MAX_TOKEN_LENGTH, MAX_TOKENS } from "./vocabulary_bounds.ts";

const LENGTH_BYTES = 4;
const ENTRY_BYTES = 8;
const UNKNOWN = 0;
const BEGIN = 1;
const END = 2;

/**
 * Reads a vocabulary of llama2.c.
 *
 * @param file The bytes of the file, untrusted.
 * @param options `size`: number of tokens, where the model says it; what is
 * behind them is left unread.
 * @returns The tokenizer, as data.
 * @throws {DataError} Where the file is cut short, or a length, a score or a
 * text is none.
 *
 * @example
 * ```ts ignore
 * import { makeTokenizer, readLlama2cTokenizer } from "@weft/weft/ops/language";
 *
 * const data = readLlama2cTokenizer(await Deno.readFile("tok512.bin"));
 * console.log(makeTokenizer(data).encode("Once upon a time"));
 * ```
 */
export function readLlama2cTokenizer(
  file: Uint8Array,
  options: { readonly size?: number } = {},
): PiecesTokenizerData {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const limit = options.size ?? MAX_TOKENS;
  if (file.length < LENGTH_BYTES) throw cutShort(0);
  const longest = view.getInt32(0, true);
  if (longest < 1 || longest > MAX_TOKEN_LENGTH) {
    throw new DataError(
      `Cannot read a tokenizer of llama2.c as its longest token has ${longest} bytes`,
      {
        expected: `1 to ${MAX_TOKEN_LENGTH}`,
        hint:
          'Other tokenizers are told by their names: "tokenizer.json", or a name that ends in ".gguf"',
      },
    );
  }
  const pieces: string[] = [];
  const scores: number[] = [];
  for (let at = LENGTH_BYTES; at < file.length && pieces.length < limit;) {
    const id = pieces.length;
    if (file.length - at < ENTRY_BYTES) throw cutShort(id);
    const score = view.getFloat32(at, true);
    const length = view.getInt32(at + LENGTH_BYTES, true);
    at += ENTRY_BYTES;
    if (length < 0 || length > longest) throw wrongLength(id, length, longest);
    if (length > file.length - at) throw cutShort(id);
    if (!Number.isFinite(score)) throw wrongScore(id, score);
    scores.push(score);
    pieces.push(pieceOf(file.subarray(at, at + length), id));
    at += length;
  }
  if (pieces.length < (options.size ?? END + 1)) throw cutShort(pieces.length);
  return {
    kind: "pieces",
    pieces,
    scores,
    types: pieces.map(typeOf),
    addSpacePrefix: true,
    beginId: BEGIN,
    endId: END,
    addBegin: true,
    chatTemplate: null,
  };
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The piece; begin and end stand between newlines in the files. */
function pieceOf(bytes: Uint8Array, id: number): string {
  try {
    const text = DECODER.decode(bytes);
    return id <= END ? text.trim() : text.replaceAll(" ", "▁");
  } catch (cause) {
    throw new DataError(
      `Cannot read the llama2.c tokenizer as token ${id} is no UTF-8`,
      { cause },
    );
  }
}

function typeOf(
  piece: string,
  id: number,
): PiecesTokenizerData["types"][number] {
  if (id === UNKNOWN) return "unknown";
  if (id === BEGIN || id === END) return "control";
  return byteOfPiece(piece) === undefined ? "normal" : "byte";
}

function cutShort(id: number): DataError {
  return new DataError(
    `Cannot read the llama2.c tokenizer as it ends within token ${id}`,
    { hint: "Fetch the file again" },
  );
}

function wrongLength(id: number, length: number, longest: number): DataError {
  return new DataError(
    `Cannot read the llama2.c tokenizer as token ${id} has ${length} bytes`,
    { expected: `0 to ${longest}, the length of the longest` },
  );
}

function wrongScore(id: number, score: number): DataError {
  return new DataError(
    `Cannot read the llama2.c tokenizer as the score of token ${id} is ${score}`,
    { expected: "a finite number" },
  );
}
