/**
 * How the tokenizers that GGUF files name split text before they merge bytes.
 *
 * A GGUF file holds a vocabulary and merges, but of the pre-tokenizer only a
 * name, "tokenizer.ggml.pre"; which patterns a name stands for is known from
 * llama.cpp. The patterns are applied one after another, each to the pieces that
 * the one before left.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { GPT2_PATTERN } from "./hub_split.ts";

/** How a named pre-tokenizer works. */
export interface GgufSplit {
  /** The patterns; their matches and what is between them are pieces. */
  readonly patterns: readonly string[];
  /** Whether a piece that is a token is one, whatever the merges say. */
  readonly ignoreMerges: boolean;
  /** Whether a text begins with the token for that, where the file is silent. */
  readonly addBegin: boolean;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const LETTERS = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
const UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const LEAD = "[^\\r\\n\\p{L}\\p{N}]?";
const CASED_REST =
  "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const DEEPSEEK_WORDS = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+" +
  "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*" +
  "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const CJK = "[\\u4E00-\\u9FA5\\u3040-\\u309F\\u30A0-\\u30FF]+";

/** Words of either case with a contraction behind, as GPT-4o has them. */
function casedWords(contractions: string): string {
  return `${LEAD}${UPPER}*${LOWER}+${contractions}|${LEAD}${UPPER}+${LOWER}*${contractions}`;
}

const GPT2 = [GPT2_PATTERN];
const DIGITS_GPT2 = ["\\p{N}", GPT2_PATTERN];
const LLAMA3 = [`${CONTRACTIONS}|${LETTERS}|\\p{N}{1,3}${REST}`];
const QWEN2 = [`${CONTRACTIONS}|${LETTERS}|\\p{N}${REST}`];
const GPT4O = [`${casedWords(`${CONTRACTIONS}?`)}|\\p{N}{1,3}${CASED_REST}`];
const FALCON = ["[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2_PATTERN, "[0-9][0-9][0-9]"];
const DEEPSEEK_CODER = [
  "[\\r\\n]",
  "\\s?\\p{L}+",
  "\\s?\\p{P}+",
  "[\\u4E00-\\u9FA5\\u0800-\\u4E00\\uAC00-\\uD7FF]+",
  "\\p{N}",
];
const DEEPSEEK3 = ["\\p{N}{1,3}", CJK, DEEPSEEK_WORDS];
const BLOOM = [
  " ?[^\\s|.,!?\\u2026\\u3002\\uFF0C\\u3001\\u0964\\u06D4\\u060C()]+",
];
const DEFAULT = [
  "[\\p{P}\\$\\+<=>\\^~\\|]+",
  GPT2_PATTERN,
  "\\p{N}+",
  "[0-9][0-9][0-9]",
];

const plain = (patterns: readonly string[]): GgufSplit => ({
  patterns,
  ignoreMerges: false,
  addBegin: false,
});
const whole = (patterns: readonly string[], addBegin: boolean): GgufSplit => ({
  patterns,
  ignoreMerges: true,
  addBegin,
});

/** What is known, by the names that share it. */
const KNOWN: readonly (readonly [names: string, split: GgufSplit])[] = [
  ["default", plain(DEFAULT)],
  [
    "gpt-2 phi-2 jina-es jina-de jina-v2-es jina-v2-de gigachat a.x-4.0 mellum " +
    "modern-bert exaone4 mpt olmo jais trillion granite-docling",
    plain(GPT2),
  ],
  [
    "smollm starcoder refact command-r codeshell exaone minerva-7b mellum2",
    plain(DIGITS_GPT2),
  ],
  [
    "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
    whole(LLAMA3, true),
  ],
  ["dbrx smaug-bpe chatglm-bpe", plain(LLAMA3)],
  ["glm4 glm5", whole(LLAMA3, false)],
  [
    "qwen2 deepseek-r1-qwen kormo f2llmv2 stablelm2 megrez hunyuan grok-2 solar-open",
    plain(QWEN2),
  ],
  [
    "qwen35",
    plain([
      `${CONTRACTIONS}|${LEAD}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*` +
      "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ]),
  ],
  ["falcon", plain(FALCON)],
  ["deepseek-coder", plain(DEEPSEEK_CODER)],
  ["deepseek-v3 hunyuan-dense joyai-llm hy_v4", plain(DEEPSEEK3)],
  ["poro-chat bloom gpt3-finnish", plain(BLOOM)],
  ["viking", plain([...BLOOM, "\\p{N}"])],
  ["tekken", whole([`${casedWords("")}|\\p{N}${CASED_REST}`], true)],
  ["gpt-4o llama4 kanana2 talkie minimax-m2", plain(GPT4O)],
  [
    "seed-coder",
    plain([
      `${CONTRACTIONS}|${LETTERS}|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+` +
      "|\\s+(?!\\S)|\\s+",
    ]),
  ],
  [
    "bailingmoe bailingmoe2 llada-moe",
    plain([
      `'(?i:[sdmt]|ll|ve|re)|${LETTERS}|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*` +
      "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
    ]),
  ],
];

const BY_NAME: ReadonlyMap<string, GgufSplit> = new Map(
  KNOWN.flatMap(([names, split]) =>
    names.split(" ").map((name) => [name, split] as const)
  ),
);

/**
 * Finds how a named pre-tokenizer splits.
 *
 * @param name The value of "tokenizer.ggml.pre"; "default" where there is none.
 * @returns How it splits.
 * @throws {DataError} For names that are not known.
 */
export function ggufSplit(name: string): GgufSplit {
  const split = BY_NAME.get(name);
  if (split !== undefined) return split;
  throw new DataError(
    `Cannot use the tokenizer of the GGUF file as "tokenizer.ggml.pre" is "${
      name.slice(0, 60)
    }"`,
    {
      expected: [...BY_NAME.keys()].join(", "),
      hint: 'Give the "tokenizer.json" of the model beside it',
    },
  );
}
