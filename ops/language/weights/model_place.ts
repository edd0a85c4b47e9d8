/**
 * Where users say that a model is: a path, a URL, a repository of the hub.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError } from "../../../runtime/core/errors.ts";
import {
  publicUrl,
  type UrlSourceOptions,
} from "../../../runtime/formats/url_source.ts";
import { hubFolder, type HubFolderOptions } from "./sources/hub_folder.ts";
import { localFolder } from "./sources/local_folder.ts";
import type { ModelFolder } from "./sources/model_folder.ts";
import { urlFolder } from "./sources/url_folder.ts";

/** A folder, and the file in it that was named. */
export interface ModelPlace {
  /** The folder. */
  readonly folder: ModelFolder;
  /** The file; null where only the folder was named. */
  readonly file: string | null;
}

/** How places are reached. */
export interface PlaceOptions extends HubFolderOptions {
  /** Headers of requests to a URL. */
  readonly headers?: Readonly<Record<string, string>>;
}

const FILE_ENDING = /\.(?:gguf|safetensors|bin|json)$/i;

/**
 * Finds a place.
 *
 * @param spec `hf:OWNER/NAME[@REVISION][/FILE]`, an `http:`, `https:` or `file:`
 * URL, or a path, of a file or a folder.
 * @param options How places are reached.
 * @param signal Cancels.
 * @returns The place.
 * @throws {DataError} When there is no such place.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function findModel(
  spec: string,
  options: PlaceOptions = {},
  signal?: AbortSignal,
): Promise<ModelPlace> {
  if (spec.startsWith("hf:")) return await findOnHub(spec, options, signal);
  if (/^https?:/i.test(spec)) return findOnServer(spec, options);
  const path = pathOf(spec);
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new DataError(`Cannot find a model at "${path}"`, {
      ...(/^[\w.-]+\/[\w.-]+$/.test(spec)
        ? { hint: `For a repository of the hub write "hf:${spec}"` }
        : {}),
      cause,
    });
  }
  return isFolder
    ? { folder: localFolder(path), file: null }
    : { folder: localFolder(dirname(path)), file: basename(path) };
}

function pathOf(spec: string): string {
  if (!/^file:/i.test(spec)) return resolve(spec);
  try {
    return fileURLToPath(spec);
  } catch (cause) {
    throw badAddress(spec, "a URL of a file on this machine", cause);
  }
}

function badAddress(
  spec: string,
  expected: string,
  cause?: unknown,
): DataError {
  return new DataError("Cannot read the address of a model", {
    expected,
    actual: spec.slice(0, 200),
    ...(cause === undefined ? {} : { cause }),
  });
}

async function findOnHub(
  spec: string,
  options: PlaceOptions,
  signal: AbortSignal | undefined,
): Promise<ModelPlace> {
  const match = /^hf:([^/@]+\/[^/@]+)(?:@([^/]+))?(?:\/(.+))?$/.exec(spec);
  const name = match?.[1];
  if (name === undefined) {
    throw new DataError("Cannot find a model on the hub", {
      expected: '"hf:OWNER/NAME", "hf:OWNER/NAME@REVISION" or with "/FILE"',
      actual: spec.slice(0, 200),
    });
  }
  const revision = match?.[2] ?? options.revision;
  const folder = await hubFolder(name, { ...options, revision }, signal);
  return { folder, file: match?.[3] ?? null };
}

function findOnServer(spec: string, options: PlaceOptions): ModelPlace {
  const url = URL.parse(spec);
  if (url === null) throw badAddress(spec, "a URL");
  const transfer: UrlSourceOptions = {
    ...options.transfer,
    ...(options.headers === undefined ? {} : { headers: options.headers }),
  };
  const isFile = FILE_ENDING.test(url.pathname);
  if (!isFile && !url.pathname.endsWith("/")) url.pathname += "/";
  const last = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  return {
    folder: urlFolder(url, transfer),
    file: isFile ? decodedName(last, publicUrl(url)) : null,
  };
}

function decodedName(name: string, address: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw badAddress(
      address,
      "a name in UTF-8, with % only before two digits",
      cause,
    );
  }
}
