/**
 * Safetensors files of which only parts are read, and indexes that join several.
 *
 * @module
 */

import { DataError } from "../core/errors.ts";
import type { ByteSource } from "./byte_source.ts";
import {
  decodeSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
} from "./safetensors.ts";
import { LENGTH_BYTES } from "./safetensors_types.ts";

const MAX_SHARDS = 10_000;
const MAX_FILE_NAME = 255;

/**
 * Reads the header of a file and nothing else of it.
 *
 * @param source The file.
 * @param signal Cancels.
 * @returns The header.
 * @throws {DataError} As {@linkcode decodeSafetensorsHeader}, with the name of
 * the file.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function readSafetensorsHeader(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<SafetensorsHeader> {
  const start = await source.read(
    0,
    Math.min(source.size, LENGTH_BYTES),
    signal,
  );
  const named = <T>(decode: () => T): T => {
    try {
      return decode();
    } catch (cause) {
      throw new DataError(`Cannot read the header of "${source.name}"`, {
        cause,
      });
    }
  };
  const length = named(() => safetensorsHeaderBytes(start, source.size));
  const header = await source.read(0, LENGTH_BYTES + length, signal);
  return named(() => decodeSafetensorsHeader(header, source.size));
}

/** Which file of several holds which array. */
export interface SafetensorsIndex {
  /** Names of the files, each once; plain names, so that none leaves the folder of the index. */
  readonly files: readonly string[];
  /** The file of each array. */
  readonly fileOf: ReadonlyMap<string, string>;
}

/**
 * Reads an index, as `model.safetensors.index.json` has it.
 *
 * @param text The text of the index.
 * @returns The files.
 * @throws {DataError} When it is no index, names over 10,000 files, or names a
 * file that might lie outside of the folder.
 *
 * @example
 * ```ts
 * import { decodeSafetensorsIndex } from "./safetensors_file.ts";
 *
 * const { files, fileOf } = decodeSafetensorsIndex(
 *   '{"weight_map":{"a":"x-1.safetensors","b":"x-2.safetensors"}}',
 * );
 * console.log(files.length, fileOf.get("b")); // 2 x-2.safetensors
 * ```
 */
export function decodeSafetensorsIndex(text: string): SafetensorsIndex {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new DataError("Cannot read the index of safetensors files", {
      expected: "JSON",
      cause,
    });
  }
  const map = isObject(index) ? index["weight_map"] : undefined;
  if (!isObject(map)) {
    throw new DataError("Cannot read the index of safetensors files", {
      expected: '"weight_map", an object of file names',
      actual: typeof map,
    });
  }
  const fileOf = new Map<string, string>();
  const files = new Set<string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== "string" || !isPlainFileName(file)) {
      throw new DataError(
        "Cannot use an index of safetensors files that names another kind of file",
        {
          expected:
            'a name that ends in ".safetensors" and has no folder in it',
          actual: (JSON.stringify(file) ?? "nothing").slice(0, 100),
        },
      );
    }
    files.add(file);
    fileOf.set(name, file);
  }
  if (files.size > MAX_SHARDS) {
    throw new DataError("Cannot use an index of so many safetensors files", {
      expected: `${MAX_SHARDS} files or fewer`,
      actual: `${files.size} files`,
    });
  }
  return { files: [...files], fileOf };
}

function isPlainFileName(name: string): boolean {
  return name.length <= MAX_FILE_NAME && /^[^./\\:\0][^/\\:\0]*$/.test(name) &&
    name.endsWith(".safetensors");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
