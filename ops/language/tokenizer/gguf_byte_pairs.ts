/**
 * Byte-level vocabularies of GGUF files, as the hub's files.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { ggufSplit } from "./gguf_split.ts";
import type { GgufTokenType, GgufVocabulary } from "./gguf_vocabulary.ts";
import type { HubTokenizerData } from "./tokenizer_data.ts";

/** Kinds of tokens that are looked for in texts before anything is merged. */
const ADDED: ReadonlySet<GgufTokenType> = new Set([
  "unknown",
  "control",
  "user",
]);

/**
 * Writes a byte-level vocabulary as `tokenizer.json`.
 *
 * @param vocabulary What the file says.
 * @returns The tokenizer, as data.
 * @throws {DataError} Where a token occurs twice, merges are missing or the
 * pre-tokenizer is not known.
 */
export function ggufBytePairs(vocabulary: GgufVocabulary): HubTokenizerData {
  const { tokens, types } = vocabulary;
  const split = ggufSplit(vocabulary.pre);
  const vocab = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (vocab.has(token)) {
      throw new DataError(
        `Cannot use the tokenizer of the GGUF file as tokens ${
          vocab.get(token)
        } and ${id} are the same`,
        { actual: JSON.stringify(token.slice(0, 60)) },
      );
    }
    vocab.set(token, id);
  }
  const nameOf = (role: string) => {
    const id = vocabulary.id(role);
    return id === null ? null : tokens[id]!;
  };
  const added = tokens.flatMap((content, id) =>
    ADDED.has(types[id]!) && content !== ""
      ? [{
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: types[id] !== "user",
      }]
      : []
  );
  const tokenizer = {
    version: "1.0",
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: preTokenizer(split.patterns),
    post_processor: template(vocabulary, split.addBegin),
    decoder: byteLevel({ add_prefix_space: true, use_regex: true }),
    model: {
      type: "BPE",
      ignore_merges: split.ignoreMerges,
      vocab: Object.fromEntries(vocab),
      merges: vocabulary.merges(),
    },
  };
  return {
    kind: "hub",
    tokenizer: JSON.stringify(tokenizer),
    config: JSON.stringify({
      bos_token: nameOf("bos"),
      eos_token: nameOf("eos"),
      eot_token: nameOf("eot"),
      pad_token: nameOf("padding"),
      unk_token: nameOf("unknown"),
      chat_template: vocabulary.chatTemplate,
    }),
  };
}

function preTokenizer(patterns: readonly string[]) {
  return {
    type: "Sequence",
    pretokenizers: [
      ...patterns.map((pattern) => ({
        type: "Split",
        pattern: { Regex: pattern },
        behavior: "Isolated",
        invert: false,
      })),
      byteLevel({ add_prefix_space: false, use_regex: false }),
    ],
  };
}

/** With all of the fields that the original library insists on. */
function byteLevel(options: {
  readonly add_prefix_space: boolean;
  readonly use_regex: boolean;
}) {
  return { type: "ByteLevel", trim_offsets: true, ...options };
}

/** What is put around a text; null where nothing is. */
function template(vocabulary: GgufVocabulary, addsBegin: boolean) {
  const roles = [
    (vocabulary.flag("add_bos_token") ?? addsBegin) ? "bos" : null,
    null,
    vocabulary.flag("add_eos_token") === true ? "eos" : null,
  ];
  const ids = roles.map((role) => role === null ? null : vocabulary.id(role));
  const special = ids.filter((id) => id !== null);
  if (special.length === 0) return null;
  return {
    type: "TemplateProcessing",
    single: ids.map((id, index) =>
      index === 1
        ? { Sequence: { id: "A", type_id: 0 } }
        : { SpecialToken: { id: String(id), type_id: 0 } }
    ).filter((_, index) => index === 1 || ids[index] !== null),
    pair: [],
    special_tokens: Object.fromEntries(
      special.map((id) => [String(id), {
        id: String(id),
        ids: [id],
        tokens: [vocabulary.tokens[id]!],
      }]),
    ),
  };
}
