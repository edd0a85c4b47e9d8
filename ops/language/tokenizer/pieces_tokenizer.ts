/**
 * Tokenizers that merge pieces by score: SentencePiece's BPE and llama2.c's.
 *
 * Of all neighbours whose text together is a piece, those of the highest score
 * are joined first. A character that is no piece becomes the tokens of its bytes. Special tokens
 * are looked for first, and what stands between them is encoded by itself,
 * with a space before it where the vocabulary asks for one.
 *
 * @module
 */

import { renderChatTemplate } from "./chat_template.ts";
import { END_TOKENS } from "./end_tokens.ts";
import { mergeNeighbours, type Merges } from "./merge_neighbours.ts";
import { PairTable } from "./pair_table.ts";
import { type CheckedPieces, checkPieces } from "./pieces_data.ts";
import { decodeTokens, streamTokens, type TokenText } from "./token_text.ts";
import { requireToken } from "./token_name.ts";
import { TokenTrie } from "./token_trie.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { PiecesTokenizerData } from "./tokenizer_data.ts";

const ENCODER = new TextEncoder();

/** Most pairs of neighbours whose merge is remembered. */
const MAX_REMEMBERED = 1 << 20;

/** Encodes stretches of ordinary text. */
class PieceEncoder implements Merges {
  readonly #pieces: CheckedPieces;
  readonly #idOf = new Map<string, number>();
  readonly #pairs = new PairTable();

  constructor(pieces: CheckedPieces) {
    this.#pieces = pieces;
    for (const id of pieces.mergeable) {
      const text = pieces.texts[id]!;
      if (!this.#idOf.has(text)) this.#idOf.set(text, id);
    }
  }

  encode(text: string, ids: number[]): void {
    const { byteIds, unknownId } = this.#pieces;
    const strangers: string[] = [];
    const symbols: number[] = [];
    for (const character of text) {
      const id = this.#idOf.get(character);
      if (id === undefined) symbols.push(-strangers.push(character));
      else symbols.push(id);
    }
    for (const symbol of mergeNeighbours(symbols, this)) {
      if (symbol >= 0) ids.push(symbol);
      else if (byteIds !== null) {
        for (const byte of ENCODER.encode(strangers[-symbol - 1])) {
          ids.push(byteIds[byte]!);
        }
      } else if (unknownId !== null) ids.push(unknownId);
    }
  }

  /** The piece that two make together, which names the merge; -1 for none. */
  find(left: number, right: number): number {
    const known = this.#pairs.get(left, right);
    if (known !== undefined) return known;
    const { texts } = this.#pieces;
    const id = this.#idOf.get(texts[left]! + texts[right]!) ?? -1;
    if (this.#pairs.size >= MAX_REMEMBERED) this.#pairs.clear();
    this.#pairs.set(left, right, id);
    return id;
  }

  /** Higher scores go first. */
  cost(id: number): number {
    return -this.#pieces.scores[id]!;
  }

  /** The merge is named by the piece that it makes. */
  result(id: number): number {
    return id;
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
