/**
 * A file as a value: known by its content, so that an edited file is noticed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError } from "../core/errors.ts";
import { type Digest, digestValue } from "../core/hash.ts";

/** Bytes that are read at once while a file is hashed. */
const CHUNK_BYTES = 1 << 20;

/**
 * A file changed less than this many nanoseconds before it was hashed may
 * change again without its time stamp moving, so its digest is not remembered.
 */
const SETTLED_NS = 2_000_000_000n;

/** How often a file that changes while it is hashed is hashed again. */
const ATTEMPTS = 3;

/** What tells that a file was not touched. */
interface Stamp {
  readonly size: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
  readonly inode: bigint;
  readonly device: bigint;
}

interface Remembered extends Stamp {
  readonly content: Digest;
}

const MAX_REMEMBERED = 1024;
const remembered = new Map<string, Remembered>();

/**
 * A file on disk, made by {@linkcode file}. An op reads it; its version is the
 * hash of its bytes together with its extension, so the same bytes under
 * another name or in another folder are the same file, and an edit is noticed.
 */
export class FileValue {
  /** The absolute path. */
  readonly path: string;

  /**
   * Made by {@linkcode file}.
   *
   * @param path The absolute path.
   */
  constructor(path: string) {
    this.path = path;
  }

  /** The name without its folders. */
  get name(): string {
    return basename(this.path);
  }

  /** The extension in lower case without its dot; empty when there is none. */
  get extension(): string {
    return extname(this.path).slice(1).toLowerCase();
  }

  /**
   * The digest of the bytes and the extension. Reads the file unless its size
   * and times show that it was not touched since it was last read.
   *
   * @returns The digest.
   * @throws {DataError} When there is no such file, it is no regular file, it
   * cannot be read, or it keeps changing while it is read.
   */
  async digest(): Promise<Digest> {
    const content = await contentDigest(this.path);
    return digestValue({ file: content, extension: this.extension });
  }

  /**
   * Reads the whole file.
   *
   * @param options `maxBytes`: a larger file is an error before it is read;
   * default 2 GiB.
   * @returns The bytes.
   * @throws {DataError} When the file cannot be read or is too large.
   */
  async bytes(
    options: { readonly maxBytes?: number } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { maxBytes = 2 ** 31 } = options;
    return await withFile(this.path, async (handle, { size }) => {
      if (size > BigInt(maxBytes)) {
        throw new DataError(`Cannot read "${this.path}" as it is too large`, {
          expected: `${maxBytes} bytes or less`,
          actual: `${size} bytes`,
        });
      }
      const bytes = new Uint8Array(Number(size));
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    });
  }

  /**
   * Reads the whole file as UTF-8.
   *
   * @param options As {@linkcode FileValue.bytes}.
   * @returns The text.
   * @throws {DataError} When the file cannot be read, is too large, or is not
   * UTF-8.
   */
  async text(options: { readonly maxBytes?: number } = {}): Promise<string> {
    const bytes = await this.bytes(options);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (error) {
      throw new DataError(`Cannot read "${this.path}" as text`, {
        expected: "UTF-8",
        cause: error,
      });
    }
  }
}

/**
 * Makes a value of a file, to be passed to a `port.file`. The file need not
 * exist yet; it is looked at when the node is planned and when it runs.
 *
 * @param path A path, relative to the current folder, or a `file:` URL.
 * @returns The value.
 * @throws {DataError} For a URL with another scheme.
 *
 * @example
 * ```ts
 * import { file } from "@weft/weft";
 *
 * console.log(file("prices/spx.CSV").extension); // csv
 * ```
 */
export function file(path: string | URL): FileValue {
  const url = path instanceof URL
    ? path
    : /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
    ? new URL(path)
    : undefined;
  if (url === undefined) return new FileValue(resolve(String(path)));
  if (url.protocol !== "file:") {
    throw new DataError(`Cannot use "${url.protocol}//…" as a file`, {
      expected: 'a path or a "file:" URL',
      actual: `a URL with the scheme "${url.protocol.slice(0, -1)}"`,
      hint: "Fetch it in an io op and pass on what it returns",
    });
  }
  return new FileValue(fileURLToPath(url));
}

type Handle = Awaited<ReturnType<typeof open>>;

/** Opens a regular file, runs the body, and closes it whatever happens. */
async function withFile<T>(
  path: string,
  body: (handle: Handle, stamp: Stamp) => Promise<T>,
): Promise<T> {
  // Not opened before this: opening a pipe waits for its writer
  await regularFile(path, stat(path, { bigint: true }));
  let handle: Handle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const stamp = await regularFile(path, handle.stat({ bigint: true }));
    return await body(handle, stamp);
  } catch (error) {
    throw error instanceof DataError ? error : unreadable(path, error);
  } finally {
    await handle.close();
  }
}

async function regularFile(
  path: string,
  statistics: Promise<BigIntStats>,
): Promise<Stamp> {
  let found: BigIntStats;
  try {
    found = await statistics;
  } catch (error) {
    throw unreadable(path, error);
  }
  if (!found.isFile()) {
    throw new DataError(`Cannot read "${path}" as it is no regular file`, {
      actual: found.isDirectory() ? "a folder" : "a device, pipe or socket",
    });
  }
  return {
    size: found.size,
    modified: found.mtimeNs,
    changed: found.ctimeNs,
    inode: found.ino,
    device: found.dev,
  };
}

function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.size === b.size && a.modified === b.modified &&
    a.changed === b.changed && a.inode === b.inode && a.device === b.device;
}

async function contentDigest(path: string): Promise<Digest> {
  const known = remembered.get(path);
  if (known !== undefined) {
    const stamp = await regularFile(path, stat(path, { bigint: true }));
    if (sameStamp(stamp, known)) return known.content;
    remembered.delete(path);
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const content = await hashOnce(path);
    if (content !== undefined) return content;
  }
  throw new DataError(`Cannot hash "${path}" as it keeps changing`, {
    expected: "a file that stays as it is while it is read",
    hint: "Wait until its writer is done, or pass a copy",
  });
}

/** The hash of a file, or `undefined` when it changed while it was read. */
function hashOnce(path: string): Promise<Digest | undefined> {
  return withFile(path, async (handle, before) => {
    const started = BigInt(Date.now()) * 1_000_000n;
    const hash = createHash("sha256");
    const buffer = new Uint8Array(CHUNK_BYTES);
    let left = before.size;
    while (left > 0n) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return undefined;
      hash.update(buffer.subarray(0, bytesRead));
      left -= BigInt(bytesRead);
    }
    const content = hash.digest("hex");
    const after = await regularFile(path, stat(path, { bigint: true }));
    if (!sameStamp(before, after)) return undefined;
    const settled = before.modified + SETTLED_NS < started &&
      before.changed + SETTLED_NS < started;
    if (settled) {
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(path, { ...before, content });
    }
    return content;
  });
}

function unreadable(path: string, cause: unknown): DataError {
  const missing = cause instanceof Error && "code" in cause &&
    cause.code === "ENOENT";
  return new DataError(
    missing
      ? `Cannot find the file "${path}"`
      : `Cannot read the file "${path}"`,
    {
      hint: missing
        ? "Check the path; a relative one starts in the current folder"
        : "Check the permissions of the file and of this process",
      cause,
    },
  );
}
