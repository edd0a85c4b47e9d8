/**
 * Byte-pair encoding of words, by a list of merges.
 *
 * @module
 */

import { isList, type JsonObject } from "./json_value.ts";
import type { HubVocabulary } from "./hub_vocabulary.ts";
import { mergeNeighbours, type Merges } from "./merge_neighbours.ts";
import { PairTable } from "./pair_table.ts";

/** Most words whose tokens are remembered. */
const MAX_REMEMBERED = 1 << 15;

/** Longest word that is remembered. */
const MAX_REMEMBERED_LENGTH = 64;

const ENCODER = new TextEncoder();

/** A model of byte pairs. */
export class BytePairs implements Merges {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #ranks = new PairTable();
  readonly #merges: Int32Array<ArrayBuffer>;
  readonly #byteIds: Int32Array<ArrayBuffer> | null;
  readonly #unknownId: number | undefined;
  readonly #fusesUnknown: boolean;
  readonly #ignoresMerges: boolean;
  readonly #remembered = new Map<string, readonly number[]>();

  /**
   * Takes a model that was checked.
   *
   * @param model The model of `tokenizer.json`.
   * @param vocabulary Its vocabulary.
   */
  constructor(model: JsonObject, vocabulary: HubVocabulary) {
    this.#ids = vocabulary.ids;
    const { merges } = vocabulary;
    this.#merges = merges;
    for (let rank = 0; 3 * rank < merges.length; rank++) {
      this.#ranks.set(merges[3 * rank]!, merges[3 * rank + 1]!, rank);
    }
    this.#byteIds = model["byte_fallback"] === true ? this.#bytes() : null;
    const unknown = model["unk_token"];
    this.#unknownId = typeof unknown === "string"
      ? this.#ids.get(unknown)
      : undefined;
    this.#fusesUnknown = model["fuse_unk"] === true;
    this.#ignoresMerges = model["ignore_merges"] === true;
  }

  /**
   * Tells whether a model is of this kind.
   *
   * @param model The model of `tokenizer.json`.
   * @returns Whether it has no marks inside or at the ends of words.
   */
  static serves(model: JsonObject): boolean {
    return isList(model["merges"]) &&
      ["end_of_word_suffix", "continuing_subword_prefix"].every((name) =>
        (model[name] ?? "") === ""
      );
  }

  /**
   * Encodes a word.
   *
   * @param word The word, as the pre-tokenizer gives it.
   * @param ids Where its tokens are added.
   */
  encode(word: string, ids: number[]): void {
    const known = this.#remembered.get(word);
    if (known !== undefined) {
      for (const id of known) ids.push(id);
      return;
    }
    const encoded = this.#encode(word);
    for (const id of encoded) ids.push(id);
    if (word.length > MAX_REMEMBERED_LENGTH) return;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(word, encoded);
  }

  /** The rank of the merge of two tokens; -1 where there is none. */
  find(left: number, right: number): number {
    return this.#ranks.get(left, right) ?? -1;
  }

  /** Earlier merges go first. */
  cost(rank: number): number {
    return rank;
  }

  /** The token that a merge makes. */
  result(rank: number): number {
    return this.#merges[3 * rank + 2]!;
  }

  #encode(word: string): readonly number[] {
    const whole = this.#ignoresMerges ? this.#ids.get(word) : undefined;
    return whole === undefined
      ? mergeNeighbours(this.#symbols(word), this)
      : [whole];
  }

  /** The tokens of single characters, of their bytes, or the unknown one. */
  #symbols(word: string): number[] {
    const symbols: number[] = [];
    let wasUnknown = false;
    for (const character of word) {
      const id = this.#ids.get(character);
      if (id !== undefined) symbols.push(id);
      else if (this.#byteIds !== null) {
        for (const byte of ENCODER.encode(character)) {
          symbols.push(this.#byteIds[byte]!);
        }
      } else if (this.#unknownId !== undefined) {
        if (!(wasUnknown && this.#fusesUnknown)) symbols.push(this.#unknownId);
        wasUnknown = true;
        continue;
      }
      wasUnknown = false;
    }
    return symbols;
  }

  /** The token of each byte; null where not all have one. */
  #bytes(): Int32Array<ArrayBuffer> | null {
    const ids = new Int32Array(256);
    for (let byte = 0; byte < 256; byte++) {
      const digits = byte.toString(16).toUpperCase().padStart(2, "0");
      const id = this.#ids.get(`<0x${digits}>`);
      if (id === undefined) return null;
      ids[byte] = id;
    }
    return ids;
  }
}
