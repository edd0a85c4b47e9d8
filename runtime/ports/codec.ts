/**
 * The codec that all ports share: a value is plain data with leaves (tensors,
 * frames, series, files) anywhere inside. So a model may be a record of tensors
 * and numbers, its digest does not depend on the port that it passed, and all
 * its tensors are one safetensors file.
 *
 * @module
 */

import { DataError } from "../core/errors.ts";
import { type Digest, digestValue } from "../core/hash.ts";
import { decodePlainJson, encodePlainJson } from "../formats/plain_json.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsArray,
} from "../formats/safetensors.ts";
import { findNaN } from "./find_nan.ts";
import { compareValues } from "./compare.ts";
import { leafOf, leafOfKind } from "./leaves/all.ts";
import type { LeafSource } from "./leaves/leaf.ts";
import type { Codec, LoadedValue, Part, SavedValue } from "./port.ts";
import { byteSizeOf, holdingsOf, leavesIn } from "./size.ts";
import { kindOf } from "./problem.ts";

/** The name of the part that holds plain data, or a long skeleton. */
const PLAIN_PART = "value";

/** The name of the part that holds the tensors. */
const TENSOR_PART = "tensors";

/** Longer skeletons become a part, so that a store's records stay small. */
const MAX_SKELETON = 4096;

/** Longest text that a description shows. */
const MAX_DESCRIPTION = 60;

/**
 * The codec for any value.
 *
 * @returns The codec, typed for the values of one port.
 */
export function codecFor<T>(): Codec<T> {
  return valueCodec as Codec<T>;
}

/** The codec for values of any type. */
export const valueCodec: Codec<unknown> = {
  digest,
  version,
  save,
  load,
  describe,
  byteSize: byteSizeOf,
  holdings: holdingsOf,
  isPending,
  findNaN: (value) => findNaN(value),
  rows,
  truncate,
  compare: (left, right) => compareValues(left, right, "value"),
};

function digest(value: unknown): Digest | Promise<Digest> {
  const leaf = leafOf(value);
  if (leaf !== undefined) return leaf.digest(value as object);
  const found = new Map<object, Digest | Promise<Digest>>();
  const plain = digestValue(value, (inner) => {
    const innerLeaf = leafOf(inner);
    if (innerLeaf === undefined) return undefined;
    if (!found.has(inner)) found.set(inner, innerLeaf.digest(inner));
    return "";
  });
  if (found.size === 0) return plain;
  return Promise.all(
    Array.from(found, async ([inner, known]) => [inner, await known] as const),
  ).then((known) => {
    const digests = new Map(known);
    return digestValue(value, (inner) => digests.get(inner));
  });
}

function version(value: unknown): Digest | undefined {
  const leaf = leafOf(value);
  if (leaf !== undefined) return leaf.version(value as object);
  let isKnown = true;
  const found = digestValue(value, (inner) => {
    const innerLeaf = leafOf(inner);
    if (innerLeaf === undefined) return undefined;
    const known = isKnown ? innerLeaf.version(inner) : undefined;
    if (known === undefined) isKnown = false;
    return known ?? "";
  });
  return isKnown ? found : undefined;
}

async function save(value: unknown): Promise<SavedValue> {
  const names = new Map<object, string>();
  const taken = new Set<string>();
  encodePlainJson(value, {
    reference(inner, path) {
      if (leafOf(inner) === undefined) return undefined;
      if (!names.has(inner)) {
        const name = freeName(path.join(".") || "value", taken);
        taken.add(name);
        names.set(inner, name);
      }
      return "";
    },
  });
  const references = new Map<object, string>();
  const arrays: SafetensorsArray[] = [];
  const parts: Part[] = [];
  for (const [inner, name] of names) {
    const leaf = leafOf(inner);
    if (leaf === undefined) continue;
    const reference = await leaf.reference(inner, name);
    references.set(inner, `${leaf.kind}:${reference}`);
    const { array, part } = await leaf.save(inner, name);
    if (array !== undefined) arrays.push(array);
    if (part !== undefined) parts.push(part);
  }
  if (arrays.length > 0) {
    parts.push({
      name: freeName(TENSOR_PART, new Set(parts.map((part) => part.name))),
      format: "safetensors",
      chunks: encodeSafetensors(arrays),
    });
  }
  const skeleton = encodePlainJson(value, {
    reference: (inner) => references.get(inner),
  });
  if (names.size > 0 && skeleton.length <= MAX_SKELETON) {
    return { skeleton, parts };
  }
  parts.push({
    name: freeName(PLAIN_PART, new Set(parts.map((part) => part.name))),
    format: "json",
    chunks: [new TextEncoder().encode(skeleton)],
  });
  return { parts };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let copy = 2;; copy++) {
    if (!taken.has(`${name}.${copy}`)) return `${name}.${copy}`;
  }
}

async function load({ skeleton, parts }: LoadedValue): Promise<unknown> {
  const text = skeleton ?? plainText(parts);
  const references = new Set<string>();
  const plain = decodePlainJson(text, (reference) => {
    references.add(reference);
  });
  if (references.size === 0) return plain;
  const source = sourceOf(parts);
  const values = new Map<string, object>();
  for (const reference of references) {
    const colon = reference.indexOf(":");
    const leaf = leafOfKind(reference.slice(0, colon));
    if (leaf === undefined) {
      throw new DataError("Cannot load a saved value", {
        actual: `a reference to "${reference.slice(0, 100)}"`,
      });
    }
    values.set(
      reference,
      await leaf.load(reference.slice(colon + 1), source),
    );
  }
  return decodePlainJson(text, (reference) => values.get(reference));
}

function plainText(parts: LoadedValue["parts"]): string {
  const part = parts.find(({ format }) => format === "json");
  if (part === undefined) throw missing("a skeleton or a part of plain data");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(part.bytes);
  } catch (error) {
    throw new DataError("Cannot load a saved value", {
      expected: "JSON in UTF-8",
      cause: error,
    });
  }
}

function sourceOf(parts: LoadedValue["parts"]): LeafSource {
  let arrays: Map<string, SafetensorsArray> | undefined;
  return {
    array(name) {
      if (arrays === undefined) {
        const part = parts.find(({ format }) => format === "safetensors");
        if (part === undefined) throw missing("a part with tensors");
        arrays = decodeSafetensors(part.bytes);
      }
      const array = arrays.get(name);
      if (array === undefined) throw missing(`the array "${name}"`);
      return array;
    },
    bytes(name) {
      const part = parts.find((each) => each.name === name);
      if (part === undefined) throw missing(`the part "${name}"`);
      return part.bytes;
    },
  };
}

function missing(what: string): DataError {
  return new DataError("Cannot load a saved value", {
    expected: what,
    actual: "nothing of that name",
  });
}

function describe(value: unknown): string {
  const leaf = leafOf(value);
  if (leaf !== undefined) return leaf.describe(value as object);
  if (typeof value === "string") {
    return `text ${JSON.stringify(shorten(value))}`;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    return `number ${value}`;
  }
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    return value.length === 0
      ? "empty list"
      : `list of ${value.length}, first ${shorten(describe(value[0]))}`;
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  }
  if (value instanceof Map) return `map of ${value.size}`;
  if (value instanceof Set) return `set of ${value.size}`;
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name} of ${value.byteLength} bytes`;
  }
  const keys = Object.keys(value);
  const names = shorten(keys.join(", "));
  return kindOf(value) === "an object" ? `record {${names}}` : kindOf(value);
}

function shorten(text: string): string {
  return text.length <= MAX_DESCRIPTION
    ? text
    : `${text.slice(0, MAX_DESCRIPTION - 1)}…`;
}

function isPending(value: unknown): boolean {
  for (const [leaf, inner] of leavesIn(value)) {
    if (leaf.isPending(inner)) return true;
  }
  return false;
}

function rows(value: unknown): number | undefined {
  const leaf = leafOf(value);
  if (leaf !== undefined) return leaf.rows(value as object);
  if (Array.isArray(value)) return value.length;
  if (isTypedArray(value)) return value.length;
  return undefined;
}

function truncate(value: unknown, count: number): unknown {
  const leaf = leafOf(value);
  if (leaf !== undefined) return leaf.truncate(value as object, count);
  if (Array.isArray(value)) return value.slice(0, count);
  if (isTypedArray(value)) return value.slice(0, count);
  return value;
}

function isTypedArray(value: unknown): value is Float64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
