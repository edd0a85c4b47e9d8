/**
 * What the Hugging Face hub has of a repository.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import process from "node:process";
import { cancelledError } from "../../../../runtime/core/abort.ts";
import { DataError } from "../../../../runtime/core/errors.ts";
import type { ByteSource } from "../../../../runtime/formats/byte_source.ts";
import {
  urlSource,
  type UrlSourceOptions,
} from "../../../../runtime/formats/url_source.ts";
import { writeBytes } from "../../../../runtime/formats/write_bytes.ts";
import { isCommit } from "./hub_cache.ts";
import { type FetchProgress, isInsideName } from "./model_folder.ts";

const DEFAULT_ENDPOINT = "https://huggingface.co";
const ANSWER_MS = 30_000;
const CHUNK_BYTES = 1 << 23;
const MAX_FILES = 100_000;
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** How the hub is reached. */
export interface HubAccess {
  /** The address; `HF_ENDPOINT` or https://huggingface.co by default. */
  readonly endpoint?: string;
  /** A token for repositories that are not open to all; `HF_TOKEN` by default. */
  readonly token?: string;
  /** How files are read. */
  readonly transfer?: Pick<UrlSourceOptions, "fetch" | "retries" | "pauseMs">;
}

/** A file of a repository. */
export interface RemoteFile {
  /** Its relative name. */
  readonly name: string;
  /** Its number of bytes. */
  readonly size: number;
  /** Its SHA-256, or the SHA-1 that Git gives it. */
  readonly hash: string;
}

/** One repository on the hub. */
export class RemoteRepository {
  readonly #name: string;
  readonly #endpoint: string;
  readonly #token: string | undefined;
  readonly #access: HubAccess;

  /**
   * Names the repository; nothing is sent yet.
   *
   * @param name `OWNER/NAME`.
   * @param access How the hub is reached.
   */
  constructor(name: string, access: HubAccess) {
    this.#name = name;
    this.#endpoint = access.endpoint ??
      (process.env["HF_ENDPOINT"] || DEFAULT_ENDPOINT);
    this.#token = access.token ?? (process.env["HF_TOKEN"] || undefined);
    this.#access = access;
  }

  /**
   * Asks for the commit of a revision.
   *
   * @param revision A branch or a tag.
   * @param signal Cancels.
   * @returns The commit.
   * @throws {DataError} When there is no such repository or revision, or the hub
   * cannot be reached.
   */
  async commitOf(revision: string, signal?: AbortSignal): Promise<string> {
    const commit = await this.#ask(signal, async (hub, shared) => {
      const { sha } = await hub.modelInfo({
        ...shared,
        name: this.#name,
        revision,
        additionalFields: ["sha"],
      });
      return sha;
    });
    if (typeof commit === "string" && isCommit(commit)) return commit;
    throw new DataError(`Cannot pin "${this.#name}" to a commit`, {
      expected: "40 hexadecimal digits from the hub",
      actual: String(commit).slice(0, 100),
    });
  }

  /**
   * Asks for the files of a commit.
   *
   * @param commit The commit.
   * @param signal Cancels.
   * @returns The files by name; those whose names or hashes cannot be are left out.
   * @throws {DataError} When the hub cannot be reached, or lists too many.
   */
  async files(
    commit: string,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, RemoteFile>> {
    return await this.#ask(signal, async (hub, shared) => {
      const files = new Map<string, RemoteFile>();
      const entries = hub.listFiles({
        ...shared,
        repo: { type: "model", name: this.#name },
        revision: commit,
        recursive: true,
      });
      let count = 0;
      for await (const { type, path: name, size, lfs, oid } of entries) {
        if (++count > MAX_FILES) {
          throw new DataError(`Cannot list over ${MAX_FILES} files of a model`);
        }
        const hash = lfs?.oid ?? oid ?? "";
        const bytes = lfs?.size ?? size;
        if (
          type === "file" && isInsideName(name) && HASH.test(hash) &&
          Number.isSafeInteger(bytes) && bytes >= 0
        ) files.set(name, { name, size: bytes, hash });
      }
      return files;
    });
  }

  /**
   * Fetches a file and checks its hash.
   *
   * @param commit The commit.
   * @param file The file.
   * @param path Where it is written.
   * @param options `onProgress` hears how far it is; `signal` cancels.
   * @throws {DataError} When it cannot be fetched, or is not what the hub said.
   */
  async download(
    commit: string,
    file: RemoteFile,
    path: string,
    options: {
      readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<void> {
    const { onProgress, signal } = options;
    const hash = file.hash.length === 64
      ? createHash("sha256")
      : createHash("sha1").update(`blob ${file.size}\0`);
    const handle = await open(path, "wx");
    try {
      // An empty file has no range to ask for
      if (file.size > 0) {
        const source = await this.#open(commit, file, signal);
        for (let done = 0; done < file.size;) {
          const length = Math.min(CHUNK_BYTES, file.size - done);
          const bytes = await source.read(done, length, signal);
          hash.update(bytes);
          await writeBytes(handle, bytes);
          done += length;
          onProgress?.({ file: file.name, done, total: file.size });
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const actual = hash.digest("hex");
    if (actual === file.hash) return;
    throw new DataError(
      `Cannot use "${file.name}" of "${this.#name}" as it was fetched with errors`,
      { expected: `hash ${file.hash}`, actual, hint: "Fetch it again" },
    );
  }

  async #open(
    commit: string,
    file: RemoteFile,
    signal: AbortSignal | undefined,
  ): Promise<ByteSource> {
    const path = file.name.split("/").map(encodeURIComponent).join("/");
    const source = await urlSource(
      `${this.#endpoint}/${this.#name}/resolve/${commit}/${path}`,
      {
        ...this.#access.transfer,
        ...(this.#token === undefined
          ? {}
          : { headers: { authorization: `Bearer ${this.#token}` } }),
        signal,
      },
    );
    if (source.size === file.size) return source;
    throw new DataError(`Cannot fetch "${source.name}"`, {
      expected: `${file.size} bytes, as the hub lists it`,
      actual: `${source.size} bytes`,
    });
  }

  async #ask<T>(
    signal: AbortSignal | undefined,
    question: (hub: Hub, shared: Shared) => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw cancelledError("asking the hub", signal.reason);
    const send = this.#access.transfer?.fetch ?? fetch;
    const limit = AbortSignal.timeout(ANSWER_MS);
    const both = signal === undefined
      ? limit
      : AbortSignal.any([limit, signal]);
    try {
      const hub = await import("@huggingface/hub");
      return await question(hub, {
        hubUrl: this.#endpoint,
        fetch: (input, init) => send(input, { ...init, signal: both }),
        ...(this.#token === undefined ? {} : { accessToken: this.#token }),
      });
    } catch (cause) {
      if (signal?.aborted) {
        throw cancelledError("asking the hub", signal.reason);
      }
      throw new DataError(
        `Cannot get "${this.#name}" from ${this.#endpoint}`,
        { hint: hintFor(cause), cause },
      );
    }
  }
}

type Hub = typeof import("@huggingface/hub");

interface Shared {
  readonly hubUrl: string;
  readonly fetch: typeof fetch;
  readonly accessToken?: string;
}

function hintFor(cause: unknown): string {
  const status = typeof cause === "object" && cause !== null &&
      "statusCode" in cause
    ? cause.statusCode
    : undefined;
  if (status === 404) return "Check the owner, the name and the revision";
  if (status === 401 || status === 403) {
    return "Check the name; for a repository that is not open to all set HF_TOKEN";
  }
  return "Check the connection; what is in the cache already needs none";
}
