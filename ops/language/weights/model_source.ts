/**
 * What a model is made from, wherever it came from.
 *
 * @module
 */

import type { WeightFile } from "./weight_file.ts";

/** The files of a model: weights that are read as needed, the rest as text. */
export interface ModelSource {
  /** What was asked for, with its origin. */
  readonly provenance: ModelProvenance;
  /** The weights. */
  readonly weights: WeightFile;
  /** The texts beside the weights; a GGUF file alone has none of them. */
  readonly texts: ModelTexts;
  /** Closes the weights. */
  close(): Promise<void>;
}

/** Where a model came from. */
export interface ModelProvenance {
  /** The kind of place. */
  readonly kind: "path" | "url" | "hub";
  /** The folder: an absolute path, a URL without credentials and query, or `OWNER/NAME`. */
  readonly location: string;
  /** The commit of a repository on the hub; null elsewhere. */
  readonly revision: string | null;
  /** The file in the folder that the weights come from, or the index of several. */
  readonly file: string;
  /** All files that the weights are in, `file` first; an index counts too. */
  readonly files: readonly string[];
}

/** Small files beside weights; null where there is none. */
export interface ModelTexts {
  /** `config.json`. */
  readonly config: string | null;
  /** `generation_config.json`. */
  readonly generationConfig: string | null;
  /** `tokenizer.json`. */
  readonly tokenizer: string | null;
  /** `tokenizer_config.json`. */
  readonly tokenizerConfig: string | null;
  /** `chat_template.jinja`. */
  readonly chatTemplate: string | null;
  /** `adapter_config.json`. */
  readonly adapterConfig: string | null;
}
