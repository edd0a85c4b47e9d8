/**
 * What the tokens of `tokenizer.json` say, by its decoder.
 *
 * Byte-level vocabularies and those with "▁" for a space and "<0x0A>" for a
 * byte, which are those of language models, are decoded token by token.
 *
 * @module
 */

import { fromByteCharacters } from "./byte_characters.ts";
import type { HubVocabulary } from "./hub_vocabulary.ts";
import { isList, isObject, type Json, type JsonObject } from "./json_value.ts";
import { byteOfPiece } from "./pieces_data.ts";
import type { TokenText } from "./token_text.ts";

const ENCODER = new TextEncoder();
const NOTHING = new Uint8Array(0);

/**
 * Finds what each token says.
 *
 * @param decoder The checked decoder of `tokenizer.json`.
 * @param vocabulary The vocabulary.
 * @param isSpecial Whether a token is special.
 * @returns What each token says; null for decoders that need all tokens at once.
 */
export function hubText(
  decoder: JsonObject | null,
  vocabulary: HubVocabulary,
  isSpecial: (id: number) => boolean,
): TokenText | null {
  const rules = decoder === null ? null : decoderRules(decoder);
  if (rules === null) return null;
  const known: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  return {
    bytesOf(id) {
      const token = vocabulary.tokens[id];
      if (token === undefined) return NOTHING;
      return known[id] ??= vocabulary.added.has(id)
        ? ENCODER.encode(token)
        : rules.bytesOf(token);
    },
    isSpecial,
    endsSection: () => false,
    spacePrefix: rules.stripsSpace ? "text" : "none",
  };
}

interface DecoderRules {
  bytesOf(token: string): Uint8Array<ArrayBuffer>;
  readonly stripsSpace: boolean;
}

function decoderRules(decoder: JsonObject): DecoderRules | null {
  const type = decoder["type"];
  if (type === "ByteLevel") {
    return { bytesOf: fromByteCharacters, stripsSpace: false };
  }
  if (type === "Metaspace") {
    const space = decoder["replacement"] ?? "▁";
    if (typeof space !== "string") return null;
    return {
      bytesOf: (token) => ENCODER.encode(token.replaceAll(space, " ")),
      stripsSpace: decoder["prepend_scheme"] !== "never" &&
        decoder["add_prefix_space"] !== false,
    };
  }
  const parts = type === "Sequence" ? decoder["decoders"] : undefined;
  if (!isList(parts)) return null;
  const [only] = parts;
  if (parts.length === 1 && isObject(only)) return decoderRules(only);
  return pieceRules(parts);
}

/** The sequence that vocabularies of SentencePiece have on the hub. */
function pieceRules(parts: readonly Json[]): DecoderRules | null {
  const kinds = parts.map((part) => isObject(part) ? part["type"] : undefined);
  const [replace, , , strip] = parts;
  const isPieces = kinds[0] === "Replace" && kinds[1] === "ByteFallback" &&
    kinds[2] === "Fuse" &&
    (kinds.length === 3 || (kinds.length === 4 && kinds[3] === "Strip"));
  if (!isPieces || !isObject(replace) || !replacesSpace(replace)) return null;
  if (strip !== undefined && !(isObject(strip) && stripsOneSpace(strip))) {
    return null;
  }
  return {
    bytesOf(token) {
      const byte = byteOfPiece(token);
      return byte === undefined
        ? ENCODER.encode(token.replaceAll("▁", " "))
        : Uint8Array.of(byte);
    },
    stripsSpace: strip !== undefined,
  };
}

function replacesSpace(part: JsonObject): boolean {
  const pattern = part["pattern"];
  const isSpace = isObject(pattern) &&
    (pattern["String"] === "▁" || pattern["Regex"] === "▁");
  return isSpace && part["content"] === " ";
}

function stripsOneSpace(part: JsonObject): boolean {
  return part["content"] === " " && part["start"] === 1 && part["stop"] === 0;
}
