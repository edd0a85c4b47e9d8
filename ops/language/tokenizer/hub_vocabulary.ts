/**
 * The vocabulary of `tokenizer.json`: the model's tokens and the added ones.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { isId } from "./hub_parts.ts";
import { isList, isObject, type Json, type JsonObject } from "./json_value.ts";
import {
  checkVocabulary,
  MAX_SPECIAL_LENGTH,
  MAX_TOKENS,
} from "./vocabulary_bounds.ts";

/** A token that stands beside the model's vocabulary. */
export interface AddedToken {
  /** Its id. */
  readonly id: number;
  /** Its text. */
  readonly content: string;
  /** Whether it is left out where special tokens are skipped. */
  readonly special: boolean;
  /** Whether it is looked for in the normalized text. */
  readonly normalized: boolean;
  /** Whether it swallows the space before it. */
  readonly stripsLeft: boolean;
  /** Whether it swallows the space behind it. */
  readonly stripsRight: boolean;
}

/** A vocabulary that was checked. */
export interface HubVocabulary {
  /** Text of each token as the vocabulary spells it; ids may be missing. */
  readonly tokens: readonly (string | undefined)[];
  /** The id of each token. */
  readonly ids: ReadonlyMap<string, number>;
  /** The added tokens, by id. */
  readonly added: ReadonlyMap<number, AddedToken>;
  /** Left, right and result of each merge of the model; empty where it has none. */
  readonly merges: Int32Array<ArrayBuffer>;
}

/**
 * Checks the vocabulary of `tokenizer.json`.
 *
 * @param tokenizer The file, untrusted.
 * @returns The vocabulary.
 * @throws {DataError} Where the model is unknown, an id is none or taken
 * twice, a merge is none, or a bound is passed.
 */
export function checkHubVocabulary(tokenizer: JsonObject): HubVocabulary {
  const model = tokenizer["model"];
  if (!isObject(model)) {
    throw new DataError('Cannot use the tokenizer as it has no "model"', {
      hint: 'Give the text of "tokenizer.json"',
    });
  }
  const tokens: (string | undefined)[] = [];
  const ids = new Map<string, number>();
  for (const [token, id] of modelTokens(model)) {
    addToken(tokens, ids, token, id);
  }
  const merges = readMerges(model["merges"], ids);
  const added = new Map<number, AddedToken>();
  for (const token of addedTokens(tokenizer["added_tokens"])) {
    added.set(token.id, token);
    if (ids.get(token.content) !== token.id) {
      addToken(tokens, ids, token.content, token.id);
    }
  }
  checkVocabulary(tokens.map((token) => token ?? ""), "the tokenizer");
  return { tokens, ids, added, merges };
}

function addToken(
  tokens: (string | undefined)[],
  ids: Map<string, number>,
  token: string,
  id: Json,
): void {
  if (!isId(id) || id >= MAX_TOKENS) {
    throw new DataError(
      `Cannot use the tokenizer as the id of ${quote(token)} is ${
        JSON.stringify(id)
      }`,
      { expected: `an integer from 0 to ${MAX_TOKENS - 1}` },
    );
  }
  if (tokens[id] !== undefined) {
    throw new DataError(
      `Cannot use the tokenizer as ${quote(tokens[id])} and ${
        quote(token)
      } are both ${id}`,
    );
  }
  if (ids.has(token)) {
    throw new DataError(
      `Cannot use the tokenizer as ${quote(token)} is both ${
        ids.get(token)
      } and ${id}`,
    );
  }
  while (tokens.length < id) tokens.push(undefined);
  tokens[id] = token;
  ids.set(token, id);
}

function modelTokens(model: JsonObject): Iterable<readonly [string, Json]> {
  const { type, vocab } = model;
  if (type === "Unigram" && isList(vocab)) {
    return vocab.map((entry, id) => {
      const [token, score] = isList(entry) ? entry : [];
      if (typeof token === "string" && typeof score === "number") {
        return [token, id] as const;
      }
      throw new DataError(
        `Cannot use the tokenizer as token ${id} has no score`,
      );
    });
  }
  const isMap = type === "BPE" || type === "WordPiece" ||
    (type === undefined && model["merges"] !== undefined);
  if (isMap && isObject(vocab)) return Object.entries(vocab);
  throw new DataError("Cannot use the tokenizer as its model is unknown here", {
    expected: "BPE, Unigram or WordPiece with a vocabulary",
    actual: JSON.stringify(type ?? null),
  });
}

function readMerges(
  merges: Json | undefined,
  ids: ReadonlyMap<string, number>,
): Int32Array<ArrayBuffer> {
  const list = isList(merges) ? merges : [];
  const read = new Int32Array(3 * list.length);
  for (const [rank, merge] of list.entries()) {
    const [left, right] = mergeParts(merge);
    const triple = [ids.get(left), ids.get(right), ids.get(left + right)];
    if (triple.includes(undefined)) throw wrongMerge(rank, merge);
    for (const [at, id] of triple.entries()) read[3 * rank + at] = id!;
  }
  return read;

  function mergeParts(merge: Json): readonly [string, string] {
    if (typeof merge === "string") {
      const space = merge.indexOf(" ");
      return [merge.slice(0, Math.max(space, 0)), merge.slice(space + 1)];
    }
    const [left, right] = isList(merge) && merge.length === 2 ? merge : [];
    return typeof left === "string" && typeof right === "string"
      ? [left, right]
      : ["", ""];
  }
}

function wrongMerge(rank: number, merge: Json): DataError {
  return new DataError(
    `Cannot use the tokenizer as merge ${rank} is ${
      JSON.stringify(merge).slice(0, 100)
    }`,
    { expected: "two tokens that together are a token" },
  );
}

function addedTokens(value: Json | undefined): AddedToken[] {
  if (value === undefined || value === null) return [];
  if (!isList(value)) {
    throw new DataError(
      'Cannot use the tokenizer as "added_tokens" is no list',
    );
  }
  let length = 0;
  return value.map((entry, index) => {
    const token = isObject(entry) ? entry : {};
    const { id, content, single_word: isWord } = token;
    const special = token["special"] === true;
    if (!isId(id) || typeof content !== "string" || content === "") {
      throw new DataError(
        `Cannot use the tokenizer as added token ${index} has no id or no text`,
        { actual: JSON.stringify(entry).slice(0, 200) },
      );
    }
    if (isWord === true) {
      throw new DataError(
        `Cannot use the tokenizer as ${
          quote(content)
        } is looked for as a single word`,
        { expected: "added tokens that are found anywhere" },
      );
    }
    length += content.length;
    if (length > MAX_SPECIAL_LENGTH) {
      throw new DataError(
        "Cannot use the tokenizer as its added tokens are too long",
        { expected: `at most ${MAX_SPECIAL_LENGTH} characters together` },
      );
    }
    return {
      id,
      content,
      special,
      normalized: token["normalized"] === undefined
        ? !special
        : token["normalized"] === true,
      stripsLeft: token["lstrip"] === true,
      stripsRight: token["rstrip"] === true,
    };
  });
}

function quote(token: string): string {
  return JSON.stringify(token.slice(0, 60));
}
