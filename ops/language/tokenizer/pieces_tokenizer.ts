/**
 * Tokenizers that merge pieces by score: SentencePiece's BPE and llama2.c's.
 *
 * Text becomes pieces of the vocabulary by {@linkcode mergeByScore}; a
 * character that is no piece becomes the tokens of its bytes. Special tokens
 * are looked for first, and what stands between them is encoded by itself,
 * with a space before it where the vocabulary asks for one.
 *
 * @module
 */

import { renderChatTemplate } from "./chat_template.ts";
import { END_TOKENS } from "./end_tokens.ts";
import { mergeByScore } from "./merge_by_score.ts";
import { type CheckedPieces, checkPieces } from "./pieces_data.ts";
import { decodeTokens, streamTokens, type TokenText } from "./token_text.ts";
import { requireToken } from "./token_name.ts";
import { TokenTrie } from "./token_trie.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { PiecesTokenizerData } from "./tokenizer_data.ts";

const ENCODER = new TextEncoder();

/** Encodes stretches of ordinary text. */
class PieceEncoder {
  readonly #idOf = new Map<string, number>();

  constructor(readonly pieces: CheckedPieces) {
    for (const id of pieces.mergeable) {
      const text = pieces.texts[id]!;
      if (!this.#idOf.has(text)) this.#idOf.set(text, id);
    }
  }

  encode(text: string, ids: number[]): void {
    const { scores, byteIds, unknownId } = this.pieces;
    const boundaries = mergeByScore(text, (piece) => {
      const id = this.#idOf.get(piece);
      return id === undefined ? undefined : scores[id];
    });
    for (let index = 0; index + 1 < boundaries.length; index++) {
      const symbol = text.slice(boundaries[index], boundaries[index + 1]);
      const id = this.#idOf.get(symbol);
      if (id !== undefined) ids.push(id);
      else if (byteIds !== null) {
        for (const byte of ENCODER.encode(symbol)) ids.push(byteIds[byte]!);
      } else if (unknownId !== null) ids.push(unknownId);
    }
  }
}

/** What each token says. */
function tokenText(
  data: PiecesTokenizerData,
  pieces: CheckedPieces,
): TokenText {
  const bytes: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  const nothing = new Uint8Array(0);
  return {
    bytesOf(id) {
      const text = pieces.texts[id];
      if (text === undefined) return nothing;
      return bytes[id] ??= data.types[id] === "byte"
        ? Uint8Array.of(pieces.byteOf(id))
        : ENCODER.encode(text);
    },
    isSpecial: (id) =>
      data.types[id] === "control" || data.types[id] === "unknown",
    endsSection: (id) =>
      data.types[id] === "control" || data.types[id] === "user",
    spacePrefix: data.addSpacePrefix ? "sections" : "none",
  };
}

/** Tries of the tokens that are looked for in texts. */
function specialTries(data: PiecesTokenizerData, pieces: CheckedPieces) {
  const all = new TokenTrie();
  const user = new TokenTrie();
  pieces.texts.forEach((text, id) => {
    const type = data.types[id];
    if (type === "control" || type === "user") all.add(text, id);
    if (type === "user") user.add(text, id);
  });
  return { all, user };
}

/**
 * Makes a tokenizer of pieces.
 *
 * @param data The vocabulary.
 * @returns The tokenizer.
 * @throws {DataError} For vocabularies that contradict themselves.
 */
export function makePiecesTokenizer(data: PiecesTokenizerData): Tokenizer {
  const pieces = checkPieces(data);
  const encoder = new PieceEncoder(pieces);
  const text = tokenText(data, pieces);
  const tries = specialTries(data, pieces);
  const ids = new Map<string, number>();
  data.pieces.forEach((piece, id) => ids.has(piece) || ids.set(piece, id));
  const endIds = data.endId === null ? [] : [data.endId];
  data.pieces.forEach((piece, id) => {
    const isEnd = data.types[id] !== "normal" && END_TOKENS.has(piece);
    if (isEnd && id !== data.endId) endIds.push(id);
  });
  const nameOf = (id: number | null) => id === null ? null : data.pieces[id]!;
  return {
    size: data.pieces.length,
    beginId: data.beginId,
    endIds,
    padId: endIds[0] ?? 0,
    encode(source, options = {}) {
      const { addSpecialTokens = true, parseSpecial = true } = options;
      const encoded: number[] = [];
      if (addSpecialTokens && data.addBegin && data.beginId !== null) {
        encoded.push(data.beginId);
      }
      const trie = parseSpecial ? tries.all : tries.user;
      for (const section of trie.split(source)) {
        if (section.id !== undefined) encoded.push(section.id);
        else {
          const space = data.addSpacePrefix ? " " : "";
          encoder.encode(space + section.text, encoded);
        }
      }
      return Int32Array.from(encoded);
    },
    decode: (tokens, options = {}) =>
      decodeTokens(text, tokens, options.skipSpecialTokens ?? true),
    stream: (options = {}) =>
      streamTokens(text, options.skipSpecialTokens ?? true),
    renderChat: (messages, options = {}) =>
      renderChatTemplate(data.chatTemplate, messages, {
        beginToken: nameOf(data.beginId),
        endToken: nameOf(data.endId),
        addGenerationPrompt: options.addGenerationPrompt ?? true,
      }),
    idOf: (token) => ids.get(token),
    tokenOf: (id) => requireToken(data.pieces[id], id, data.pieces.length),
  };
}
