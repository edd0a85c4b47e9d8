/**
 * Content digests: SHA-256 over one canonical byte form of plain data. What
 * has no such form is an error that names the path inside the value; a random
 * key is never made up.
 *
 * @module
 */

import { createHash, hash } from "node:crypto";
import { UnhashableValueError } from "./errors.ts";

/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
export type Digest = string;

/**
 * Changes of it invalidate every stored result: raised when the numbers that
 * existing ops give change for a reason outside the ops themselves.
 */
export const NUMERICS_EPOCH = 5;

/**
 * Digest of raw bytes.
 *
 * @param bytes The bytes.
 * @returns Their SHA-256.
 */
export function digestBytes(bytes: Uint8Array): Digest {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Digest of a text.
 *
 * @param text The text, hashed as UTF-8.
 * @returns Its SHA-256.
 */
export function digestText(text: string): Digest {
  return hash("sha256", text, "hex");
}

/** Lets a caller give digests for values that are not plain data. */
export type DigestHook = (value: object) => Digest | undefined;

/**
 * Digest of plain data: null, undefined, booleans, numbers, bigints, strings,
 * dates, arrays, maps, sets, plain objects, array buffers and typed arrays, to
 * any depth. `-0` equals `0`; all NaNs are one; the order of object keys does
 * not matter, the order of map and set entries does. A key whose value is
 * `undefined` counts as absent.
 *
 * @param value The value.
 * @param hook Asked first for every object; a digest it returns stands for it.
 * @returns The SHA-256 of its canonical form.
 * @throws {UnhashableValueError} For functions, symbols, cycles and instances
 * of classes; the message names the path inside the value.
 *
 * @example
 * ```ts
 * import { digestValue } from "@weft/weft";
 *
 * console.log(digestValue({ a: 1, b: [2] }) === digestValue({ b: [2], a: 1 })); // true
 * ```
 */
export function digestValue(value: unknown, hook?: DigestHook): Digest {
  const parts: string[] = [];
  write(value, [], new Set(), parts, hook);
  return digestText(parts.join(""));
}

function write(
  value: unknown,
  path: (string | number)[],
  open: Set<object>,
  parts: string[],
  hook: DigestHook | undefined,
): void {
  switch (typeof value) {
    case "undefined":
      parts.push("u;");
      return;
    case "boolean":
      parts.push(value ? "t;" : "f;");
      return;
    case "number":
      parts.push(`n${value};`); // Template text of -0 is "0" and of any NaN "NaN"
      return;
    case "bigint":
      parts.push(`i${value};`);
      return;
    case "string":
      parts.push(textForm(value));
      return;
    case "object":
      if (value === null) parts.push("0;");
      else writeObject(value, path, open, parts, hook);
      return;
    default:
      throw unhashable(`a ${typeof value}`, path);
  }
}

function writeObject(
  value: object,
  path: (string | number)[],
  open: Set<object>,
  parts: string[],
  hook: DigestHook | undefined,
): void {
  const given = hook?.(value);
  if (given !== undefined) {
    parts.push(`d${given}`);
    return;
  }
  if (value instanceof Date) {
    parts.push(`D${value.getTime()};`);
    return;
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(
      value.buffer,
      value.byteOffset,
      value.byteLength,
    );
    parts.push(`b${value.constructor.name}:${digestBytes(bytes)}`);
    return;
  }
  if (value instanceof ArrayBuffer) {
    parts.push(`bArrayBuffer:${digestBytes(new Uint8Array(value))}`);
    return;
  }
  if (open.has(value)) throw unhashable("a cycle", path);
  open.add(value);
  const child = (key: string | number, inner: unknown) => {
    path.push(key);
    write(inner, path, open, parts, hook);
    path.pop();
  };
  if (Array.isArray(value)) {
    parts.push(`a${value.length}:`);
    for (let index = 0; index < value.length; index++) {
      child(index, value[index]);
    }
  } else if (value instanceof Map) {
    parts.push(`m${value.size}:`);
    let index = 0;
    for (const [key, inner] of value) {
      child(index, key);
      child(index, inner);
      index++;
    }
  } else if (value instanceof Set) {
    parts.push(`S${value.size}:`);
    let index = 0;
    for (const inner of value) child(index++, inner);
  } else {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw unhashable(
        `an instance of "${value.constructor?.name ?? "unknown"}"`,
        path,
      );
    }
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => a < b ? -1 : 1);
    parts.push(`o${entries.length}:`);
    for (const [key, inner] of entries) {
      parts.push(textForm(key));
      child(key, inner);
    }
  }
  open.delete(value);
}

/** UTF-8 has one form for all lone surrogates, so they are escaped. */
function textForm(text: string): string {
  return text.isWellFormed()
    ? `s${text.length}:${text}`
    : `w${JSON.stringify(text)}`;
}

function unhashable(
  what: string,
  path: readonly (string | number)[],
): UnhashableValueError {
  let where = "value";
  for (const key of path) {
    where += typeof key === "number" ? `[${key}]` : `.${key}`;
  }
  return new UnhashableValueError(
    `Cannot hash ${where} as it is ${what}`,
    {
      expected:
        "plain data: numbers, strings, dates, arrays, maps, sets, plain objects, typed arrays",
      actual: `${what} at "${where}"`,
      hint: "Pass plain data, or give the port a codec that can digest it",
    },
  );
}
