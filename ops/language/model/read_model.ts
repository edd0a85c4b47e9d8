/**
 * Models from files.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { openModel, type OpenModelOptions } from "../weights/open_model.ts";
import type { ModelSource } from "../weights/model_source.ts";
import {
  readWeights,
  type ReadWeightsOptions,
} from "../weights/read_weights.ts";
import type { Llama2cHeader } from "../weights/weight_file.ts";
import { checkConfig } from "./config_limits.ts";
import { ggufConfig } from "./gguf_config.ts";
import { parseHubConfig } from "./hub_config.ts";
import type { LanguageModel } from "./language_model.ts";
import type { ModelConfig } from "./model_config.ts";
import { readTokenizer, tokenizerOf } from "./read_tokenizer.ts";

/** How a model is found and read. */
export interface ReadModelOptions extends OpenModelOptions, ReadWeightsOptions {
  /** Where the tokenizer is, if not beside the weights: see `readTokenizer`. */
  readonly tokenizer?: string | undefined;
  /** Cancels. */
  readonly signal?: AbortSignal | undefined;
}

/** Longest list of factors of rotary embeddings, in bytes. */
const MAX_FACTOR_BYTES = 2 ** 15;

/**
 * Reads a model: its config, its weights and its tokenizer.
 *
 * Weights of matrices stay as the file has them ("auto": f32 and f16 as they are,
 * bf16 and the formats of GGUF packed) or become plain numbers. Files are not
 * trusted: names, shapes and formats are checked against the config first.
 *
 * @param spec `hf:OWNER/NAME[@REVISION][/FILE]`, a URL, or the path of a file
 * (safetensors, GGUF, llama2.c) or of a folder of the hub's layout.
 * @param options Where to look, `storage` ("auto"), `tokenizer`, `signal`, `onRead`.
 * @returns The model.
 * @throws {DataError} When there is none, it is of no kind that is supported, or a
 * file is damaged.
 * @throws {CancelledError} When the signal is aborted.
 *
 * @example
 * ```ts ignore
 * import { readModel } from "@weft/weft/ops/language";
 *
 * const model = await readModel("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * console.log(model.config.layers); // 30
 * ```
 */
export async function readModel(
  spec: string,
  options: ReadModelOptions = {},
): Promise<LanguageModel> {
  const source = await openModel(spec, options);
  try {
    const model = await modelOf(source, options);
    if (options.tokenizer === undefined) return model;
    const { vocabularySize } = model.config;
    const tokenizer = await readTokenizer(options.tokenizer, {
      ...options,
      vocabularySize,
    });
    return { ...model, tokenizer };
  } finally {
    await source.close();
  }
}

/**
 * Reads a model whose files are open.
 *
 * @param source The files; they stay open.
 * @param options `storage` ("auto"), `signal`, `onRead`.
 * @returns The model.
 * @throws {DataError} When it is of no kind that is supported, or damaged.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function modelOf(
  source: ModelSource,
  options: ReadWeightsOptions = {},
): Promise<LanguageModel> {
  const config = await configOf(source, options.signal);
  const tokenizer = tokenizerOf(source);
  const weights = await readWeights(source.weights, config, options);
  return { config, weights, tokenizer };
}

async function configOf(
  { weights, texts, provenance }: ModelSource,
  signal: AbortSignal | undefined,
): Promise<ModelConfig> {
  switch (weights.kind) {
    case "llama2c":
      return llama2cConfig(weights.header);
    case "gguf": {
      const factors = weights.entries.get("rope_freqs.weight");
      if (factors === undefined) return ggufConfig(weights);
      if (factors.format !== "f32" || factors.byteLength > MAX_FACTOR_BYTES) {
        throw new DataError(
          `Cannot use "${factors.name}" of "${weights.name}" in format ${factors.format}`,
          { expected: "one f32 number for each pair of elements of a head" },
        );
      }
      const bytes = await weights.read(factors.name, signal);
      return ggufConfig(weights, [...new Float32Array(bytes.buffer)]);
    }
    case "safetensors":
      if (texts.config !== null) return parseHubConfig(texts.config);
      throw new DataError(
        `Cannot run "${weights.name}" as its sizes are not known`,
        {
          expected: '"config.json" beside the weights',
          actual: provenance.location,
          ...(texts.adapterConfig === null ? {} : {
            hint: "This is an adapter: load its base model, then the adapter",
          }),
        },
      );
  }
}

function llama2cConfig(header: Llama2cHeader): ModelConfig {
  return checkConfig({
    family: "llama",
    ...header,
    headSize: header.hiddenSize / header.heads,
    normEpsilon: 1e-5,
    ropeBase: 10_000,
    ropePairing: "half",
    ropeScaling: null,
    attentionBias: false,
    queryKeyNorm: false,
  });
}
