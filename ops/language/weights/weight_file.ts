/**
 * Files of weights, whatever their format: arrays by name, read one by one.
 *
 * @module
 */

import type { GgufValue } from "../../../runtime/formats/gguf/metadata.ts";
import type { GgmlTypeName } from "../../../runtime/formats/gguf/types.ts";

/** How the elements of a stored array are laid out, whether or not they can be decoded here. */
export type StorageFormat =
  | GgmlTypeName
  | "u64"
  | "u32"
  | "u16"
  | "u8"
  | "bool"
  | "f8_e4m3"
  | "f8_e5m2";

/** One array of a file. */
export interface StoredWeight {
  /** Its name as the file gives it; for llama2.c, which has no names, as the hub would. */
  readonly name: string;
  /** Its axis sizes, the outermost first: a linear layer's are `[outputs, inputs]` in every format. */
  readonly shape: readonly number[];
  /** How its elements are laid out. */
  readonly format: StorageFormat;
  /** How many bytes it takes. */
  readonly byteLength: number;
}

/** What files of every format do. */
export interface StoredWeights {
  /** What errors call it: a path, a URL, a repository. */
  readonly name: string;
  /** The arrays by name, in the order of the file. */
  readonly entries: ReadonlyMap<string, StoredWeight>;
  /**
   * Reads the bytes of an array, row-major and little-endian, into memory of
   * their own.
   *
   * @throws {DataError} When there is no such array, or it cannot be read.
   * @throws {CancelledError} When the signal is aborted.
   */
  read(name: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Closes the file; reading afterwards is an error. */
  close(): Promise<void>;
}

/** One safetensors file, or several that an index joins. */
export interface SafetensorsWeights extends StoredWeights {
  /** The format. */
  readonly kind: "safetensors";
  /** Texts that the writer added; those of all shards together. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A GGUF file. */
export interface GgufWeights extends StoredWeights {
  /** The format. */
  readonly kind: "gguf";
  /** The metadata: architecture, sizes, vocabulary. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
}

/** The sizes at the beginning of a file of llama2.c. */
export interface Llama2cHeader {
  /** Elements of a hidden state. */
  readonly hiddenSize: number;
  /** Elements between the projections of the feed-forward block. */
  readonly intermediateSize: number;
  /** Blocks. */
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads. */
  readonly keyValueHeads: number;
  /** Tokens of the vocabulary. */
  readonly vocabularySize: number;
  /** Longest sequence. */
  readonly contextLength: number;
  /** Whether the classifier is the embedding. */
  readonly tiedEmbeddings: boolean;
}

/** A file of llama2.c: f32, RoPE pairs interleaved; the names are the hub's. */
export interface Llama2cWeights extends StoredWeights {
  /** The format. */
  readonly kind: "llama2c";
  /** The sizes. */
  readonly header: Llama2cHeader;
}

/** A file of weights. */
export type WeightFile = SafetensorsWeights | GgufWeights | Llama2cWeights;
