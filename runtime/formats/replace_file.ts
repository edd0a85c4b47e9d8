/**
 * Files that appear whole or not at all.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { writeBytes } from "./write_bytes.ts";

/**
 * Writes a file under a temporary name beside it and then renames it, so that
 * nobody ever sees half of it. Where writing fails, nothing stays behind.
 *
 * @param path The file; one that is there is replaced.
 * @param write Makes a file of the name that it is given.
 */
export async function replaceFile(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.incomplete`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes bytes as a file that appears whole or not at all, and is on the disk
 * before it does.
 *
 * @param path The file; one that is there is replaced.
 * @param chunks Its bytes, in order; each is asked for when the one before it is
 * written.
 */
export async function replaceBytes(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  await replaceFile(path, async (temporary) => {
    const handle = await open(temporary, "wx");
    try {
      for await (const chunk of chunks) await writeBytes(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}
