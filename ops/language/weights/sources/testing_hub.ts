/**
 * A hub with one repository in memory, as a function like `fetch`, so that tests
 * need no network.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { fileServer } from "../../../../runtime/formats/testing_file_server.ts";

/** The repository. */
export const REPOSITORY = "owner/name";
/** Its commit. */
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** The hub. */
export interface TestingHub {
  /** Takes the place of `fetch`. */
  readonly fetch: typeof fetch;
  /** What was asked for so far: the method and the path. */
  readonly asked: string[];
  /** What the hub lists besides its files, or instead of what is right. */
  readonly listed: Map<string, Readonly<Record<string, unknown>>>;
}

/**
 * Starts a hub.
 *
 * @param files The files of the repository by name; those that end in
 * ".safetensors" or ".gguf" are listed as large ones, with their SHA-256.
 * @returns The hub.
 */
export function testingHub(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): TestingHub {
  const asked: string[] = [];
  const listed = new Map(
    [...files].map(([name, bytes]) => [name, entryOf(name, bytes)]),
  );
  const resolve = `/${REPOSITORY}/resolve/${COMMIT}/`;
  const answer: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    if (request.signal.aborted) return Promise.reject(request.signal.reason);
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname === `/api/models/${REPOSITORY}/revision/main`) {
      return Promise.resolve(Response.json({
        _id: "1",
        id: REPOSITORY,
        sha: COMMIT,
        lastModified: "2025-01-01T00:00:00.000Z",
      }));
    }
    if (pathname === `/api/models/${REPOSITORY}/tree/${COMMIT}`) {
      return Promise.resolve(Response.json([...listed.values()]));
    }
    const name = decodeURIComponent(pathname.slice(resolve.length));
    const bytes = files.get(name);
    if (!pathname.startsWith(resolve) || bytes === undefined) {
      return Promise.resolve(
        Response.json({ error: "not found" }, { status: 404 }),
      );
    }
    return fileServer(bytes).fetch(request);
  };
  return { fetch: answer, asked, listed };
}

function entryOf(
  path: string,
  bytes: Uint8Array,
): Readonly<Record<string, unknown>> {
  const size = bytes.length;
  const git = createHash("sha1").update(`blob ${size}\0`).update(bytes);
  const entry = { type: "file", path, size, oid: git.digest("hex") };
  if (!/\.(?:safetensors|gguf)$/.test(path)) return entry;
  const oid = createHash("sha256").update(bytes).digest("hex");
  return { ...entry, lfs: { oid, size, pointerSize: 130 } };
}
