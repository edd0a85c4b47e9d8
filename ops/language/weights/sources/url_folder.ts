/**
 * A folder on a server with the files of a model.
 *
 * @module
 */

import { DataError } from "../../../../runtime/core/errors.ts";
import {
  publicUrl,
  urlSource,
  type UrlSourceOptions,
} from "../../../../runtime/formats/url_source.ts";
import { isInsideName, type ModelFolder } from "./model_folder.ts";

/**
 * A folder on a server. Its files take the query of its address, which may hold
 * what gives access to them.
 *
 * @param url The address of the folder, or of a file in it.
 * @param options How files are read.
 * @returns The folder; it does not tell the names of its files.
 */
export function urlFolder(
  url: URL,
  options: UrlSourceOptions = {},
): ModelFolder {
  const folder = new URL(".", url);
  return {
    kind: "url",
    location: publicUrl(folder),
    revision: null,
    list: () => Promise.resolve(null),
    open: async (name, signal) => {
      if (!isInsideName(name)) {
        throw new DataError(`Cannot open "${name}" in "${publicUrl(folder)}"`, {
          expected: "a name within the folder",
        });
      }
      const path = name.split("/").map(encodeURIComponent).join("/");
      const file = new URL(path, folder);
      file.search = url.search;
      return await urlSource(file, { ...options, signal });
    },
  };
}
