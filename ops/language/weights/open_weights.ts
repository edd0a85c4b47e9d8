/**
 * Files of weights of any format, told by how they begin.
 *
 * @module
 */

import type { ByteSource } from "../../../runtime/formats/byte_source.ts";
import { openGguf } from "./open_gguf.ts";
import { openLlama2c } from "./open_llama2c.ts";
import { openSafetensors } from "./open_safetensors.ts";
import type { WeightFile } from "./weight_file.ts";

const SNIFFED_BYTES = 9;
const GGUF = "GGUF";
const OPENING_BRACE = 0x7b;

/**
 * Opens a file: GGUF and safetensors are known by their first bytes, anything
 * else is read as llama2.c's, which has no mark but must have the right length.
 *
 * @param source The file; it is closed with the weights, and where it cannot be
 * opened.
 * @param signal Cancels.
 * @returns The weights.
 * @throws {DataError} When it is of no known format, or damaged.
 * @throws {CancelledError} When the signal is aborted.
 *
 * @example
 * ```ts
 * import { encodeSafetensors } from "../../../runtime/formats/safetensors.ts";
 * import { memorySource } from "../../../runtime/formats/byte_source.ts";
 * import { openWeights } from "./open_weights.ts";
 *
 * const chunks = encodeSafetensors([
 *   { name: "x", dtype: "F16", shape: [2], bytes: new Uint8Array(4) },
 * ]);
 * const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
 * const weights = await openWeights(memorySource(bytes));
 * console.log(weights.kind, weights.entries.get("x")?.format); // safetensors f16
 * ```
 */
export async function openWeights(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<WeightFile> {
  try {
    const start = await source.read(
      0,
      Math.min(source.size, SNIFFED_BYTES),
      signal,
    );
    if (new TextDecoder().decode(start.subarray(0, 4)) === GGUF) {
      return await openGguf(source, signal);
    }
    if (
      start[SNIFFED_BYTES - 1] === OPENING_BRACE ||
      source.name.endsWith(".safetensors")
    ) {
      return await openSafetensors(source, signal);
    }
    return await openLlama2c(source, signal);
  } catch (error) {
    await source.close();
    throw error;
  }
}
