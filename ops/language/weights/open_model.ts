/**
 * Opens the files of a model, wherever they are.
 *
 * @module
 */

import { posix } from "node:path";
import { DataError } from "../../../runtime/core/errors.ts";
import {
  MissingFileError,
  readText,
} from "../../../runtime/formats/byte_source.ts";
import { isLaterPart, partsOf } from "./gguf_parts.ts";
import { findModel, type PlaceOptions } from "./model_place.ts";
import type { ModelSource, ModelTexts } from "./model_source.ts";
import { openSplitGguf } from "./open_gguf.ts";
import { openShardedSafetensors } from "./open_safetensors.ts";
import { openWeights } from "./open_weights.ts";
import type { ModelFolder } from "./sources/model_folder.ts";
import type { WeightFile } from "./weight_file.ts";

/** Longest text beside weights: four times the longest tokenizer of the hub. */
const MAX_TEXT_BYTES = 1 << 27;

const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const ADAPTER = "adapter_model.safetensors";
const MAX_NAMED = 12;

/** How a model is found and fetched. */
export interface OpenModelOptions extends PlaceOptions {
  /** Cancels. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a model. Weights are read when they are asked for; the texts beside
 * them are read at once.
 *
 * In a folder these are taken, the first that is there: "model.safetensors", the
 * files that "model.safetensors.index.json" names, "adapter_model.safetensors",
 * the only file in safetensors or else in GGUF, which may be in parts.
 *
 * @param spec `hf:OWNER/NAME[@REVISION][/FILE]`, an `http:`, `https:` or `file:`
 * URL, or a path, of a file or a folder. Files on the hub go through its cache,
 * which is the one of its Python library; those on other servers are read in
 * ranges and not kept.
 * @param options Revision, cache, network, cancellation.
 * @returns The model; close it when all is read.
 * @throws {DataError} When there is none, there are several, or a file is
 * damaged.
 * @throws {CancelledError} When the signal is aborted.
 *
 * @example
 * ```ts ignore
 * import { openModel } from "./open_model.ts";
 *
 * const model = await openModel("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * const norm = await model.weights.read("model.norm.weight");
 * await model.close();
 * ```
 */
export async function openModel(
  spec: string,
  options: OpenModelOptions = {},
): Promise<ModelSource> {
  const { signal } = options;
  const { folder, file } = await findModel(spec, options, signal);
  const chosen = file ?? await chooseFile(folder, signal);
  const { weights, files } = await openChosen(folder, chosen, signal);
  try {
    const texts = weights.kind === "safetensors"
      ? await readTexts(folder, posix.dirname(chosen), signal)
      : NO_TEXTS;
    return {
      provenance: {
        kind: folder.kind,
        location: folder.location,
        revision: folder.revision,
        file: chosen,
        files,
      },
      weights,
      texts,
      close: () => weights.close(),
    };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** Opens weights, and tells all files that they are in. */
async function openChosen(
  folder: ModelFolder,
  file: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly weights: WeightFile; readonly files: string[] }> {
  const files = [file];
  const openFile = (name: string) => {
    if (!files.includes(name)) files.push(name);
    return folder.open(name, signal);
  };
  const parts = partsOf(file);
  if (parts !== null && parts.length > 1) {
    const weights = await openSplitGguf(parts, openFile, signal);
    return { weights, files };
  }
  const source = await openFile(file);
  if (!file.endsWith(".json")) {
    return { weights: await openWeights(source, signal), files };
  }
  try {
    if (!file.endsWith("index.json")) {
      throw new DataError(`Cannot read weights from "${source.name}"`, {
        expected: `the folder of a model, a file of weights, or "${INDEX}"`,
      });
    }
    const index = await readText(source, MAX_TEXT_BYTES, signal);
    const place = posix.dirname(file);
    const weights = await openShardedSafetensors(
      source.name,
      index,
      (shard) => openFile(posix.join(place, shard)),
      signal,
    );
    return { weights, files };
  } finally {
    await source.close();
  }
}

async function chooseFile(
  folder: ModelFolder,
  signal: AbortSignal | undefined,
): Promise<string> {
  const names = await folder.list(signal);
  if (names === null) return await probe(folder, signal);
  for (const name of [WHOLE, INDEX, ADAPTER]) {
    if (names.includes(name)) return name;
  }
  const here = names.filter((name) =>
    !name.includes("/") && !isLaterPart(name)
  );
  for (const ending of [".safetensors", ".gguf"]) {
    const fitting = here.filter((name) => name.endsWith(ending));
    const [only] = fitting;
    if (only === undefined) continue;
    if (fitting.length === 1) return only;
    throw new DataError(
      `Cannot tell which of ${fitting.length} files of "${folder.location}" is the model`,
      {
        actual: preview(fitting),
        hint: `Name one of them, for example "…/${only}"`,
      },
    );
  }
  throw new DataError(`Cannot find weights in "${folder.location}"`, {
    expected: `"${WHOLE}", "${INDEX}", or a file in safetensors or GGUF`,
    actual: preview(names),
  });
}

/** Looks which of the usual files a server has that does not list them. */
async function probe(
  folder: ModelFolder,
  signal: AbortSignal | undefined,
): Promise<string> {
  for (const name of [WHOLE, INDEX, ADAPTER]) {
    try {
      await (await folder.open(name, signal)).close();
      return name;
    } catch (error) {
      if (!(error instanceof MissingFileError)) throw error;
    }
  }
  throw new DataError(`Cannot find weights in "${folder.location}"`, {
    expected: `"${WHOLE}" or "${INDEX}"`,
    hint: "Give the address of the file itself",
  });
}

const NO_TEXTS: ModelTexts = {
  config: null,
  generationConfig: null,
  tokenizer: null,
  tokenizerConfig: null,
  chatTemplate: null,
  adapterConfig: null,
};

async function readTexts(
  folder: ModelFolder,
  place: string,
  signal: AbortSignal | undefined,
): Promise<ModelTexts> {
  const text = async (name: string) => {
    try {
      const source = await folder.open(posix.join(place, name), signal);
      try {
        return await readText(source, MAX_TEXT_BYTES, signal);
      } finally {
        await source.close();
      }
    } catch (error) {
      if (error instanceof MissingFileError) return null;
      throw error;
    }
  };
  return {
    config: await text("config.json"),
    generationConfig: await text("generation_config.json"),
    tokenizer: await text("tokenizer.json"),
    tokenizerConfig: await text("tokenizer_config.json"),
    chatTemplate: await text("chat_template.jinja"),
    adapterConfig: await text("adapter_config.json"),
  };
}

function preview(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).join(", ");
  return names.length > MAX_NAMED ? `${shown}, …` : shown || "nothing";
}
