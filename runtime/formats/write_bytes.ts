/**
 * Writes to open files.
 *
 * @module
 */

import type { FileHandle } from "node:fs/promises";

/**
 * Writes all bytes where a file stands; one call of the system may write fewer.
 *
 * @param handle The file.
 * @param bytes The bytes.
 */
export async function writeBytes(
  handle: FileHandle,
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done);
    done += bytesWritten;
  }
}
