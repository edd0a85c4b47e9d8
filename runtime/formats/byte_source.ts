/**
 * Bytes that are read in pieces, wherever they are: on disk, in memory, on a
 * server.
 *
 * @module
 */

import { cancelledError } from "../core/abort.ts";
import { DataError, MemoryError } from "../core/errors.ts";

/** Bytes of which any range can be read. */
export interface ByteSource {
  /** What errors call it: a path, a URL. */
  readonly name: string;
  /** Number of bytes. */
  readonly size: number;
  /**
   * Reads a range: exactly `length` bytes in memory of their own.
   *
   * @throws {DataError} When the range lies outside or cannot be read.
   * @throws {CancelledError} When the signal is aborted.
   */
  read(
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Gives back what reading holds; reading afterwards is an error. */
  close(): Promise<void>;
}

/** There is no file at a place where one may be. */
export class MissingFileError extends DataError {
  /** The name that is shown before the message. */
  override name = "MissingFileError";
}

/**
 * Bytes that are in memory.
 *
 * @param bytes The bytes; they are not copied before they are read.
 * @param name What errors call them.
 * @returns The source.
 */
export function memorySource(
  bytes: Uint8Array,
  name = "bytes in memory",
): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    read: (offset, length, signal) => {
      try {
        checkRange({ name, size: bytes.byteLength }, offset, length, signal);
      } catch (error) {
        return Promise.reject(error);
      }
      return Promise.resolve(bytes.slice(offset, offset + length));
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Refuses to read what is not there, or after a cancellation.
 *
 * @param source What is read.
 * @param offset The first byte.
 * @param length How many.
 * @param signal Cancels.
 * @throws {DataError} When the range lies outside.
 * @throws {CancelledError} When the signal is aborted.
 */
export function checkRange(
  source: { readonly name: string; readonly size: number },
  offset: number,
  length: number,
  signal?: AbortSignal,
): void {
  if (signal?.aborted) {
    throw cancelledError(`reading "${source.name}"`, signal.reason);
  }
  const isRange = Number.isSafeInteger(offset) && offset >= 0 &&
    Number.isSafeInteger(length) && length >= 0 &&
    offset <= source.size - length;
  if (isRange) return;
  throw new DataError(`Cannot read outside "${source.name}"`, {
    expected: `a range within ${source.size} bytes`,
    actual: `${length} bytes from byte ${offset}`,
  });
}

/**
 * Makes room for a range of a source.
 *
 * @param source What is read.
 * @param length How many bytes; they were checked to be there.
 * @returns The room.
 * @throws {MemoryError} When there is not so much.
 */
export function roomFor(
  source: { readonly name: string },
  length: number,
): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new MemoryError(`Cannot hold ${length} bytes of "${source.name}"`, {
      cause,
    });
  }
}

/**
 * Reads all bytes of a source that should be small.
 *
 * @param source The source.
 * @param maxBytes A larger source is an error before anything is read.
 * @param signal Cancels.
 * @returns The bytes.
 * @throws {DataError} When it is larger, or cannot be read.
 * @throws {CancelledError} When the signal is aborted.
 */
export function readAll(
  source: ByteSource,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source.size > maxBytes) {
    return Promise.reject(
      new DataError(`Cannot read "${source.name}" as it is too large`, {
        expected: `${maxBytes} bytes or less`,
        actual: `${source.size} bytes`,
      }),
    );
  }
  return source.read(0, source.size, signal);
}

/**
 * Reads a source that should be a short text in UTF-8.
 *
 * @param source The source.
 * @param maxBytes A larger source is an error before anything is read.
 * @param signal Cancels.
 * @returns The text, without a byte order mark.
 * @throws {DataError} When it is larger, cannot be read, or is not UTF-8.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function readText(
  source: ByteSource,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<string> {
  const bytes = await readAll(source, maxBytes, signal);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`Cannot read "${source.name}" as text`, {
      expected: "UTF-8",
      cause,
    });
  }
}
