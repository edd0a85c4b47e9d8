/**
 * Files that are whole or not there, and reads that trust nothing.
 *
 * @module
 */

import { createHash, randomUUID } from "node:crypto";
import {
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  unlink,
  utimes,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { StoreError } from "../../core/errors.ts";
import type { Digest } from "../../core/hash.ts";

/** Bytes that are hashed or read before the event loop turns. */
const SLICE_BYTES = 1 << 23;

/** The end of the names of files that are being written. */
const TEMPORARY = ".tmp";

/** A file that is being written for longer than this was left by a crash. */
const ABANDONED_MS = 3_600_000;

/** Uses within this time count as one, so that reading does not write much. */
const TOUCH_MS = 1_000;

/** A regular file with what eviction needs to know. */
export interface FoundFile {
  /** The path. */
  readonly path: string;
  /** Its length. */
  readonly bytes: number;
  /** When it was last used, in milliseconds since 1970. */
  readonly usedAt: number;
}

/** What is wrong with a file. */
export class DamagedFile {
  /**
   * Says what is wrong.
   *
   * @param reason What is wrong.
   * @param inode The file that was looked at, so that no newer one is set
   * aside in its place; absent when it was not seen.
   */
  constructor(readonly reason: string, readonly inode?: number) {}
}

/**
 * The SHA-256 of bytes, with turns of the event loop between slices.
 *
 * @param chunks The bytes in order.
 * @returns The digest and the number of bytes.
 */
export async function hashChunks(
  chunks: readonly Uint8Array[],
): Promise<{ digest: Digest; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for (const chunk of chunks) {
    bytes += chunk.byteLength;
    for (let at = 0; at < chunk.byteLength; at += SLICE_BYTES) {
      hash.update(chunk.subarray(at, at + SLICE_BYTES));
      if (chunk.byteLength > SLICE_BYTES) await setImmediate();
    }
  }
  return { digest: hash.digest("hex"), bytes };
}

/**
 * Writes a file that is there in whole or not at all, whatever happens: under a
 * temporary name in the same folder, flushed to the disk, then renamed. A loss
 * of power may undo the rename, which only loses a result.
 *
 * @param path The file; its folder is made when missing.
 * @param chunks The bytes in order.
 * @throws {StoreError} When it cannot be written.
 */
export async function writeWhole(
  path: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(temporary, "wx");
    try {
      for (const chunk of chunks) await writeAll(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw new StoreError(`Cannot write "${path}" to the store`, {
      hint: "Check the disk's free space and the permissions of the folder",
      cause: error,
    });
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

async function writeAll(handle: Handle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) {
    const length = Math.min(SLICE_BYTES, chunk.byteLength - at);
    const { bytesWritten } = await handle.write(chunk, at, length);
    at += bytesWritten;
  }
}

/**
 * Looks at a file that should be a regular one.
 *
 * @param path The file.
 * @returns Its length and time of use, `undefined` when there is none, or what
 * is wrong.
 */
export async function look(
  path: string,
): Promise<FoundFile | DamagedFile | undefined> {
  let found: Awaited<ReturnType<typeof lstat>>;
  try {
    found = await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
  if (!found.isFile()) {
    return new DamagedFile("it is no regular file", found.ino);
  }
  return { path, bytes: found.size, usedAt: found.mtimeMs };
}

/**
 * Reads a file whose length is known. Nothing is allocated before the length of
 * the file was found to be that.
 *
 * @param path The file.
 * @param expected Its length, and its SHA-256 where that is known.
 * @returns The bytes, `undefined` when there is no file, or what is wrong.
 */
export async function readChecked(
  path: string,
  expected: { readonly maxBytes: number; readonly digest?: Digest },
): Promise<Uint8Array<ArrayBuffer> | DamagedFile | undefined> {
  const seen = await look(path);
  if (seen === undefined || seen instanceof DamagedFile) return seen;
  let handle: Handle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
  try {
    const { size, ino } = await handle.stat();
    if (size > expected.maxBytes) {
      return new DamagedFile(
        `it has ${size} bytes, more than ${expected.maxBytes}`,
        ino,
      );
    }
    const bytes = allocate(size);
    if (bytes === undefined) {
      return new DamagedFile(`its ${size} bytes do not fit in memory`, ino);
    }
    const hash = createHash("sha256");
    let length = 0;
    while (length < size) {
      const wanted = Math.min(SLICE_BYTES, size - length);
      const { bytesRead } = await handle.read(bytes, length, wanted);
      if (bytesRead === 0) {
        return new DamagedFile(`it ends after ${length} of ${size} bytes`, ino);
      }
      hash.update(bytes.subarray(length, length + bytesRead));
      length += bytesRead;
    }
    if (
      expected.digest !== undefined && hash.digest("hex") !== expected.digest
    ) {
      return new DamagedFile("its content does not have its digest", ino);
    }
    if (Date.now() - seen.usedAt > TOUCH_MS) await touch(path);
    return bytes;
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle.close();
  }
}

function allocate(size: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(size);
  } catch {
    return undefined;
  }
}

/**
 * Marks a file as used now.
 *
 * @param path The file; it may be gone.
 */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  try {
    await utimes(path, now, now);
  } catch {
    // Gone, or not ours to change: it is only evicted earlier
  }
}

/**
 * Moves a damaged file out of the way.
 *
 * @param path The file.
 * @param damage What is wrong with it.
 * @param folder Where damaged files go.
 * @returns Where it lies now, or `undefined` when another process was faster.
 */
export async function setAside(
  path: string,
  damage: DamagedFile,
  folder: string,
): Promise<string | undefined> {
  const target = join(folder, `${basename(path)}.${randomUUID()}`);
  try {
    const { ino } = await lstat(path);
    if (damage.inode !== undefined && ino !== damage.inode) return undefined;
    await mkdir(folder, { recursive: true });
    await rename(path, target);
    return target;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new StoreError(`Cannot set the damaged file "${path}" aside`, {
      hint: "Remove it by hand",
      cause: error,
    });
  }
}

/**
 * All regular files under a folder. What a crash left half-written is removed.
 *
 * @param folder The folder; it may be missing.
 * @returns The files, in no order.
 */
export async function listFiles(folder: string): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const inside = await namesIn(next);
    const paths = inside.filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const entry of inside) {
      if (entry.isDirectory()) pending.push(join(entry.parentPath, entry.name));
    }
    for (const found of await Promise.all(paths.map(look))) {
      if (found === undefined || found instanceof DamagedFile) continue;
      if (!found.path.endsWith(TEMPORARY)) files.push(found);
      else if (Date.now() - found.usedAt > ABANDONED_MS) {
        await removeFile(found.path);
      }
    }
  }
  return files;
}

async function namesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

/**
 * Removes a file.
 *
 * @param path The file.
 * @returns Whether it was there.
 */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw new StoreError(`Cannot remove "${path}" from the store`, {
      cause: error,
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function unreadable(path: string, cause: unknown): StoreError {
  return new StoreError(`Cannot read "${path}" from the store`, {
    hint: "Check the permissions of the store's folder",
    cause,
  });
}
