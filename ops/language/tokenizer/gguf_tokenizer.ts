/**
 * The tokenizers inside GGUF files.
 *
 * "gpt2" (bytes, with merges) becomes the `tokenizer.json` that says the same,
 * "llama" (SentencePiece, with scores) pieces.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { ggufBytePairs } from "./gguf_byte_pairs.ts";
import { GgufVocabulary } from "./gguf_vocabulary.ts";
import type { PiecesTokenizerData, TokenizerData } from "./tokenizer_data.ts";

/**
 * Reads the tokenizer of a GGUF file.
 *
 * @param metadata The metadata of the file by name, untrusted.
 * @returns The tokenizer, as data.
 * @throws {DataError} Where there is no tokenizer, its kind is not known here,
 * or its parts do not fit.
 */
export function readGgufTokenizer(
  metadata: ReadonlyMap<string, unknown>,
): TokenizerData {
  const vocabulary = new GgufVocabulary(metadata);
  const { model } = vocabulary;
  if (model === "gpt2") return ggufBytePairs(vocabulary);
  if (model === "llama") return ggufPieces(vocabulary);
  throw new DataError(
    `Cannot use the tokenizer of the GGUF file as its kind is "${
      model.slice(0, 60)
    }"`,
    {
      expected: '"gpt2" or "llama"',
      hint: 'Give the "tokenizer.json" of the model beside it',
    },
  );
}

function ggufPieces(vocabulary: GgufVocabulary): PiecesTokenizerData {
  return {
    kind: "pieces",
    pieces: vocabulary.tokens,
    scores: vocabulary.scores(),
    types: vocabulary.types.map((type) => type === "unused" ? "control" : type),
    addSpacePrefix: vocabulary.flag("add_space_prefix") ?? true,
    beginId: vocabulary.id("bos"),
    endId: vocabulary.id("eos"),
    addBegin: vocabulary.flag("add_bos_token") ?? true,
    chatTemplate: vocabulary.chatTemplate,
  };
}
