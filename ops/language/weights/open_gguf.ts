/**
 * Weights in GGUF files.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { ByteSource } from "../../../runtime/formats/byte_source.ts";
import { readGgufHeader } from "../../../runtime/formats/gguf/header.ts";
import { storedWeights } from "./stored_weights.ts";
import type { GgufWeights } from "./weight_file.ts";

/**
 * Opens a file. The names are those of the file ("blk.0.attn_q.weight").
 *
 * @param source The file; it is closed with the weights.
 * @param signal Cancels.
 * @returns The weights.
 * @throws {DataError} When it is no GGUF file, damaged, or one part of several.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function openGguf(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<GgufWeights> {
  const { metadata, tensors } = await readGgufHeader(source, signal);
  const parts = metadata.get("split.count") ?? 1;
  if (parts !== 1 && parts !== 0) {
    throw new DataError(`Cannot read "${source.name}" alone`, {
      expected: "a GGUF file that is whole",
      actual: `one of ${String(parts).slice(0, 20)} parts`,
      hint: "Join the parts with gguf-split --merge of llama.cpp",
    });
  }
  const placed = tensors.map(({ name, type, shape, start, end }) => ({
    name,
    shape,
    format: type.name,
    byteLength: end - start,
    source,
    start,
  }));
  return {
    kind: "gguf",
    metadata,
    ...storedWeights(source.name, placed, [source]),
  };
}
