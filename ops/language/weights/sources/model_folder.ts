/**
 * Folders with the files of a model, wherever they are.
 *
 * @module
 */

import type { ByteSource } from "../../../../runtime/formats/byte_source.ts";
import type { ModelProvenance } from "../model_source.ts";

/** A folder of which files are opened by name. */
export interface ModelFolder {
  /** The kind of place. */
  readonly kind: ModelProvenance["kind"];
  /** What errors call it: a path, a URL, a repository. */
  readonly location: string;
  /** The commit of a repository; null elsewhere. */
  readonly revision: string | null;
  /**
   * Names of its files; null where a server does not tell.
   *
   * @throws {DataError} When they cannot be had.
   */
  list(signal?: AbortSignal): Promise<readonly string[] | null>;
  /**
   * Opens a file, after fetching it where that is needed.
   *
   * @throws {MissingFileError} When there is none of this name.
   * @throws {DataError} When it cannot be opened.
   */
  open(name: string, signal?: AbortSignal): Promise<ByteSource>;
}

/** How far a file has been fetched. */
export interface FetchProgress {
  /** The name of the file. */
  readonly file: string;
  /** Bytes so far. */
  readonly done: number;
  /** Bytes in all. */
  readonly total: number;
}

/**
 * Refuses names that may lead out of a folder.
 *
 * @param name A relative name with `/` between folders.
 * @returns Whether it stays within.
 */
export function isInsideName(name: string): boolean {
  return name.length <= 1024 &&
    name.split("/").every((part) =>
      part !== "" && part !== "." && part !== ".." && !/[\\:\0]/.test(part)
    );
}
