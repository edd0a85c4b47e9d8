/**
 * Adapters in folders, as PEFT saves and loads them.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readAll } from "../../../runtime/formats/byte_source.ts";
import { fileSource } from "../../../runtime/formats/file_source.ts";
import { replaceBytes } from "../../../runtime/formats/replace_file.ts";
import type { StoredFloat } from "./float_bytes.ts";
import type { LoraAdapter } from "./lora_adapter.ts";
import {
  formatPeftConfig,
  MAX_CONFIG_BYTES,
  parsePeftConfig,
  type PeftConfigOptions,
} from "./peft_config.ts";
import { decodePeftTensors, encodePeftTensors } from "./peft_tensors.ts";

const CONFIG = "adapter_config.json";
const TENSORS = "adapter_model.safetensors";

/** The largest file of factors that is read, in bytes. */
const MAX_TENSOR_BYTES = 2 ** 34;

/** How {@linkcode saveAdapter} writes. */
export interface SaveAdapterOptions extends PeftConfigOptions {
  /** How numbers are stored; f32 by default. */
  readonly dtype?: StoredFloat | undefined;
}

/**
 * Writes an adapter into a folder, which is made where there is none. Files appear
 * whole or not at all. PEFT loads the folder: `PeftModel.from_pretrained(base, folder)`.
 *
 * @param adapter The adapter.
 * @param folder The folder.
 * @param options `dtype` (f32), `fanInFanOut` (false).
 */
export async function saveAdapter(
  adapter: LoraAdapter,
  folder: string,
  options: SaveAdapterOptions = {},
): Promise<void> {
  const { dtype = "f32", ...rest } = options;
  await mkdir(folder, { recursive: true });
  const tensors = await encodePeftTensors(adapter, dtype);
  await replaceBytes(join(folder, TENSORS), tensors);
  await replaceBytes(join(folder, CONFIG), [
    new TextEncoder().encode(formatPeftConfig(adapter.config, rest)),
  ]);
}

/**
 * Reads an adapter that PEFT or {@linkcode saveAdapter} wrote.
 *
 * @param folder The folder.
 * @returns The adapter, f32.
 * @throws {DataError} When a file is missing, too large or damaged, or the adapter
 * uses what is not known here; names the setting.
 */
export async function loadAdapter(folder: string): Promise<LoraAdapter> {
  const config = await readBounded(join(folder, CONFIG), MAX_CONFIG_BYTES);
  const settings = parsePeftConfig(new TextDecoder().decode(config));
  const tensors = await readBounded(join(folder, TENSORS), MAX_TENSOR_BYTES);
  return decodePeftTensors(tensors, settings);
}

/**
 * Reads a file that must not be larger than a bound.
 *
 * @param path The file.
 * @param bound The bound, in bytes.
 * @returns Its bytes.
 * @throws {DataError} When it cannot be read, is larger or no regular file.
 */
export async function readBounded(
  path: string,
  bound: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = await fileSource(path);
  try {
    return await readAll(source, bound);
  } finally {
    await source.close();
  }
}
