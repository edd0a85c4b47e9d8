/**
 * Files inside values: a saved value holds their path and digest, not their
 * bytes.
 *
 * @module
 */

import { DataError } from "../../core/errors.ts";
import { FileValue } from "../file_value.ts";
import type { Leaf } from "./leaf.ts";

/** Files as leaves. */
export const fileLeaf: Leaf<FileValue> = {
  kind: "file",
  is: (value): value is FileValue => value instanceof FileValue,
  digest: (value) => value.digest(),
  version: () => undefined,
  describe: (value) => `file "${value.name}"`,
  byteSize: () => 256,
  holdings: (value) => [[value, 256]],
  isPending: () => false,
  findNaN: () => Promise.resolve(undefined),
  rows: () => undefined,
  truncate: (value) => value,
  async compare(left, right, at) {
    return await left.digest() === await right.digest()
      ? undefined
      : { at, left: `file "${left.path}"`, right: `file "${right.path}"` };
  },
  reference: async (value) =>
    JSON.stringify([value.path, await value.digest()]),
  save: () => Promise.resolve({}),
  async load(reference) {
    const [path, digest] = readReference(reference);
    const value = new FileValue(path);
    if (await value.digest() !== digest) {
      throw new DataError(`Cannot use "${path}" as it changed`, {
        expected: "the content that it had when the value was saved",
      });
    }
    return value;
  },
};

function readReference(reference: string): [string, string] {
  let json: unknown;
  try {
    json = JSON.parse(reference);
  } catch {
    json = undefined;
  }
  if (
    Array.isArray(json) && typeof json[0] === "string" &&
    typeof json[1] === "string"
  ) return [json[0], json[1]];
  throw new DataError("Cannot read a reference to a file", {
    actual: reference.slice(0, 100),
  });
}
