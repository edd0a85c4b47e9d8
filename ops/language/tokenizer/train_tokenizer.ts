/**
 * Training of byte-level tokenizers.
 *
 * Source: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words
 * with Subword Units" (2016), on bytes as in Radford et al., "Language Models are
 * Unsupervised Multitask Learners" (2019); ties as Hugging Face's `tokenizers`
 * breaks them, so that the merges are the same.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../../runtime/core/errors.ts";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import { BYTE_CHARACTERS, toByteCharacters } from "./byte_characters.ts";
import { GPT2_PATTERN } from "./hub_split.ts";
import type { HubTokenizerData, TokenizerData } from "./tokenizer_data.ts";
import { TOKENIZER_DATA } from "./tokenizer_schema.ts";
import { TokenTrie } from "./token_trie.ts";
import { type CountedWord, learnMerges } from "./train_merges.ts";
import { MAX_TOKENS } from "./vocabulary_bounds.ts";

/** How a tokenizer is trained. */
export interface TrainTokenizerParams {
  /** Number of tokens: special ones, 256 bytes and what is learnt. */
  readonly vocabularySize: number;
  /** Special tokens; they get the first ids and are never split. */
  readonly specialTokens?: string[] | undefined;
  /** The special token that begins a sequence; none by default. */
  readonly beginToken?: string | undefined;
  /** The special token that ends one; the first by default. */
  readonly endToken?: string | undefined;
  /** The special token that fills up; that which ends by default. */
  readonly padToken?: string | undefined;
  /** Make each digit a token of its own; true. */
  readonly splitDigits?: boolean | undefined;
  /** The chat template, in Jinja; none by default. */
  readonly chatTemplate?: string | undefined;
}

/** What {@linkcode TrainTokenizerParams} are after defaults. */
const PARAMS = z.object({
  vocabularySize: z.int().min(257).max(MAX_TOKENS),
  specialTokens: z.array(z.string().min(1)).default(["<|endoftext|>"]),
  beginToken: z.string().optional(),
  endToken: z.string().optional(),
  padToken: z.string().optional(),
  splitDigits: z.boolean().default(true),
  chatTemplate: z.string().optional(),
});

/**
 * Trains a byte-level tokenizer on texts.
 *
 * Inputs: `texts`. Params: see {@linkcode TrainTokenizerParams}. Output:
 * `tokenizer`, of the kind "hub": the same texts give the same one. Where texts
 * have too few pairs it has fewer tokens than asked for. Text between special
 * tokens is learnt from, they are not.
 *
 * @throws {ParameterError} Where the vocabulary is too small for special tokens
 * and bytes, a special token is given twice, or a role names none of them.
 *
 * @example
 * ```ts
 * import { makeTokenizer, trainTokenizer } from "@weft/weft/ops/language";
 *
 * const { tokenizer } = await trainTokenizer.run(
 *   { texts: ["the cat and the hat", "the bat"] },
 *   { vocabularySize: 260 },
 * );
 * console.log(makeTokenizer(tokenizer).tokenOf(257)); // "at"
 * ```
 */
export const trainTokenizer: Op<
  { texts: string[] },
  TrainTokenizerParams,
  { tokenizer: TokenizerData }
> = op({
  name: "language/trainTokenizer",
  version: "1",
  doc: "A byte-level tokenizer that is trained on texts",
  inputs: { texts: port.value(z.array(z.string())) },
  params: PARAMS,
  outputs: { tokenizer: port.value(TOKENIZER_DATA) },
  run: ({ texts }, params) => ({ tokenizer: train(texts, params) }),
});

function train(
  texts: readonly string[],
  params: z.output<typeof PARAMS>,
): HubTokenizerData {
  const { specialTokens: specials } = params;
  checkRoles(params);
  const tokens = [...specials, ...BYTE_CHARACTERS.toSorted()];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const words = countWords(texts, specials, params.splitDigits, ids);
  const merges = learnMerges(words, (left, right) => {
    if (tokens.length >= params.vocabularySize) return undefined;
    const token = tokens[left]! + tokens[right]!;
    const known = ids.get(token);
    if (known !== undefined) return known;
    ids.set(token, tokens.length);
    return tokens.push(token) - 1;
  });
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: preTokenizer(params.splitDigits),
    post_processor: null,
    decoder: {
      type: "ByteLevel",
      add_prefix_space: true,
      trim_offsets: true,
      use_regex: true,
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((pair) => pair.map((id) => tokens[id]!)),
    },
  };
  const end = params.endToken ?? specials[0] ?? null;
  return {
    kind: "hub",
    tokenizer: JSON.stringify(tokenizer),
    config: JSON.stringify({
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: params.beginToken ?? null,
      eos_token: end,
      pad_token: params.padToken ?? end,
      clean_up_tokenization_spaces: false,
      chat_template: params.chatTemplate ?? null,
    }),
  };
}

function checkRoles(params: z.output<typeof PARAMS>): void {
  const { specialTokens: specials, vocabularySize } = params;
  if (vocabularySize < specials.length + BYTE_CHARACTERS.length) {
    throw new ParameterError(
      `Cannot train a tokenizer as its vocabulary is ${vocabularySize}`,
      {
        expected:
          `at least ${specials.length} special tokens and ${BYTE_CHARACTERS.length} bytes`,
      },
    );
  }
  const bytes = new Set(BYTE_CHARACTERS);
  const twice = specials.find((token, index) =>
    specials.indexOf(token) !== index || bytes.has(token)
  );
  if (twice !== undefined) {
    throw new ParameterError(
      `Cannot train a tokenizer as the token ${
        JSON.stringify(twice)
      } is there twice`,
    );
  }
  for (const role of ["beginToken", "endToken", "padToken"] as const) {
    const token = params[role];
    if (token === undefined || specials.includes(token)) continue;
    throw new ParameterError(
      `Cannot train a tokenizer as "${role}" is ${JSON.stringify(token)}`,
      { expected: `one of the special tokens: ${specials.join(", ")}` },
    );
  }
}

function preTokenizer(splitDigits: boolean) {
  const bytes = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  };
  if (!splitDigits) return bytes;
  return {
    type: "Sequence",
    pretokenizers: [{ type: "Digits", individual_digits: true }, bytes],
  };
}

/** The words of the texts, split as the tokenizer will split. */
function countWords(
  texts: readonly string[],
  specials: readonly string[],
  splitDigits: boolean,
  ids: ReadonlyMap<string, number>,
): CountedWord[] {
  const trie = new TokenTrie();
  specials.forEach((token, id) => trie.add(token, id));
  const words = new RegExp(
    GPT2_PATTERN.replaceAll("\\s", "\\p{White_Space}").replaceAll(
      "\\S",
      "\\P{White_Space}",
    ),
    "gu",
  );
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const section of trie.split(text)) {
      if (section.text === undefined) continue;
      const parts = splitDigits
        ? section.text.split(/(\p{N})/u)
        : [section.text];
      for (const part of parts) {
        for (const [word] of part.matchAll(words)) {
          counts.set(word, (counts.get(word) ?? 0) + 1);
        }
      }
    }
  }
  return Array.from(counts, ([word, count]) => ({
    symbols: Array.from(
      toByteCharacters(word),
      (character) => ids.get(character)!,
    ),
    count,
  }));
}
