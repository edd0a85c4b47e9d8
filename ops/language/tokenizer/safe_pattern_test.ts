import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { GPT2_PATTERN } from "./hub_split.ts";
import { checkPattern } from "./safe_pattern.ts";

Deno.test("patterns that may run for ever are refused", () => {
  for (
    const pattern of [
      "(a+)+b",
      "(?:a*)*",
      "(a|b+){2,}c",
      "((a{1,}))+",
      "(x+x+){20}y",
      "([^a]+){5}",
      "a+a+a+a+a+b",
      "a{5000}",
      "((a{100}){100}){100}",
      "(a|a)*b",
      "(a|aa){2,}b",
      "(?:a?){30}b",
      "a?a?a?a?a?a?a?a?a?aaaaaaaaa",
      "(".repeat(100) + ")".repeat(100),
      "(?:(?:a?b*)c)*",
      "a".repeat(10_000),
    ]
  ) assert.throws(() => checkPattern(pattern), DataError, pattern.slice(0, 40));
});

Deno.test("patterns of published tokenizers are accepted", () => {
  for (
    const pattern of [
      GPT2_PATTERN,
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      "\\d{1,3}(?=(?:\\d{3})*\\b)",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      "[a(b+)*]+",
      "\\(a+\\)+",
      "(a+)?b",
      "(?:abc|d){1,4}",
      "\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}",
      " ?[^(\\s|[.,!?…。，、।۔،])]+",
    ]
  ) checkPattern(pattern);
});
