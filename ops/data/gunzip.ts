/**
 * Decompression of files that somebody else made.
 *
 * @module
 */

import { CancelledError, DataError } from "../../runtime/core/errors.ts";
import { pacer } from "./pace.ts";

/** How a file is decompressed. */
export interface GunzipOptions {
  /** What the file holds in messages, for example `prices`. */
  readonly what: string;
  /** What the file is called in messages. */
  readonly source: string;
  /** Larger files are refused, also after decompression. */
  readonly maxBytes: number;
  /** Aborts the work. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The content of a file that may be compressed with gzip.
 *
 * @param bytes The file.
 * @param options What it is called, how large it may be.
 * @returns The content.
 * @throws {DataError} Where it is too large, cut off or damaged.
 * @throws {CancelledError} Where the signal is aborted.
 */
export async function gunzip(
  bytes: Uint8Array,
  options: GunzipOptions,
): Promise<Uint8Array> {
  const { source, maxBytes, signal } = options;
  if (bytes.length > maxBytes) throw tooLarge(options, `${bytes.length} bytes`);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const pace = pacer(signal);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Blob([bytes.slice()]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > maxBytes) break;
      chunks.push(chunk);
      await pace();
    }
  } catch (cause) {
    if (cause instanceof CancelledError) throw cause;
    throw new DataError(`Cannot decompress "${source}"`, {
      expected: "a whole gzip file",
      actual: "a file that is cut off or damaged",
      hint: "Fetch the file again",
      cause,
    });
  }
  if (length > maxBytes) throw tooLarge(options, "decompressed");
  const content = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    content.set(chunk, at);
    at += chunk.length;
  }
  return content;
}

function tooLarge(
  { what, source, maxBytes }: GunzipOptions,
  actual: string,
): DataError {
  return new DataError(`Cannot read ${what} as "${source}" is too large`, {
    expected: `at most ${maxBytes} bytes`,
    actual: `more than that (${actual})`,
    hint: 'Raise "maxBytes", or split the file',
  });
}
