/**
 * The cache of the Hugging Face hub on disk, in the layout that its Python
 * library uses, so that both find what the other has fetched:
 * `models--OWNER--NAME/{refs,blobs,snapshots/COMMIT}`, where the files of a
 * snapshot are links to blobs.
 *
 * @module
 */

import {
  access,
  copyFile,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import process from "node:process";
import { replaceFile } from "../../../../runtime/formats/replace_file.ts";

const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Whether a revision is a commit, which never moves.
 *
 * @param revision The revision.
 * @returns Whether it is 40 hexadecimal digits.
 */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/**
 * The folder that holds what was fetched, by the variables that the hub's own
 * libraries read.
 *
 * @returns The path.
 */
export function defaultHubCache(): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } =
    process.env;
  const cache = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE;
  if (cache) return cache;
  return join(
    HF_HOME ||
      join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface"),
    "hub",
  );
}

/** One repository in the cache. */
export class CachedRepository {
  /** The folder of the repository. */
  readonly path: string;

  /**
   * Names the folder; it need not exist.
   *
   * @param cacheDir The cache.
   * @param repository `OWNER/NAME`.
   */
  constructor(cacheDir: string, repository: string) {
    this.path = join(cacheDir, `models--${repository.replaceAll("/", "--")}`);
  }

  /**
   * The commit that a revision was when it was last asked for.
   *
   * @param revision A branch, a tag or a commit.
   * @returns The commit; null where it is not known.
   */
  async commitOf(revision: string): Promise<string | null> {
    if (isCommit(revision)) return revision;
    try {
      const text = await readFile(join(this.path, "refs", revision), "utf8");
      return isCommit(text.trim()) ? text.trim() : null;
    } catch {
      return null;
    }
  }

  /**
   * Remembers the commit of a revision.
   *
   * @param revision A branch or a tag.
   * @param commit Its commit.
   */
  async remember(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    const path = join(this.path, "refs", revision);
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, (temporary) => writeFile(temporary, commit));
  }

  /**
   * The names of the files of a commit that are here.
   *
   * @param commit The commit.
   * @returns Relative names, with `/` between folders.
   */
  async names(commit: string): Promise<string[]> {
    const folder = join(this.path, "snapshots", commit);
    try {
      const entries = await readdir(folder, {
        recursive: true,
        withFileTypes: true,
      });
      return entries.filter((entry) => !entry.isDirectory())
        .map((entry) =>
          relative(folder, join(entry.parentPath, entry.name))
            .replaceAll(sep, "/")
        )
        .sort();
    } catch {
      return [];
    }
  }

  /**
   * Where a file of a commit is.
   *
   * @param commit The commit.
   * @param name The relative name.
   * @returns The path.
   */
  pathOf(commit: string, name: string): string {
    return join(this.path, "snapshots", commit, ...name.split("/"));
  }

  /**
   * Whether a file of a commit is here.
   *
   * @param commit The commit.
   * @param name The relative name.
   * @returns Whether it, and the blob that it links to, exists.
   */
  async has(commit: string, name: string): Promise<boolean> {
    return await exists(this.pathOf(commit, name));
  }

  /**
   * Whether a commit is known to have no such file.
   *
   * @param commit The commit.
   * @param name The relative name.
   * @returns Whether that was remembered.
   */
  async isKnownMissing(commit: string, name: string): Promise<boolean> {
    return await exists(this.#missingPath(commit, name));
  }

  /**
   * Remembers that a commit has no such file.
   *
   * @param commit The commit.
   * @param name The relative name.
   */
  async rememberMissing(commit: string, name: string): Promise<void> {
    const path = this.#missingPath(commit, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "");
  }

  /**
   * Adds a file to a commit, unless its blob is here already.
   *
   * @param commit The commit.
   * @param name The relative name.
   * @param blob The name of the blob: its hash.
   * @param write Writes the blob to a temporary path.
   */
  async add(
    commit: string,
    name: string,
    blob: string,
    write: (temporary: string) => Promise<void>,
  ): Promise<void> {
    const blobPath = join(this.path, "blobs", blob);
    const path = this.pathOf(commit, name);
    await mkdir(dirname(blobPath), { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    if (!await exists(blobPath)) await replaceFile(blobPath, write);
    await replaceFile(path, async (temporary) => {
      try {
        await symlink(relative(dirname(path), blobPath), temporary);
      } catch {
        // Where links are not allowed, as on Windows
        await copyFile(blobPath, temporary);
      }
    });
  }

  #missingPath(commit: string, name: string): string {
    return join(this.path, ".no_exist", commit, ...name.split("/"));
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
