/**
 * Pre-tokenizers of `tokenizer.json`, written so that the JavaScript library
 * splits as the original does.
 *
 * `@huggingface/tokenizers` splits at most kinds by JavaScript's own classes
 * of characters, and only as `Isolated` and `Removed` do. Here such kinds become
 * `Split` with a pattern that says the same.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { isList, isObject, type Json, type JsonObject } from "./json_value.ts";
import { checkPattern } from "./safe_pattern.ts";

/** Kinds that are taken as they are. */
const KNOWN: ReadonlySet<string> = new Set([
  "BertPreTokenizer",
  "ByteLevel",
  "FixedLength",
  "Metaspace",
  "Replace",
  "WhitespaceSplit",
]);

/** What GPT-2 splits text at. */
export const GPT2_PATTERN: string =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const PUNCTUATION = "[\\p{P}!-/:-@\\[-`{-~]";

/**
 * Rewrites a pre-tokenizer.
 *
 * @param value The pre-tokenizer of `tokenizer.json`, untrusted.
 * @returns One that splits alike in the library.
 * @throws {DataError} For kinds that are not known, and unsafe patterns.
 */
export function adaptPreTokenizer(value: Json | undefined): JsonObject | null {
  if (value === undefined || value === null) return null;
  const type = isObject(value) ? value["type"] : undefined;
  if (!isObject(value) || typeof type !== "string") throw unknownKind(value);
  switch (type) {
    case "Sequence": {
      const parts = value["pretokenizers"];
      if (!isList(parts)) throw unknownKind(value);
      return { type, pretokenizers: parts.map(adaptPreTokenizer) };
    }
    case "Split":
      return adaptSplit(value);
    case "Punctuation":
      return split(PUNCTUATION, value["behavior"] ?? "Isolated");
    case "Digits":
      return split(
        value["individual_digits"] === true ? "\\p{N}" : "\\p{N}+",
        "Isolated",
      );
    case "Whitespace":
      return { ...split("\\w+|[^\\w\\s]+", "Removed"), invert: true };
    case "CharDelimiterSplit":
      return split(escapePattern(textOf(value["delimiter"])), "Removed");
    case "ByteLevel":
      return adaptByteLevel(value);
    case "Metaspace":
      return adaptMetaspace(value);
    default:
      if (!KNOWN.has(type)) throw unknownKind(value);
      if (type === "Replace") return literalReplace(value);
      if (type === "FixedLength") checkLength(value["length"]);
      return value;
  }
}

function adaptByteLevel(value: JsonObject): JsonObject {
  const splits = value["use_regex"] !== false;
  if (!splits || value["add_prefix_space"] === true) return value;
  return {
    type: "Sequence",
    pretokenizers: [
      split(GPT2_PATTERN, "Isolated"),
      { ...value, use_regex: false },
    ],
  };
}

/** Older files say `add_prefix_space` where newer ones say `prepend_scheme`. */
function adaptMetaspace(value: JsonObject): JsonObject {
  const { replacement = "▁" } = value;
  if (typeof replacement !== "string" || [...replacement].length !== 1) {
    throw new DataError(
      "Cannot use the tokenizer as it puts other than one character for a space",
      { actual: JSON.stringify(replacement).slice(0, 200) },
    );
  }
  const adapted = { ...value, str_rep: replacement };
  if (value["prepend_scheme"] !== undefined) return adapted;
  return {
    ...adapted,
    prepend_scheme: value["add_prefix_space"] === false ? "never" : "always",
  };
}

function adaptSplit(value: JsonObject): JsonObject {
  const pattern = patternOf(value);
  const behavior = value["behavior"] ?? "Isolated";
  if (value["invert"] !== true || behavior === "Isolated") {
    return split(pattern, behavior);
  }
  if (behavior === "Removed") {
    return { ...split(pattern, behavior), invert: true };
  }
  throw new DataError(
    `Cannot use the tokenizer as it splits inverted and as "${behavior}"`,
  );
}

function split(pattern: string, behavior: Json): JsonObject {
  const regex = behaviorPattern(pattern, behavior);
  return {
    type: "Split",
    pattern: { Regex: regex },
    behavior: behavior === "Removed" ? behavior : "Isolated",
    invert: false,
  };
}

/** A pattern whose matches, isolated, are the pieces that a behaviour gives. */
function behaviorPattern(pattern: string, behavior: Json): string {
  switch (behavior) {
    case "Isolated":
    case "Removed":
      return pattern;
    case "Contiguous":
      return `(?:${pattern})+`;
    case "MergedWithPrevious":
      return `[\\s\\S]*?(?:${pattern}|\\z)`;
    case "MergedWithNext":
      return `(?:${pattern})[\\s\\S]*?(?=${pattern}|\\z)`;
    default:
      throw new DataError(
        `Cannot use the tokenizer as it splits as ${JSON.stringify(behavior)}`,
        {
          expected:
            "Isolated, Removed, Contiguous, MergedWithPrevious or MergedWithNext",
        },
      );
  }
}

/** The pattern of a part of `tokenizer.json` as a regular expression. */
function patternOf(value: JsonObject): string {
  const pattern = value["pattern"];
  if (isObject(pattern)) {
    const { Regex: regex, String: text } = pattern;
    if (typeof regex === "string") {
      checkPattern(regex);
      return regex;
    }
    if (typeof text === "string") return escapePattern(text);
  }
  throw new DataError("Cannot use the tokenizer as a part has no pattern", {
    actual: JSON.stringify(value).slice(0, 200),
  });
}

/**
 * Writes a replacement so that JavaScript takes what is put in as it is. To it "$&"
 * is what was found and "$`" all that is before it; in the file they are characters
 * like others.
 *
 * @param value The part of `tokenizer.json`.
 * @returns The part, with its pattern as a regular expression.
 * @throws {DataError} Where there is no pattern, or it is not safe.
 */
export function literalReplace(value: JsonObject): JsonObject {
  const { content } = value;
  return {
    ...value,
    pattern: { Regex: patternOf(value) },
    content: typeof content === "string" ? content.replaceAll("$", "$$$$") : "",
  };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\\-&~#]/g, "\\$&");
}

function textOf(value: Json | undefined): string {
  if (typeof value === "string" && value.length > 0) return value;
  throw new DataError("Cannot use the tokenizer as its delimiter is no text");
}

function checkLength(value: Json | undefined): void {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return;
  throw new DataError(
    `Cannot use the tokenizer as it cuts text every ${value} characters`,
  );
}

function unknownKind(value: Json): DataError {
  return new DataError(
    "Cannot use the tokenizer as it splits text unknown here",
    {
      actual: JSON.stringify(value).slice(0, 200),
      expected: [
        ...KNOWN,
        "CharDelimiterSplit",
        "Digits",
        "Punctuation",
        "Sequence",
        "Split",
        "Whitespace",
      ]
        .join(", "),
    },
  );
}
