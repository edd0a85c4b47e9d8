/**
 * From text to tokens by the rules of `tokenizer.json`.
 *
 * Added tokens are looked for in the text, then, where they ask for it, in the
 * normalized text; what is between them is normalized, split into words and
 * encoded word by word. Normalizers, pre-tokenizers and the models other than
 * byte pairs are those of `@huggingface/tokenizers`.
 *
 * @module
 */

import { Tokenizer as HubLibrary } from "@huggingface/tokenizers";
import { DataError } from "../../../runtime/core/errors.ts";
import { BytePairs } from "./byte_pairs.ts";
import { checkGrowth } from "./hub_growth.ts";
import { checkNormalizer } from "./hub_parts.ts";
import { adaptPreTokenizer } from "./hub_split.ts";
import type { AddedToken, HubVocabulary } from "./hub_vocabulary.ts";
import { isObject, type JsonObject } from "./json_value.ts";
import { type TextSection, TokenTrie } from "./token_trie.ts";

/** The tokens that are looked for, in the text and in the normalized text. */
interface Searches {
  readonly text: TokenTrie;
  readonly normalized: TokenTrie;
}

/** Encodes texts. */
export class HubEncoder {
  readonly #added: ReadonlyMap<number, AddedToken>;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #library: HubLibrary;
  readonly #pairs: BytePairs | null;
  readonly #all: Searches;
  readonly #ordinary: Searches;

  /**
   * Prepares to encode.
   *
   * @param tokenizer The file, its vocabulary checked.
   * @param vocabulary The vocabulary, with the added tokens that are looked for.
   * @param decoder The checked decoder.
   * @throws {DataError} For parts that are unknown here.
   */
  constructor(
    tokenizer: JsonObject,
    vocabulary: HubVocabulary,
    decoder: JsonObject | null,
  ) {
    const { model } = tokenizer;
    this.#added = vocabulary.added;
    this.#ids = vocabulary.ids;
    const isPairs = isObject(model) && BytePairs.serves(model);
    checkGrowth(tokenizer["pre_tokenizer"], "pre_tokenizer");
    this.#pairs = isPairs ? new BytePairs(model, vocabulary) : null;
    const adapted = {
      model: isPairs ? { type: "BPE", vocab: {}, merges: [] } : model,
      added_tokens: [],
      normalizer: checkNormalizer(tokenizer["normalizer"]),
      pre_tokenizer: adaptPreTokenizer(tokenizer["pre_tokenizer"]),
      post_processor: null,
      decoder,
    };
    try {
      this.#library = new HubLibrary(adapted, {});
      this.#all = this.#searches(() => true);
      this.#ordinary = this.#searches(({ special }) => !special);
    } catch (cause) {
      throw new DataError(
        "Cannot use the tokenizer as its file contradicts itself",
        { cause },
      );
    }
  }

  /**
   * Encodes a text, with nothing around it.
   *
   * @param text The text.
   * @param parseSpecial Whether special tokens in it are read as such.
   * @returns The tokens.
   * @throws {DataError} Where the rules fail.
   */
  encode(text: string, parseSpecial: boolean): number[] {
    const ids: number[] = [];
    try {
      this.#encode(text, parseSpecial ? this.#all : this.#ordinary, ids);
    } catch (cause) {
      throw new DataError("Cannot encode the text as its tokenizer fails", {
        cause,
      });
    }
    return ids;
  }

  /**
   * Gives the text of tokens that are only understood together.
   *
   * @param tokens The tokens.
   * @returns The text.
   * @throws {DataError} Where the rules fail.
   */
  decode(tokens: string[]): string {
    try {
      const { decoder } = this.#library;
      return decoder === null ? tokens.join(" ") : decoder.decode(tokens);
    } catch (cause) {
      throw new DataError("Cannot decode the tokens as their tokenizer fails", {
        cause,
      });
    }
  }

  #searches(isWanted: (token: AddedToken) => boolean): Searches {
    const { normalizer } = this.#library;
    const text = new TokenTrie();
    const normalized = new TokenTrie();
    for (const token of this.#added.values()) {
      if (!isWanted(token)) continue;
      if (token.normalized && normalizer !== null) {
        normalized.add(normalizer.normalize(token.content), token.id);
      } else text.add(token.content, token.id);
    }
    return { text, normalized };
  }

  #encode(text: string, searches: Searches, ids: number[]): void {
    const { normalizer } = this.#library;
    const sections = this.#strip(searches.text.split(text));
    sections.forEach((section, index) => {
      if (section.id !== undefined) ids.push(section.id);
      else if (section.text !== "") {
        const normal = normalizer?.normalize(section.text) ?? section.text;
        for (const part of this.#strip(searches.normalized.split(normal))) {
          if (part.id !== undefined) ids.push(part.id);
          else this.#encodeWords(part.text, index, ids);
        }
      }
    });
  }

  #encodeWords(text: string, section: number, ids: number[]): void {
    if (text === "") return;
    const words = this.#library.pre_tokenizer?.pre_tokenize(text, {
      section_index: section,
    }) ?? [text];
    if (this.#pairs !== null) {
      for (const word of words) this.#pairs.encode(word, ids);
      return;
    }
    const { model } = this.#library;
    if (model === null) return;
    for (const token of model._call(words)) {
      const id = this.#ids.get(token) ?? model.unk_token_id;
      if (id !== undefined) ids.push(id);
    }
  }

  /** Takes away the space that added tokens swallow. */
  #strip(sections: readonly TextSection[]): readonly TextSection[] {
    return sections.map((section, index) => {
      if (section.text === undefined) return section;
      let { text } = section;
      if (this.#swallows(sections[index + 1], "stripsLeft")) {
        text = text.trimEnd();
      }
      if (this.#swallows(sections[index - 1], "stripsRight")) {
        text = text.trimStart();
      }
      return { text };
    });
  }

  #swallows(
    section: TextSection | undefined,
    side: "stripsLeft" | "stripsRight",
  ): boolean {
    return section?.id !== undefined &&
      this.#added.get(section.id)?.[side] === true;
  }
}
