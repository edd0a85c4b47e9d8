/**
 * Checks of vocabularies of pieces, which come from untrusted files.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { PiecesTokenizerData } from "./tokenizer_data.ts";
import { checkVocabulary, MAX_SPECIAL_LENGTH } from "./vocabulary_bounds.ts";

/** A vocabulary that was checked. */
export interface CheckedPieces {
  /** Text of each token, with spaces for "▁". */
  readonly texts: readonly string[];
  /** Score of each token. */
  readonly scores: readonly number[];
  /** Tokens that text is merged to. */
  readonly mergeable: readonly number[];
  /** The token of each byte; null where not all have one. */
  readonly byteIds: Int32Array<ArrayBuffer> | null;
  /** The token for what has none; null where there is none. */
  readonly unknownId: number | null;
  /** The byte that a token of type "byte" stands for. */
  byteOf(id: number): number;
}

const TYPES: ReadonlySet<string> = new Set(
  ["normal", "unknown", "control", "user", "byte"],
);
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/**
 * Reads the byte that a piece such as "<0x0A>" names.
 *
 * @param piece The piece.
 * @returns The byte; undefined where it names none.
 */
export function byteOfPiece(piece: string): number | undefined {
  const digits = BYTE_TOKEN.exec(piece)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/**
 * Checks a vocabulary of pieces.
 *
 * @param data The vocabulary.
 * @returns What encoding and decoding need.
 * @throws {DataError} Where lists differ in length, a score is NaN, a type or
 * a special id is none, or a bound is passed.
 */
export function checkPieces(data: PiecesTokenizerData): CheckedPieces {
  const { pieces, scores, types } = data;
  checkVocabulary(pieces, "the tokenizer");
  for (
    const [name, list] of [["scores", scores], ["types", types]] as const
  ) {
    if (list.length !== pieces.length) {
      throw new DataError(
        `Cannot use the tokenizer as it has ${list.length} ${name}`,
        { expected: `one for each of ${pieces.length} pieces` },
      );
    }
  }
  for (
    const [name, id] of [["begins", data.beginId], [
      "ends",
      data.endId,
    ]] as const
  ) {
    if (id !== null && pieces[id] === undefined) {
      throw new DataError(
        `Cannot use the tokenizer as the token that ${name} a text is ${id}`,
        { expected: `an integer from 0 to ${pieces.length - 1}` },
      );
    }
  }
  return sortPieces(data);
}

function sortPieces(data: PiecesTokenizerData): CheckedPieces {
  const mergeable: number[] = [];
  const bytes = new Map<number, number>();
  const byteIds = new Int32Array(256).fill(-1);
  let unknownId: number | null = null;
  let specialLength = 0;
  data.pieces.forEach((piece, id) => {
    checkPiece(data, id);
    const type = data.types[id]!;
    if (type === "normal") mergeable.push(id);
    else if (type === "unknown") unknownId ??= id;
    else if (type === "byte") {
      const byte = requireByte(piece, id);
      bytes.set(id, byte);
      if (byteIds[byte]! < 0) byteIds[byte] = id;
    } else specialLength += piece.length;
  });
  if (specialLength > MAX_SPECIAL_LENGTH) {
    throw new DataError(
      `Cannot use the tokenizer as its special tokens have ${specialLength} characters`,
      { expected: `at most ${MAX_SPECIAL_LENGTH}` },
    );
  }
  return {
    texts: data.pieces.map((piece) => piece.replaceAll("▁", " ")),
    scores: data.scores,
    mergeable,
    byteIds: byteIds.includes(-1) ? null : byteIds,
    unknownId,
    byteOf: (id) => bytes.get(id)!,
  };
}

function checkPiece(data: PiecesTokenizerData, id: number): void {
  if (Number.isNaN(data.scores[id]!)) {
    throw new DataError(
      `Cannot use the tokenizer as the score of token ${id} is NaN`,
    );
  }
  if (!TYPES.has(data.types[id]!)) {
    throw new DataError(
      `Cannot use the tokenizer as the type of token ${id} is "${
        data.types[id]
      }"`,
      { expected: [...TYPES].join(", ") },
    );
  }
}

function requireByte(piece: string, id: number): number {
  const byte = byteOfPiece(piece);
  if (byte !== undefined) return byte;
  throw new DataError(
    `Cannot use the tokenizer as token ${id} stands for a byte but is "${
      piece.slice(0, 40)
    }"`,
    { expected: 'two hexadecimal digits, such as "<0x0A>"' },
  );
}
