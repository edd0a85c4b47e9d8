/**
 * A file on disk as a source of bytes.
 *
 * @module
 */

import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { cancelledError } from "../core/abort.ts";
import { DataError } from "../core/errors.ts";
import {
  type ByteSource,
  checkRange,
  MissingFileError,
  roomFor,
} from "./byte_source.ts";

/** Bytes that are read at once, so that a cancelled read ends soon. */
const CHUNK_BYTES = 1 << 24;

/**
 * Opens a file. It stays open until it is closed, so that all reads see the
 * same file even if another takes its name.
 *
 * @param path The path.
 * @returns The source.
 * @throws {MissingFileError} When there is no such file.
 * @throws {DataError} When it is no regular file, or cannot be opened.
 *
 * @example
 * ```ts
 * import { fileSource } from "./file_source.ts";
 *
 * const source = await fileSource("deno.json");
 * const start = await source.read(0, 1);
 * await source.close();
 * console.log(new TextDecoder().decode(start)); // {
 * ```
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const name = resolve(path);
  let handle: FileHandle;
  try {
    // Not opened before this: opening a pipe waits for its writer
    requireRegular(name, await stat(name));
    handle = await open(name, "r");
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      throw new MissingFileError(`Cannot find "${name}"`);
    }
    throw new DataError(`Cannot open "${name}"`, { cause });
  }
  try {
    const status = await handle.stat();
    requireRegular(name, status);
    return new OpenFile(name, status.size, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function requireRegular(name: string, status: Stats): void {
  if (status.isFile()) return;
  throw new DataError(`Cannot read "${name}" as it is no regular file`, {
    actual: status.isDirectory() ? "a folder" : "a device, pipe or socket",
  });
}

class OpenFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  #handle: FileHandle | undefined;

  constructor(name: string, size: number, handle: FileHandle) {
    this.name = name;
    this.size = size;
    this.#handle = handle;
  }

  async read(
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, offset, length, signal);
    const bytes = roomFor(this, length);
    for (let done = 0; done < length;) {
      const handle = this.#handle;
      if (handle === undefined) {
        throw new DataError(`Cannot read "${this.name}" after it was closed`);
      }
      const count = await this.#readChunk(handle, bytes, done, offset);
      if (signal?.aborted) {
        throw cancelledError(`reading "${this.name}"`, signal.reason);
      }
      if (count === 0) {
        throw new DataError(`Cannot read "${this.name}" as it became shorter`, {
          expected: `${this.size} bytes`,
          actual: `an end at byte ${offset + done}`,
        });
      }
      done += count;
    }
    return bytes;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #readChunk(
    handle: FileHandle,
    bytes: Uint8Array,
    done: number,
    offset: number,
  ): Promise<number> {
    const count = Math.min(CHUNK_BYTES, bytes.length - done);
    try {
      return (await handle.read(bytes, done, count, offset + done)).bytesRead;
    } catch (cause) {
      throw new DataError(`Cannot read "${this.name}"`, { cause });
    }
  }
}
