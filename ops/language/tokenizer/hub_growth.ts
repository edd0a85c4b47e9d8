/**
 * How much longer the parts of `tokenizer.json` may make a text: a chain of
 * replacements that each double it makes a short text endless.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { isList, isObject, type Json, type JsonObject } from "./json_value.ts";

/** Most parts one after another; those of ALBERT are 7. */
const MAX_PARTS = 64;

/** How many times longer all parts together may make a text; those of ALBERT count 1,944. */
const MAX_GROWTH = 1 << 14;

/** Most characters that are put before a text; published ones put 1. */
const MAX_BEFORE = 256;

/** Where sequences keep their parts. */
const MEMBERS = ["normalizers", "pretokenizers", "decoders"];

/** How many times longer a kind of part makes a text at most, in UTF-16. */
const GROWTH: Readonly<Record<string, number>> = {
  // A space between all characters, where what it looks for is empty
  BPEDecoder: 2,
  // Spaces around ideographs, after decomposition
  BertNormalizer: 12,
  // Bytes as characters
  ByteLevel: 3,
  // As BPEDecoder
  CTC: 2,
  Lowercase: 3,
  // As BPEDecoder
  Metaspace: 2,
  NFC: 3,
  NFD: 4,
  NFKC: 18,
  NFKD: 18,
  Precompiled: 18,
  // A space before each token
  WordPiece: 2,
};

/**
 * Refuses parts that together make texts much longer.
 *
 * @param value The normalizer, pre-tokenizer or decoder, untrusted.
 * @param name Its name in the file.
 * @throws {DataError} Where they are too many, or make a text too long.
 */
export function checkGrowth(value: Json | undefined, name: string): void {
  const parts = partsOf(value);
  let [growth, before] = [1, 0];
  for (const part of parts) {
    growth *= growthOf(part);
    before += part["type"] === "Prepend" ? lengthOf(part["prepend"]) : 0;
  }
  const wrong = parts.length > MAX_PARTS
    ? [`has ${parts.length} parts`, `at most ${MAX_PARTS}`]
    : growth > MAX_GROWTH
    ? ["makes texts much longer", `at most ${MAX_GROWTH} times longer`]
    : before > MAX_BEFORE
    ? [`puts ${before} characters before a text`, `at most ${MAX_BEFORE}`]
    : undefined;
  if (wrong === undefined) return;
  throw new DataError(
    `Cannot use the tokenizer as its "${name}" ${wrong[0]}`,
    { expected: wrong[1]!, hint: "Do not use files from this source" },
  );
}

/** The parts in their order, sequences taken apart. */
function partsOf(value: Json | undefined): JsonObject[] {
  if (!isObject(value)) return [];
  const own = MEMBERS.map((member) => value[member]).filter(isList);
  return value["type"] === "Sequence" ? own.flat().flatMap(partsOf) : [value];
}

function lengthOf(value: Json | undefined): number {
  return typeof value === "string" ? value.length : 0;
}

function growthOf(part: JsonObject): number {
  const type = part["type"];
  if (type === "Replace") {
    const content = lengthOf(part["content"]);
    const pattern = part["pattern"];
    // A regular expression goes before a text, as where parts are read. It may
    // match nothing, between any two characters
    const text = isObject(pattern) && typeof pattern["Regex"] !== "string"
      ? lengthOf(pattern["String"])
      : 0;
    return text > 0 ? Math.max(1, content / text) : 1 + content;
  }
  return typeof type === "string" && Object.hasOwn(GROWTH, type)
    ? GROWTH[type]!
    : 1;
}
