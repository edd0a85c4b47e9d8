/**
 * A repository of the Hugging Face hub as a folder: from the cache where it can
 * be, from the hub where it must be.
 *
 * @module
 */

import process from "node:process";
import { DataError } from "../../../../runtime/core/errors.ts";
import {
  type ByteSource,
  MissingFileError,
} from "../../../../runtime/formats/byte_source.ts";
import { fileSource } from "../../../../runtime/formats/file_source.ts";
import { CachedRepository, defaultHubCache, isCommit } from "./hub_cache.ts";
import {
  type HubAccess,
  type RemoteFile,
  RemoteRepository,
} from "./hub_remote.ts";
import {
  type FetchProgress,
  isInsideName,
  type ModelFolder,
} from "./model_folder.ts";

/** Where one of these is, nothing else in the repository can be the model. */
const FIRST = ["model.safetensors", "model.safetensors.index.json"];

/** Files that models may do without; a cache that has weights is not asked the hub about them. */
const OPTIONAL = [
  "generation_config.json",
  "chat_template.jinja",
  "adapter_config.json",
];

/** How a repository is read. */
export interface HubFolderOptions extends HubAccess {
  /** A branch, a tag or a commit; "main" by default. */
  readonly revision?: string | undefined;
  /** The cache; where the hub's own libraries have it by default. */
  readonly cacheDir?: string | undefined;
  /** Never use the network; true by default where `HF_HUB_OFFLINE` is 1. */
  readonly offline?: boolean | undefined;
  /** Ask the hub whether a branch has moved since it was cached; false by default. */
  readonly refresh?: boolean | undefined;
  /** Hears how far a file has been fetched. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/**
 * Opens a repository at one commit. What the cache has is used as it is, with no
 * request at all, unless `refresh` is set.
 *
 * @param name `OWNER/NAME`.
 * @param options Revision, cache, network.
 * @param signal Cancels.
 * @returns The folder.
 * @throws {DataError} When the name or revision cannot be, or the commit is
 * neither cached nor to be had from the hub.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function hubFolder(
  name: string,
  options: HubFolderOptions = {},
  signal?: AbortSignal,
): Promise<ModelFolder> {
  const { revision = "main", refresh = false } = options;
  const offline = options.offline ?? process.env["HF_HUB_OFFLINE"] === "1";
  checkNames(name, revision);
  const cache = new CachedRepository(
    options.cacheDir ?? defaultHubCache(),
    name,
  );
  const remote = offline ? null : new RemoteRepository(name, options);
  const isKept = isCommit(revision) || !refresh || remote === null;
  let commit = isKept ? await cache.commitOf(revision) : null;
  if (commit === null) {
    if (remote === null) {
      throw new DataError(`Cannot find "${name}" at "${revision}" offline`, {
        expected: `it in the cache, "${cache.path}"`,
      });
    }
    commit = await remote.commitOf(revision, signal);
    await cache.remember(revision, commit);
  }
  return new HubFolder(name, commit, cache, remote, options);
}

class HubFolder implements ModelFolder {
  readonly kind = "hub";
  readonly location: string;
  readonly revision: string;
  readonly #cache: CachedRepository;
  readonly #remote: RemoteRepository | null;
  readonly #options: HubFolderOptions;
  #files: ReadonlyMap<string, RemoteFile> | undefined;

  constructor(
    location: string,
    revision: string,
    cache: CachedRepository,
    remote: RemoteRepository | null,
    options: HubFolderOptions,
  ) {
    this.location = location;
    this.revision = revision;
    this.#cache = cache;
    this.#remote = remote;
    this.#options = options;
  }

  async list(signal?: AbortSignal): Promise<readonly string[]> {
    const cached = await this.#cache.names(this.revision);
    const isTold = cached.some((name) => FIRST.includes(name));
    if (this.#remote === null || isTold) return cached;
    try {
      return [...(await this.#listing(this.#remote, signal)).keys()];
    } catch (error) {
      if (error instanceof DataError && cached.some(isWeights)) return cached;
      throw error;
    }
  }

  async open(name: string, signal?: AbortSignal): Promise<ByteSource> {
    if (!isInsideName(name)) {
      throw new DataError(`Cannot open "${name}" in "${this.location}"`, {
        expected: "a name within the repository",
      });
    }
    if (!await this.#cache.has(this.revision, name)) {
      await this.#fetch(name, signal);
    }
    return await fileSource(this.#cache.pathOf(this.revision, name));
  }

  async #fetch(name: string, signal: AbortSignal | undefined): Promise<void> {
    const remote = this.#remote;
    if (remote === null || await this.#isSurelyMissing(name)) {
      throw this.#missing(name);
    }
    const file = (await this.#listingFor(name, remote, signal)).get(name);
    if (file === undefined) {
      await this.#cache.rememberMissing(this.revision, name);
      throw this.#missing(name);
    }
    const { onProgress } = this.#options;
    await this.#cache.add(
      this.revision,
      name,
      file.hash,
      (path) =>
        remote.download(this.revision, file, path, { onProgress, signal }),
    );
  }

  /** Without a connection a cache that has the weights must do. */
  async #listingFor(
    name: string,
    remote: RemoteRepository,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, RemoteFile>> {
    try {
      return await this.#listing(remote, signal);
    } catch (error) {
      const mustDo = error instanceof DataError && !isWeights(name) &&
        await this.#hasWeights();
      throw mustDo ? this.#missing(name, error) : error;
    }
  }

  #missing(name: string, cause?: DataError): MissingFileError {
    return new MissingFileError(
      `Cannot find "${name}" in "${this.location}" at ${this.revision}`,
      {
        ...(this.#remote === null
          ? { hint: `The network is not used; "${this.#cache.path}" lacks it` }
          : {}),
        ...(cause === undefined ? {} : { cause }),
      },
    );
  }

  async #hasWeights(): Promise<boolean> {
    return (await this.#cache.names(this.revision)).some(isWeights);
  }

  /** Whether a cache that has the weights need not be asked the hub about. */
  async #isSurelyMissing(name: string): Promise<boolean> {
    if (await this.#cache.isKnownMissing(this.revision, name)) return true;
    return OPTIONAL.includes(name) && this.#files === undefined &&
      await this.#hasWeights();
  }

  async #listing(
    remote: RemoteRepository,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, RemoteFile>> {
    this.#files ??= await remote.files(this.revision, signal);
    return this.#files;
  }
}

function isWeights(name: string): boolean {
  return name.endsWith(".safetensors") || name.endsWith(".gguf");
}

function checkNames(name: string, revision: string): void {
  if (!/^[\w.-]{1,96}\/[\w.-]{1,96}$/.test(name) || !isInsideName(name)) {
    throw new DataError(`Cannot find "${name.slice(0, 200)}" on the hub`, {
      expected: "OWNER/NAME, of letters, digits, dots and dashes",
    });
  }
  if (!/^[\w./-]{1,255}$/.test(revision) || !isInsideName(revision)) {
    throw new DataError(`Cannot use the revision "${revision.slice(0, 200)}"`, {
      expected: "a branch, a tag or a commit",
    });
  }
}
