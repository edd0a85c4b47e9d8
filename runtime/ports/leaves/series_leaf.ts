/**
 * Series of nodejs-polars: recognised by their shape, so that this module does
 * not load polars.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { DataFrame, Series } from "nodejs-polars";
import { DataError, UnhashableValueError } from "../../core/errors.ts";
import { type Digest, digestValue } from "../../core/hash.ts";
import { encodePlainJson } from "../../formats/plain_json.ts";
import type { Difference } from "../port.ts";
import type { Leaf } from "./leaf.ts";

/** Up to this size a version is worth computing without a pause, in bytes. */
export const SYNCHRONOUS_BYTES = 1 << 24;

/** Dtypes of polars whose elements are numbers and need no conversion. */
const NUMERIC = new Set([
  "Int8",
  "Int16",
  "Int32",
  "Int64",
  "UInt8",
  "UInt16",
  "UInt32",
  "UInt64",
  "Float32",
  "Float64",
]);

/** Dtypes of polars that are stored as whole numbers. */
const TEMPORAL = new Set(["Date", "Datetime", "Time", "Duration"]);

/**
 * The name of a series' dtype: `Float64`, `Datetime`, `List`.
 *
 * @param dtype The dtype object of polars.
 * @returns Its name without units.
 */
export function dtypeName(dtype: unknown): string {
  const name = typeof dtype === "object" && dtype !== null
    ? Reflect.get(dtype, "variant")
    : undefined;
  return typeof name === "string" ? name : "unknown";
}

/**
 * The digest of a series' dtype and elements, not of its name. The same data
 * give the same digest however polars has them in memory.
 *
 * @param series The series.
 * @returns The digest.
 * @throws {UnhashableValueError} For a dtype that has no exact values in
 * JavaScript (decimals, objects).
 */
export function digestColumn(series: Series): Digest {
  const name = dtypeName(series.dtype);
  const head = { dtype: String(series.dtype), length: series.length };
  const isWhole = TEMPORAL.has(name) || name === "Bool";
  if (isWhole || NUMERIC.has(name)) {
    const numbers = isWhole ? castTo(series, "Int64") : series;
    if (series.nullCount() === 0) {
      return digestValue({ ...head, values: numbers.toTypedArray() });
    }
    // What lies under a null is left over from earlier work, so it is zeroed
    return digestValue({
      ...head,
      nulls: castTo(series.isNull(), "UInt8").toTypedArray(),
      values: numbers.fillNull("zero").toTypedArray(),
    });
  }
  if (name === "String" || name === "Utf8" || name === "Categorical") {
    return digestValue({ ...head, text: JSON.stringify(series.toArray()) });
  }
  if (name === "Null") return digestValue(head);
  if (name === "List" || name === "FixedSizeList" || name === "Struct") {
    return digestValue({ ...head, values: series.toArray() });
  }
  throw new UnhashableValueError(
    `Cannot hash the series "${series.name}" as its dtype is "${name}"`,
    { hint: 'Cast it to numbers, dates or strings, for example "pl.Float64"' },
  );
}

/**
 * Casts without loading polars: a dtype's class inherits the others from the
 * class above it.
 */
function castTo(series: Series, dtype: "Int64" | "UInt8"): Series {
  return series.cast(Reflect.get(series.dtype.constructor, dtype));
}

/**
 * The first row in which two series differ.
 *
 * @param left One series.
 * @param right The other.
 * @param at The place of the series.
 * @returns The difference; NaN equals NaN and null equals null.
 */
export function compareColumns(
  left: Series,
  right: Series,
  at: string,
): Difference | undefined {
  const dtypes = [String(left.dtype), String(right.dtype)] as const;
  if (dtypes[0] !== dtypes[1]) {
    return { at, left: dtypes[0], right: dtypes[1] };
  }
  if (left.length !== right.length) {
    return { at, left: `${left.length} rows`, right: `${right.length} rows` };
  }
  if (digestColumn(left) === digestColumn(right)) return undefined;
  const [a, b] = [left.toArray(), right.toArray()];
  for (let row = 0; row < a.length; row++) {
    const [x, y] = [encodePlainJson(a[row]), encodePlainJson(b[row])];
    if (x !== y && !(a[row] === 0 && b[row] === 0)) {
      return { at: `${at}[${row}]`, left: x, right: y };
    }
  }
  return undefined;
}

/**
 * The first NaN of a series.
 *
 * @param series The series.
 * @param at The place of the series.
 * @returns The place of the NaN, or `undefined` when there is none.
 */
export function findColumnNaN(
  series: Series,
  at: string,
): string | undefined {
  if (!dtypeName(series.dtype).startsWith("Float")) return undefined;
  const whole = series.nullCount() > 0 ? series.fillNull("zero") : series;
  const values: Float64Array = whole.toTypedArray();
  const row = values.findIndex((element) => Number.isNaN(element));
  return row === -1 ? undefined : `${at}[${row}]`;
}

/**
 * The bytes of a series in memory, counted from its dtype.
 *
 * @param series The series.
 * @returns The size; texts and nested data count as 32 bytes an element.
 */
export function columnBytes(series: Series): number {
  const name = dtypeName(series.dtype);
  const bits = /(8|16|32|64)$/.exec(name)?.[1];
  const bytes = bits !== undefined
    ? Number(bits) / 8
    : TEMPORAL.has(name)
    ? 8
    : name === "Bool"
    ? 1
    : 32;
  return series.length * bytes;
}

/** Series as leaves. */
export const seriesLeaf: Leaf<Series> = {
  kind: "series",
  is: (value): value is Series => {
    // A polars series has its tag in a function, unlike everything else
    const tag: unknown = Reflect.get(value, Symbol.toStringTag);
    return typeof tag === "function" && tag.call(value) === "Series";
  },
  digest: (value) =>
    digestValue({ name: value.name, column: digestColumn(value) }),
  version: (value) =>
    columnBytes(value) <= SYNCHRONOUS_BYTES
      ? digestValue({ name: value.name, column: digestColumn(value) })
      : undefined,
  describe: (value) =>
    `series "${value.name}" ${dtypeName(value.dtype)}, ${value.length} rows`,
  byteSize: columnBytes,
  holdings: (value) => [[value, columnBytes(value)]],
  isPending: () => false,
  findNaN: (value, at) => Promise.resolve(findColumnNaN(value, at)),
  rows: (value) => value.length,
  truncate: (value, count) => value.head(count),
  compare: (left, right, at) =>
    Promise.resolve(compareColumns(left, right, at)),
  reference: (_value, name) => name,
  async save(value, name) {
    const { default: polars } = await import("nodejs-polars");
    const bytes = polars.DataFrame([value]).writeIPC();
    return { part: { name, format: "arrow", chunks: [bytes] } };
  },
  async load(name, source) {
    const frame = await readArrow(source.bytes(name));
    if (frame.width !== 1) {
      throw new DataError(`Cannot read the series "${name}"`, {
        expected: "one column",
        actual: `${frame.width} columns`,
      });
    }
    return frame.toSeries(0);
  },
};

/**
 * Reads an Arrow IPC file; the only place that loads polars.
 *
 * @param bytes The bytes of the file.
 * @returns The frame.
 * @throws {DataError} When polars cannot read it.
 */
export async function readArrow(bytes: Uint8Array): Promise<DataFrame> {
  const { default: polars } = await import("nodejs-polars");
  try {
    return polars.readIPC(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  } catch (error) {
    throw new DataError("Cannot read an Arrow file", { cause: error });
  }
}
