/**
 * A folder on disk with the files of a model.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DataError } from "../../../../runtime/core/errors.ts";
import { fileSource } from "../../../../runtime/formats/file_source.ts";
import { isInsideName, type ModelFolder } from "./model_folder.ts";

/**
 * A folder on disk.
 *
 * @param path The path.
 * @returns The folder.
 */
export function localFolder(path: string): ModelFolder {
  const location = resolve(path);
  return {
    kind: "path",
    location,
    revision: null,
    list: async () => {
      try {
        const entries = await readdir(location, { withFileTypes: true });
        return entries.filter((entry) => !entry.isDirectory())
          .map((entry) => entry.name).sort();
      } catch (cause) {
        throw new DataError(`Cannot list the folder "${location}"`, { cause });
      }
    },
    open: async (name) => {
      if (!isInsideName(name)) {
        throw new DataError(`Cannot open "${name}" in "${location}"`, {
          expected: "a name within the folder",
        });
      }
      return await fileSource(join(location, name));
    },
  };
}
