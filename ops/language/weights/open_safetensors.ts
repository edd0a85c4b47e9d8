/**
 * Weights in safetensors files.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { ByteSource } from "../../../runtime/formats/byte_source.ts";
import type {
  SafetensorsDType,
  SafetensorsHeader,
} from "../../../runtime/formats/safetensors.ts";
import {
  decodeSafetensorsIndex,
  readSafetensorsHeader,
} from "../../../runtime/formats/safetensors_file.ts";
import {
  closeAll,
  type PlacedWeight,
  storedWeights,
} from "./stored_weights.ts";
import type { SafetensorsWeights, StorageFormat } from "./weight_file.ts";

const FORMATS: Readonly<Record<SafetensorsDType, StorageFormat>> = {
  BOOL: "bool",
  U8: "u8",
  I8: "i8",
  F8_E4M3: "f8_e4m3",
  F8_E5M2: "f8_e5m2",
  I16: "i16",
  U16: "u16",
  F16: "f16",
  BF16: "bf16",
  I32: "i32",
  U32: "u32",
  F32: "f32",
  F64: "f64",
  I64: "i64",
  U64: "u64",
};

/**
 * Opens one file.
 *
 * @param source The file; it is closed with the weights.
 * @param signal Cancels.
 * @returns The weights.
 * @throws {DataError} When it is no safetensors file, or damaged.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function openSafetensors(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<SafetensorsWeights> {
  const header = await readSafetensorsHeader(source, signal);
  return {
    kind: "safetensors",
    metadata: header.metadata,
    ...storedWeights(source.name, place(source, header), [source]),
  };
}

/**
 * Opens files that an index joins.
 *
 * @param name What errors call the whole.
 * @param index The text of the index.
 * @param openFile Opens a file of its folder.
 * @param signal Cancels.
 * @returns The weights: those that the index names.
 * @throws {DataError} When the index cannot be, a file cannot be opened, or does
 * not hold what the index says.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function openShardedSafetensors(
  name: string,
  index: string,
  openFile: (file: string) => Promise<ByteSource>,
  signal?: AbortSignal,
): Promise<SafetensorsWeights> {
  const { files, fileOf } = decodeSafetensorsIndex(index);
  const sources: ByteSource[] = [];
  const found = new Map<string, PlacedWeight>();
  const metadata: Record<string, string> = {};
  try {
    for (const file of files) {
      const source = await openFile(file);
      sources.push(source);
      const header = await readSafetensorsHeader(source, signal);
      Object.assign(metadata, header.metadata);
      for (const weight of place(source, header)) {
        if (fileOf.get(weight.name) === file) found.set(weight.name, weight);
      }
    }
    for (const [weight, file] of fileOf) {
      if (found.has(weight)) continue;
      throw new DataError(
        `Cannot read weight "${weight.slice(0, 100)}" of "${name}"`,
        { expected: `an array in "${file}", where the index puts it` },
      );
    }
  } catch (error) {
    await closeAll(sources);
    throw error;
  }
  return {
    kind: "safetensors",
    metadata,
    ...storedWeights(name, [...found.values()], sources),
  };
}

function place(
  source: ByteSource,
  { entries }: SafetensorsHeader,
): PlacedWeight[] {
  return entries.map(({ name, dtype, shape, start, end }) => ({
    name,
    shape,
    format: FORMATS[dtype],
    byteLength: end - start,
    source,
    start,
  }));
}
