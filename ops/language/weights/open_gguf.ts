/**
 * Weights in GGUF files.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { ByteSource } from "../../../runtime/formats/byte_source.ts";
import {
  type GgufHeader,
  readGgufHeader,
} from "../../../runtime/formats/gguf/header.ts";
import {
  closeAll,
  type PlacedWeight,
  storedWeights,
} from "./stored_weights.ts";
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
  const header = await readGgufHeader(source, signal);
  const count = Number(header.metadata.get("split.count") ?? 1);
  // 0 stands in files that were joined again
  if (count !== 1 && count !== 0) {
    throw new DataError(`Cannot read "${source.name}" alone`, {
      expected: "a GGUF file that is whole",
      actual: `one of ${count} parts`,
      hint: 'Keep the names that end in "-00001-of-0000N.gguf"',
    });
  }
  return {
    kind: "gguf",
    metadata: header.metadata,
    ...storedWeights(source.name, place(source, header), [source]),
  };
}

/**
 * Opens a file that is split into parts; the metadata are those of the first.
 *
 * @param files The names of the parts, in order.
 * @param openFile Opens a part.
 * @param signal Cancels.
 * @returns The weights of all parts.
 * @throws {DataError} When a part cannot be opened, is damaged, or is of another
 * file.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function openSplitGguf(
  files: readonly string[],
  openFile: (file: string) => Promise<ByteSource>,
  signal?: AbortSignal,
): Promise<GgufWeights> {
  const sources: ByteSource[] = [];
  const headers: GgufHeader[] = [];
  try {
    for (const [index, file] of files.entries()) {
      const source = await openFile(file);
      sources.push(source);
      const header = await readGgufHeader(source, signal);
      checkPart(source.name, header, index, files.length);
      headers.push(header);
    }
    const placed = headers.flatMap((header, i) => place(sources[i]!, header));
    const name = sources[0]!.name;
    const names = new Set(placed.map((weight) => weight.name));
    if (names.size < placed.length) {
      throw new DataError(`Cannot join the parts of "${name}"`, {
        expected: "each tensor in one part",
        actual: `${placed.length} tensors of ${names.size} names`,
      });
    }
    return {
      kind: "gguf",
      metadata: headers[0]!.metadata,
      ...storedWeights(name, placed, sources),
    };
  } catch (error) {
    await closeAll(sources);
    throw error;
  }
}

function checkPart(
  name: string,
  { metadata }: GgufHeader,
  index: number,
  count: number,
): void {
  const found = [metadata.get("split.no"), metadata.get("split.count")];
  if (found[0] === index && found[1] === count) return;
  throw new DataError(`Cannot join "${name}" to the other parts`, {
    expected: `part ${index} of ${count}`,
    actual: `part ${found[0] ?? "?"} of ${found[1] ?? "?"}`,
  });
}

function place(
  source: ByteSource,
  { tensors }: GgufHeader,
): PlacedWeight[] {
  return tensors.map(({ name, type, shape, start, end }) => ({
    name,
    shape,
    format: type.name,
    byteLength: end - start,
    source,
    start,
  }));
}
