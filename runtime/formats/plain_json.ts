/**
 * JSON that keeps what JSON loses: NaN, infinities, -0, dates, bigints, maps,
 * sets, `undefined` inside lists, and typed arrays, all to the bit. Everything
 * else is written as ordinary JSON.
 *
 * What JSON has no form for is an object with one key that begins with `$`:
 *
 * | value            | written as                                  |
 * | ---------------- | ------------------------------------------- |
 * | NaN, ±Infinity, -0 | `{"$number": "NaN"}` …                    |
 * | bigint           | `{"$bigint": "12"}`                         |
 * | Date             | `{"$date": "2020-01-31T00:00:00.000Z"}`     |
 * | Map, Set         | `{"$map": [[key, value]]}`, `{"$set": []}`  |
 * | undefined        | `{"$undefined": true}` (keys are dropped)   |
 * | typed array      | `{"$bytes": ["Float64Array", "base64…"]}`   |
 * | a reference      | `{"$reference": "name"}`                    |
 *
 * A key of the user's own that begins with `$` is written with one `$` more.
 * The same value always gives the same text; the order of keys is kept.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { DataError, UnhashableValueError } from "../core/errors.ts";

/** Deepest nesting that is written or read. */
export const MAX_DEPTH = 500;

/** How values that are not plain data are written and read. */
export interface PlainJsonOptions {
  /**
   * Asked first for every object that is written: the name of the reference
   * that stands for it, or `undefined` for plain data.
   */
  readonly reference?: (
    value: object,
    path: readonly (string | number)[],
  ) => string | undefined;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Writes plain data as JSON text.
 *
 * @param value null, undefined, booleans, numbers, bigints, strings, dates,
 * arrays, maps, sets, plain objects, array buffers, typed arrays, to any depth.
 * @param options How other objects are written.
 * @returns The text.
 * @throws {UnhashableValueError} For functions, symbols, cycles, instances of
 * classes and nesting over {@linkcode MAX_DEPTH}; the message names the path.
 */
export function encodePlainJson(
  value: unknown,
  options: PlainJsonOptions = {},
): string {
  return JSON.stringify(toJson(value, [], new Set(), options));
}

function toJson(
  value: unknown,
  path: (string | number)[],
  open: Set<object>,
  options: PlainJsonOptions,
): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: true };
    case "object":
      return value === null ? null : objectToJson(value, path, open, options);
    default:
      throw unwritable(`a ${typeof value}`, path);
  }
}

function objectToJson(
  value: object,
  path: (string | number)[],
  open: Set<object>,
  options: PlainJsonOptions,
): Json {
  const reference = options.reference?.(value, path);
  if (reference !== undefined) return { $reference: reference };
  if (value instanceof Date) {
    const time = value.getTime();
    return { $date: Number.isNaN(time) ? null : value.toISOString() };
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return bytesToJson(value, path);
  }
  if (open.has(value)) throw unwritable("a cycle", path);
  if (path.length >= MAX_DEPTH) {
    throw unwritable(`nested more than ${MAX_DEPTH} deep`, path);
  }
  open.add(value);
  const child = (key: string | number, inner: unknown): Json => {
    path.push(key);
    const json = toJson(inner, path, open, options);
    path.pop();
    return json;
  };
  let json: Json;
  if (Array.isArray(value)) {
    json = Array.from(value, (inner, index) => child(index, inner));
  } else if (value instanceof Map) {
    json = {
      $map: Array.from(value, ([key, inner], index): Json => [
        child(index, key),
        child(index, inner),
      ]),
    };
  } else if (value instanceof Set) {
    json = { $set: Array.from(value, (inner, index) => child(index, inner)) };
  } else {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      const name = value.constructor?.name ?? "unknown";
      throw unwritable(`an instance of "${name}"`, path);
    }
    json = Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([key, inner]) => [
          key.startsWith("$") ? `$${key}` : key,
          child(key, inner),
        ]),
    );
  }
  open.delete(value);
  return json;
}

const VIEWS = new Map<
  string,
  { readonly unit: number; readonly make: (bytes: ArrayBuffer) => object }
>([
  ["ArrayBuffer", { unit: 1, make: (bytes) => bytes }],
  ["DataView", { unit: 1, make: (bytes) => new DataView(bytes) }],
  ...[
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float16Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((View) =>
    [View.name, {
      unit: View.BYTES_PER_ELEMENT,
      make: (bytes: ArrayBuffer): object => new View(bytes),
    }] as const
  ),
]);

function bytesToJson(
  value: ArrayBufferView | ArrayBuffer,
  path: readonly (string | number)[],
): Json {
  const name = value.constructor.name;
  if (!VIEWS.has(name)) throw unwritable(`an instance of "${name}"`, path);
  const bytes = value instanceof ArrayBuffer
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { $bytes: [name, bytes.toString("base64")] };
}

/**
 * Reads what {@linkcode encodePlainJson} wrote.
 *
 * @param text The text; it may come from an untrusted file.
 * @param resolve Gives the value of a reference; without it every reference is
 * an error.
 * @returns The value.
 * @throws {DataError} When the text is not JSON, or not of this form.
 */
export function decodePlainJson(
  text: string,
  resolve: (reference: string) => unknown = refuseReference,
): unknown {
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataError("Cannot read plain data as JSON", { cause: error });
  }
  return fromJson(json, 0, resolve);
}

function refuseReference(name: string): never {
  throw malformed(`a reference to "${name}" outside a saved value`);
}

function fromJson(
  json: Json,
  depth: number,
  resolve: (reference: string) => unknown,
): unknown {
  if (json === null || typeof json !== "object") return json;
  if (depth > MAX_DEPTH) {
    throw malformed(`nesting more than ${MAX_DEPTH} deep`);
  }
  if (Array.isArray(json)) {
    return json.map((inner) => fromJson(inner, depth + 1, resolve));
  }
  const entries = Object.entries(json);
  const first = entries[0];
  if (first !== undefined && isTag(first[0])) {
    if (entries.length !== 1) {
      throw malformed(`other keys beside "${first[0]}"`);
    }
    return fromTag(first[0], first[1], depth, resolve);
  }
  return Object.fromEntries(entries.map(([key, inner]) => {
    if (isTag(key)) throw malformed(`other keys beside "${key}"`);
    return [
      key.startsWith("$$") ? key.slice(1) : key,
      fromJson(inner, depth + 1, resolve),
    ];
  }));
}

function isTag(key: string): boolean {
  return key.startsWith("$") && !key.startsWith("$$");
}

const ODD_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

function fromTag(
  tag: string,
  json: Json,
  depth: number,
  resolve: (reference: string) => unknown,
): unknown {
  const inner = (value: Json) => fromJson(value, depth + 1, resolve);
  switch (tag) {
    case "$number": {
      const number = ODD_NUMBERS.get(json);
      if (number !== undefined) return number;
      break;
    }
    case "$bigint":
      if (typeof json === "string" && /^-?[0-9]+$/.test(json)) {
        return BigInt(json);
      }
      break;
    case "$date": {
      if (json === null) return new Date(NaN);
      const date = typeof json === "string" ? new Date(json) : undefined;
      if (date !== undefined && !Number.isNaN(date.getTime())) return date;
      break;
    }
    case "$undefined":
      if (json === true) return undefined;
      break;
    case "$reference":
      if (typeof json === "string") return resolve(json);
      break;
    case "$set":
      if (Array.isArray(json)) return new Set(json.map(inner));
      break;
    case "$map":
      if (Array.isArray(json)) {
        return new Map(json.map((entry): [unknown, unknown] => {
          if (!Array.isArray(entry) || entry.length !== 2) {
            throw malformed("a map entry that is no pair");
          }
          return [inner(entry[0] ?? null), inner(entry[1] ?? null)];
        }));
      }
      break;
    case "$bytes": {
      const bytes = bytesFromJson(json);
      if (bytes !== undefined) return bytes;
      break;
    }
  }
  throw malformed(`"${tag}" with ${JSON.stringify(json).slice(0, 60)}`);
}

function bytesFromJson(json: Json): object | undefined {
  if (!Array.isArray(json) || json.length !== 2) return undefined;
  const [name, text] = json;
  if (typeof name !== "string" || typeof text !== "string") return undefined;
  const view = VIEWS.get(name);
  if (view === undefined) return undefined;
  const decoded = Buffer.from(text, "base64");
  if (
    decoded.toString("base64") !== text || decoded.length % view.unit !== 0
  ) return undefined;
  // A copy, as small buffers share one pool at offsets that are not aligned
  return view.make(new Uint8Array(decoded).buffer);
}

function malformed(what: string): DataError {
  return new DataError("Cannot read plain data", { actual: what });
}

function unwritable(
  what: string,
  path: readonly (string | number)[],
): UnhashableValueError {
  let where = "value";
  for (const key of path) {
    where += typeof key === "number" ? `[${key}]` : `.${key}`;
  }
  if (where.length > 200) where = `${where.slice(0, 200)}…`;
  return new UnhashableValueError(`Cannot save ${where} as it is ${what}`, {
    expected:
      "plain data: numbers, strings, dates, arrays, maps, sets, plain objects, typed arrays",
    actual: `${what} at "${where}"`,
    hint: "Return plain data, tensors or frames",
  });
}
