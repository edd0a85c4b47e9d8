/**
 * Tokenizers as plain data, so that a model that passes a port carries its own.
 *
 * @module
 */

/** A tokenizer of the Hugging Face hub. */
export interface HubTokenizerData {
  /** The kind. */
  readonly kind: "hub";
  /** The text of `tokenizer.json`. */
  readonly tokenizer: string;
  /** The text of `tokenizer_config.json`; "{}" where there is none. */
  readonly config: string;
}

/** Pieces that are merged by score, as in SentencePiece's BPE and llama2.c. */
export interface PiecesTokenizerData {
  /** The kind. */
  readonly kind: "pieces";
  /** Text of each token; "▁" stands for a space. */
  readonly pieces: readonly string[];
  /** Score of each token: of two merges the one with the higher score goes first. */
  readonly scores: readonly number[];
  /** Kind of each token. */
  readonly types:
    readonly ("normal" | "unknown" | "control" | "user" | "byte")[];
  /** Whether a space is put before the text. */
  readonly addSpacePrefix: boolean;
  /** Token that begins a sequence. */
  readonly beginId: number | null;
  /** Token that ends one. */
  readonly endId: number | null;
  /** Whether encoding begins with `beginId` unless told otherwise. */
  readonly addBegin: boolean;
  /** The chat template, in Jinja; null where there is none. */
  readonly chatTemplate: string | null;
}

/** Any tokenizer. */
export type TokenizerData = HubTokenizerData | PiecesTokenizerData;
