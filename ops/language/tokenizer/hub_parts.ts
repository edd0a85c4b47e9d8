/**
 * The parts of `tokenizer.json` beside the vocabulary, checked and written so
 * that the JavaScript library reads them as the original does.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { checkGrowth } from "./hub_growth.ts";
import { literalReplace } from "./hub_split.ts";
import { isList, isObject, type Json, type JsonObject } from "./json_value.ts";

/** Which member of a sequence holds its parts, for each kind of part. */
const SEQUENCE_MEMBER = {
  normalizer: "normalizers",
  decoder: "decoders",
  post_processor: "processors",
} as const;

const NORMALIZERS: ReadonlySet<string> = new Set([
  "BertNormalizer",
  "Lowercase",
  "NFC",
  "NFD",
  "NFKC",
  "NFKD",
  "Precompiled",
  "Prepend",
  "Replace",
  "Sequence",
  "Strip",
  "StripAccents",
]);

const DECODERS: ReadonlySet<string> = new Set([
  "BPEDecoder",
  "ByteFallback",
  "ByteLevel",
  "CTC",
  "Fuse",
  "Metaspace",
  "Replace",
  "Sequence",
  "Strip",
  "WordPiece",
]);

/**
 * Checks the normalizer of `tokenizer.json`.
 *
 * @param value The part, untrusted.
 * @returns The part; null where there is none.
 * @throws {DataError} For unknown kinds, unsafe patterns and too much growth.
 */
export function checkNormalizer(value: Json | undefined): JsonObject | null {
  checkGrowth(value, "normalizer");
  return checkPart(value, "normalizer", NORMALIZERS);
}

/**
 * Checks the decoder of `tokenizer.json`.
 *
 * @param value The part, untrusted.
 * @returns The part; null where there is none.
 * @throws {DataError} For unknown kinds, unsafe patterns and too much growth.
 */
export function checkDecoder(value: Json | undefined): JsonObject | null {
  checkGrowth(value, "decoder");
  return checkPart(value, "decoder", DECODERS);
}

function checkPart(
  value: Json | undefined,
  name: keyof typeof SEQUENCE_MEMBER,
  kinds: ReadonlySet<string>,
): JsonObject | null {
  if (value === undefined || value === null) return null;
  const type = isObject(value) ? value["type"] : undefined;
  if (!isObject(value) || typeof type !== "string" || !kinds.has(type)) {
    throw unknownPart(name, value, [...kinds]);
  }
  if (type === "Sequence") {
    const parts = value[SEQUENCE_MEMBER[name]];
    if (!isList(parts)) throw unknownPart(name, value, [...kinds]);
    return {
      type,
      [SEQUENCE_MEMBER[name]]: parts.map((part) =>
        checkPart(part, name, kinds)
      ),
    };
  }
  return type === "Replace" ? literalReplace(value) : value;
}

/** Tokens that are put around a text. */
export interface Surroundings {
  /** Ids before it. */
  readonly before: readonly number[];
  /** Ids after it. */
  readonly after: readonly number[];
}

/** Nothing around a text. */
const NOTHING: Surroundings = { before: [], after: [] };

/** Most tokens around a text; published tokenizers put one or two. */
const MAX_AROUND = 64;

/**
 * Reads from the post-processor of `tokenizer.json` what is put around a text.
 *
 * @param value The part, untrusted.
 * @returns The tokens.
 * @throws {DataError} For unknown kinds, and templates that name no token.
 */
export function surroundings(value: Json | undefined): Surroundings {
  if (value === undefined || value === null) return NOTHING;
  const type = isObject(value) ? value["type"] : undefined;
  if (!isObject(value)) throw unknownProcessor(value);
  switch (type) {
    case "ByteLevel":
      return NOTHING;
    case "Sequence": {
      const parts = value["processors"];
      if (!isList(parts)) throw unknownProcessor(value);
      return parts.map(surroundings).reduce((inner, outer) =>
        bounded({
          before: [...outer.before, ...inner.before],
          after: [...inner.after, ...outer.after],
        }), NOTHING);
    }
    case "BertProcessing":
    case "RobertaProcessing":
      return {
        before: [namedId(value, "cls")],
        after: [namedId(value, "sep")],
      };
    case "TemplateProcessing":
      return templateSurroundings(value);
    default:
      throw unknownProcessor(value);
  }
}

function namedId(value: JsonObject, name: string): number {
  const pair = value[name];
  const id = isList(pair) ? pair[1] : undefined;
  if (isId(id)) return id;
  throw unknownProcessor(value);
}

function templateSurroundings(value: JsonObject): Surroundings {
  const { single, special_tokens: specials } = value;
  if (!isList(single)) throw unknownProcessor(value);
  const before: number[] = [];
  const after: number[] = [];
  let isBefore = true;
  for (const item of single) {
    if (!isObject(item)) throw unknownProcessor(value);
    if (item["Sequence"] !== undefined) {
      isBefore = false;
      continue;
    }
    const token = item["SpecialToken"];
    const name = isObject(token) ? token["id"] : undefined;
    const entry = isObject(specials) && typeof name === "string" &&
        Object.hasOwn(specials, name)
      ? specials[name]
      : undefined;
    const ids = isObject(entry) ? entry["ids"] : undefined;
    if (!isList(ids) || !ids.every(isId)) throw unknownProcessor(value);
    for (const id of ids) (isBefore ? before : after).push(id);
    bounded({ before, after });
  }
  return { before, after };
}

function bounded(around: Surroundings): Surroundings {
  const count = around.before.length + around.after.length;
  if (count <= MAX_AROUND) return around;
  throw new DataError(
    `Cannot use the tokenizer as it puts ${count} tokens around a text`,
    {
      expected: `at most ${MAX_AROUND}`,
      hint: "Do not use files from this source",
    },
  );
}

/**
 * Tells ids of tokens from all else.
 *
 * @param value What JSON held.
 * @returns Whether it is an integer from 0.
 */
export function isId(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function unknownProcessor(value: Json): DataError {
  return unknownPart("post_processor", value, [
    "BertProcessing",
    "ByteLevel",
    "RobertaProcessing",
    "Sequence",
    "TemplateProcessing",
  ]);
}

function unknownPart(
  name: string,
  value: Json,
  kinds: readonly string[],
): DataError {
  return new DataError(
    `Cannot use the tokenizer as its "${name}" is unknown here`,
    {
      actual: JSON.stringify(value).slice(0, 200),
      expected: kinds.join(", "),
    },
  );
}
