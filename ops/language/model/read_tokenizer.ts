/**
 * Tokenizers from the files of models.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import {
  type ByteSource,
  readAll,
  readText,
} from "../../../runtime/formats/byte_source.ts";
import { readGgufTokenizer } from "../tokenizer/gguf_tokenizer.ts";
import { readLlama2cTokenizer } from "../tokenizer/llama2c_tokenizer.ts";
import type { TokenizerData } from "../tokenizer/tokenizer_data.ts";
import { findModel } from "../weights/model_place.ts";
import type { OpenModelOptions } from "../weights/open_model.ts";
import type { ModelSource, ModelTexts } from "../weights/model_source.ts";
import { openGguf } from "../weights/open_gguf.ts";

/** Longest tokenizer, in bytes: four times the longest of the hub. */
const MAX_BYTES = 1 << 27;
const TOKENIZER = "tokenizer.json";
const CONFIG = "tokenizer_config.json";
const TEMPLATE = "chat_template.jinja";

/**
 * The tokenizer that comes with a model.
 *
 * @param source The files of the model.
 * @returns The tokenizer; null where there is none.
 * @throws {DataError} When it is damaged, or of a kind that is not supported.
 */
export function tokenizerOf(
  { weights, texts }: ModelSource,
): TokenizerData | null {
  if (weights.kind === "gguf") {
    return weights.metadata.has("tokenizer.ggml.model")
      ? readGgufTokenizer(weights.metadata)
      : null;
  }
  return hubTokenizer(texts);
}

/** The chat template may have a file of its own, which is the newer one. */
function hubTokenizer(
  texts: Pick<ModelTexts, "tokenizer" | "tokenizerConfig" | "chatTemplate">,
): TokenizerData | null {
  const { tokenizer, tokenizerConfig, chatTemplate } = texts;
  if (tokenizer === null) return null;
  const config = tokenizerConfig ?? "{}";
  return {
    kind: "hub",
    tokenizer,
    config: chatTemplate === null ? config : withTemplate(config, chatTemplate),
  };
}

function withTemplate(config: string, template: string): string {
  try {
    const json: unknown = JSON.parse(config);
    return JSON.stringify({ ...Object(json), chat_template: template });
  } catch (cause) {
    throw new DataError(`Cannot read "${CONFIG}"`, {
      expected: "a JSON object",
      cause,
    });
  }
}

/**
 * Reads a tokenizer alone.
 *
 * @param spec As for `readModel`: a folder of the hub's layout, "tokenizer.json", a
 * GGUF file, or a file of llama2.c.
 * @param options Where to look; `vocabularySize`, by which a file of llama2.c is
 * checked.
 * @returns The tokenizer.
 * @throws {DataError} When there is none, or it is damaged.
 * @throws {CancelledError} When the signal is aborted.
 *
 * @example
 * ```ts ignore
 * import { makeTokenizer, readTokenizer } from "@weft/weft/ops/language";
 *
 * const tokenizer = makeTokenizer(await readTokenizer("models/tok512.bin"));
 * console.log(tokenizer.encode("Once upon a time"));
 * ```
 */
export async function readTokenizer(
  spec: string,
  options: OpenModelOptions & { readonly vocabularySize?: number } = {},
): Promise<TokenizerData> {
  const { signal, vocabularySize } = options;
  const { folder, file } = await findModel(spec, options, signal);
  const text = async (name: string): Promise<string | null> => {
    const names = await folder.list(signal);
    if (names !== null && !names.includes(name)) return null;
    return await using(
      await folder.open(name, signal),
      (source) => readText(source, MAX_BYTES, signal),
    );
  };
  if (file === null || file.endsWith(".json")) {
    const found = hubTokenizer({
      tokenizer: await text(file ?? TOKENIZER),
      tokenizerConfig: await text(CONFIG),
      chatTemplate: await text(TEMPLATE),
    });
    if (found !== null) return found;
    throw new DataError(`Cannot find a tokenizer in "${folder.location}"`, {
      expected: `"${TOKENIZER}"`,
    });
  }
  const source = await folder.open(file, signal);
  if (file.endsWith(".gguf")) {
    const weights = await openGguf(source, signal);
    try {
      return readGgufTokenizer(weights.metadata);
    } finally {
      await weights.close();
    }
  }
  const size = vocabularySize === undefined ? {} : { size: vocabularySize };
  return await using(
    source,
    async () =>
      readLlama2cTokenizer(await readAll(source, MAX_BYTES, signal), size),
  );
}

async function using<T>(
  source: ByteSource,
  body: (source: ByteSource) => Promise<T>,
): Promise<T> {
  try {
    return await body(source);
  } finally {
    await source.close();
  }
}
