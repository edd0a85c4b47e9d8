/**
 * The metadata of a GGUF file that tell of its tokenizer, checked.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { checkVocabulary, MAX_TEMPLATE_LENGTH } from "./vocabulary_bounds.ts";

/** Kinds of tokens in the order of the numbers that files give them. */
const TYPES = [
  "normal",
  "normal",
  "unknown",
  "control",
  "user",
  "unused",
  "byte",
] as const;

/** What a token of a GGUF file is. */
export type GgufTokenType = typeof TYPES[number];

/** What a GGUF file says of its tokens. */
export class GgufVocabulary {
  /** The kind of tokenizer. */
  readonly model: string;
  /** The name of the pre-tokenizer. */
  readonly pre: string;
  /** Text of each token. */
  readonly tokens: readonly string[];
  /** Kind of each token. */
  readonly types: readonly GgufTokenType[];
  /** The chat template; null where there is none. */
  readonly chatTemplate: string | null;
  readonly #metadata: ReadonlyMap<string, unknown>;

  /**
   * Checks what every tokenizer has.
   *
   * @param metadata The metadata of the file by name, untrusted.
   * @throws {DataError} Where there are no tokens, or lists do not fit.
   */
  constructor(metadata: ReadonlyMap<string, unknown>) {
    this.#metadata = metadata;
    this.model = this.#text("tokenizer.ggml.model") ?? this.#missing("model");
    this.pre = this.#text("tokenizer.ggml.pre") ?? "default";
    this.tokens = this.#texts("tokens") ?? this.#missing("tokens");
    checkVocabulary(this.tokens, "the tokenizer of the GGUF file");
    this.types = this.#types();
    const template = this.#text("tokenizer.chat_template");
    this.chatTemplate = template ?? null;
    if (template !== undefined && template.length > MAX_TEMPLATE_LENGTH) {
      throw new DataError(
        `Cannot use the chat template as it has ${template.length} characters`,
        { expected: `at most ${MAX_TEMPLATE_LENGTH}` },
      );
    }
  }

  /**
   * Gives the merges of byte pairs.
   *
   * @returns The merges, "left right" each.
   * @throws {DataError} Where there are none.
   */
  merges(): readonly string[] {
    return this.#texts("merges") ?? this.#missing("merges");
  }

  /**
   * Gives the scores of pieces.
   *
   * @returns One for each token.
   * @throws {DataError} Where they do not fit the tokens.
   */
  scores(): readonly number[] {
    const scores = this.#numbers("scores");
    if (scores?.length === this.tokens.length) return scores;
    throw new DataError(
      "Cannot use the tokenizer of the GGUF file as its scores do not fit",
      {
        expected: `${this.tokens.length} numbers`,
        actual: scores === undefined ? "none" : String(scores.length),
      },
    );
  }

  /**
   * Gives the token of a role.
   *
   * @param role Such as "bos" or "eos".
   * @returns Its id; null where there is none.
   * @throws {DataError} Where the id is no token's.
   */
  id(role: string): number | null {
    const name = `tokenizer.ggml.${role}_token_id`;
    const value = this.#get(name);
    if (value === undefined) return null;
    const id = typeof value === "bigint" ? Number(value) : value;
    if (id === 0xffffffff || id === -1) return null;
    if (typeof id === "number" && this.tokens[id] !== undefined) return id;
    throw new DataError(
      `Cannot use the tokenizer of the GGUF file as "${name}" is ${
        String(value).slice(0, 40)
      }`,
      { expected: `an integer from 0 to ${this.tokens.length - 1}` },
    );
  }

  /**
   * Gives a yes or no.
   *
   * @param name Such as "add_bos_token".
   * @returns The flag; undefined where there is none.
   */
  flag(name: string): boolean | undefined {
    const value = this.#get(`tokenizer.ggml.${name}`);
    return typeof value === "boolean" ? value : undefined;
  }

  #get(name: string): unknown {
    return this.#metadata.get(name);
  }

  #text(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "string") return value;
    throw new DataError(
      `Cannot use "${name}" of the GGUF file as it is no text`,
    );
  }

  #texts(name: string): readonly string[] | undefined {
    const value = this.#get(`tokenizer.ggml.${name}`);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every(isText)) return value;
    throw new DataError(
      `Cannot use "tokenizer.ggml.${name}" of the GGUF file as it is no list of texts`,
    );
  }

  #numbers(name: string): number[] | undefined {
    const value = this.#get(`tokenizer.ggml.${name}`);
    if (value === undefined) return undefined;
    const list = ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? Array.from<unknown>(Object(value))
      : value;
    if (Array.isArray(list) && list.every(isNumber)) return list;
    throw new DataError(
      `Cannot use "tokenizer.ggml.${name}" of the GGUF file as it is no list of numbers`,
    );
  }

  #types(): readonly GgufTokenType[] {
    const types = this.#numbers("token_type");
    if (types === undefined) return this.tokens.map(() => "normal");
    if (types.length === this.tokens.length) {
      return types.map((number, id) => {
        const type = TYPES[number];
        if (type !== undefined) return type;
        throw new DataError(
          `Cannot use the tokenizer of the GGUF file as the type of token ${id} is ${number}`,
          { expected: `an integer from 0 to ${TYPES.length - 1}` },
        );
      });
    }
    throw new DataError(
      `Cannot use the tokenizer of the GGUF file as it has ${types.length} types`,
      { expected: `one for each of ${this.tokens.length} tokens` },
    );
  }

  #missing(name: string): never {
    throw new DataError(
      `Cannot use the tokenizer of the GGUF file as it has no "tokenizer.ggml.${name}"`,
      { hint: 'Give the "tokenizer.json" of the model beside it' },
    );
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
