/**
 * Models as folders that others read.
 *
 * @module
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import {
  type SafetensorsPromise,
  writeSafetensors,
} from "../../../runtime/formats/safetensors_writer.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { TokenizerData } from "../tokenizer/tokenizer_data.ts";
import { decodeWeight } from "../weights/decode.ts";
import { separatePairs } from "../weights/reorder.ts";
import type { Weight } from "../weights/weight.ts";
import { formatHubConfig } from "./format_hub_config.ts";
import type { LanguageModel } from "./language_model.ts";
import { type ParameterInfo, parametersOf } from "./parameters.ts";

/** How {@linkcode saveModel} writes. */
export interface SaveModelOptions {
  /** How numbers are stored; f16 by default. */
  readonly dtype?: "f32" | "f16" | undefined;
  /** Leave the tokenizer out, which must be done where it is no tokenizer of the hub. */
  readonly withoutTokenizer?: boolean | undefined;
  /** Cancels. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a model into a folder in the layout of the Hugging Face hub, which is
 * made where there is none: "config.json", "model.safetensors", "tokenizer.json"
 * and "tokenizer_config.json". Packed weights are decoded, one at a time. The
 * transformers library loads it by `AutoModelForCausalLM.from_pretrained(folder)`.
 *
 * @param model The model, without an adapter.
 * @param folder The folder.
 * @param options `dtype` (f16), `withoutTokenizer` (false), `signal`.
 * @throws {ParameterError} When the model has an adapter, or a tokenizer that has
 * no file of that layout.
 * @throws {DataError} When the model lacks a weight.
 * @throws {CancelledError} When the signal is aborted.
 *
 * @example
 * ```ts ignore
 * import { readModel, saveModel } from "@weft/weft/ops/language";
 *
 * const model = await readModel("models/SmolLM2-135M-Instruct.Q4_1.gguf");
 * await saveModel(model, "models/smollm2");
 * ```
 */
export async function saveModel(
  model: LanguageModel,
  folder: string,
  options: SaveModelOptions = {},
): Promise<void> {
  const { dtype = "f16", withoutTokenizer = false, signal } = options;
  if (model.adapter !== undefined) {
    throw new ParameterError("Cannot save a model with an adapter as one", {
      expected: "a model without an adapter",
      hint: "Merge the adapter first, or save it alone with saveAdapter",
    });
  }
  const texts = withoutTokenizer ? {} : tokenizerFiles(model.tokenizer);
  const arrays = parametersOf(model.config).flatMap((parameter) =>
    arrayOf(model, parameter, dtype)
  );
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(join(folder, name), text);
  }
  await writeFile(join(folder, "config.json"), formatHubConfig(model, dtype));
  await writeSafetensors(join(folder, "model.safetensors"), arrays, {
    metadata: { format: "pt" },
    signal,
  });
}

function tokenizerFiles(
  data: TokenizerData | null,
): Readonly<Record<string, string>> {
  if (data === null) return {};
  if (data.kind === "hub") {
    return {
      "tokenizer.json": data.tokenizer,
      "tokenizer_config.json": data.config,
    };
  }
  throw new ParameterError(
    'Cannot save a tokenizer of pieces as "tokenizer.json"',
    {
      expected: "a tokenizer of the hub",
      hint:
        "Set withoutTokenizer, and keep the file that the tokenizer is from",
    },
  );
}

function arrayOf(
  model: LanguageModel,
  parameter: ParameterInfo,
  dtype: "f32" | "f16",
): SafetensorsPromise[] {
  const { name, shape, isOptional } = parameter;
  const weight = model.weights[name];
  if (weight === undefined) {
    if (isOptional) return [];
    throw new DataError(`Cannot save a model without its weight "${name}"`);
  }
  const isTurned = model.config.family === "gpt2" && parameter.isLinear;
  return [{
    name,
    dtype: dtype === "f32" ? "F32" : "F16",
    shape: isTurned ? shape.toReversed() : shape,
    bytes: () => bytesOf(model, name, weight, { dtype, isTurned }),
  }];
}

/** The numbers in the order of the hub. */
async function bytesOf(
  { config }: LanguageModel,
  name: string,
  weight: Weight,
  options: { readonly dtype: "f32" | "f16"; readonly isTurned: boolean },
): Promise<Uint8Array> {
  const value = decodeWeight(weight, options.dtype);
  const data = await (options.isTurned ? wf.transpose(value) : value).data();
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const part = /\.self_attn\.([qk])_proj\./.exec(name)?.[1];
  if (
    part === undefined || config.family !== "llama" ||
    config.ropePairing === "half"
  ) {
    return bytes;
  }
  const heads = part === "q" ? config.heads : config.keyValueHeads;
  return separatePairs(bytes, heads, config.headSize);
}
