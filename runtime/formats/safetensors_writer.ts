/**
 * Writes safetensors files larger than memory, array by array.
 *
 * @module
 */

import { cancelledError } from "../core/abort.ts";
import { replaceBytes } from "./replace_file.ts";
import {
  checkSafetensorsBytes,
  encodeSafetensorsHeader,
  type SafetensorsInfo,
} from "./safetensors.ts";

/** One array to write, whose bytes are asked for when their turn comes. */
export interface SafetensorsPromise extends SafetensorsInfo {
  /** Gives its elements, row-major and little-endian; called once. */
  bytes(): Uint8Array | Promise<Uint8Array>;
}

/**
 * Writes a file under a temporary name beside it, flushes and renames it, so that
 * nobody ever sees half of it.
 *
 * @param path The path.
 * @param arrays The arrays; one after another is held in memory.
 * @param options `metadata`: texts to write beside them; `signal` cancels.
 * @throws {DataError} When names repeat, or bytes do not fit dtype and shape.
 * @throws {CancelledError} When the signal is aborted.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "./safetensors_writer.ts";
 *
 * const path = await Deno.makeTempFile();
 * await writeSafetensors(path, [
 *   { name: "x", dtype: "F16", shape: [2], bytes: () => new Uint8Array(4) },
 * ]);
 * await Deno.remove(path);
 * ```
 */
export async function writeSafetensors(
  path: string,
  arrays: readonly SafetensorsPromise[],
  options: {
    readonly metadata?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<void> {
  const { metadata, signal } = options;
  const { head, sorted } = encodeSafetensorsHeader(arrays, metadata);
  await replaceBytes(path, chunksOf());

  async function* chunksOf(): AsyncGenerator<Uint8Array> {
    yield head;
    for (const array of sorted) {
      if (signal?.aborted) {
        throw cancelledError(`writing "${path}"`, signal.reason);
      }
      const bytes = await array.bytes();
      checkSafetensorsBytes(array, bytes);
      yield bytes;
    }
  }
}
