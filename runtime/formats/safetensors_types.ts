/**
 * What safetensors files are made of.
 *
 * @module
 */

import { DataError } from "../core/errors.ts";

/** Bytes of the length at the beginning of a file. */
export const LENGTH_BYTES = 8;

/** The name in the header that stands for texts, not for an array. */
export const METADATA = "__metadata__";

/** Bytes of one element of each dtype that the format knows. */
const ITEM_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};

/** Names of dtypes as the format spells them. */
export type SafetensorsDType =
  | "BOOL"
  | "U8"
  | "I8"
  | "F8_E4M3"
  | "F8_E5M2"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "I32"
  | "U32"
  | "F32"
  | "F64"
  | "I64"
  | "U64";

/**
 * Whether a value names a dtype.
 *
 * @param value The value.
 * @returns Whether it does.
 */
export function isSafetensorsDType(value: unknown): value is SafetensorsDType {
  return typeof value === "string" && Object.hasOwn(ITEM_BYTES, value);
}

/** What one array is. */
export interface SafetensorsInfo {
  /** The name of the array; unique within the file. */
  readonly name: string;
  /** The dtype of its elements. */
  readonly dtype: SafetensorsDType;
  /** Its axis sizes; empty for a scalar. */
  readonly shape: readonly number[];
}

/** One array to write. */
export interface SafetensorsArray extends SafetensorsInfo {
  /** Its elements, row-major and little-endian. */
  readonly bytes: Uint8Array;
}

/**
 * Bytes of one element.
 *
 * @param dtype Its dtype.
 * @returns How many.
 * @throws {DataError} When there is no such dtype.
 */
export function itemBytes(dtype: SafetensorsDType): number {
  const bytes = ITEM_BYTES[dtype];
  if (bytes === undefined) {
    throw new DataError(`Cannot use dtype "${dtype}" in a safetensors file`);
  }
  return bytes;
}

/**
 * Bytes of an array.
 *
 * @param name Its name, for the error.
 * @param dtype The dtype of its elements.
 * @param shape Its axis sizes.
 * @returns How many.
 * @throws {DataError} When there are more than can be counted.
 */
export function byteLength(
  name: string,
  dtype: SafetensorsDType,
  shape: readonly number[],
): number {
  // An empty array is empty however long its other axes
  if (shape.includes(0)) return 0;
  let bytes = itemBytes(dtype);
  for (const size of shape) {
    bytes *= size;
    if (!isSize(bytes)) {
      throw damaged(
        `array "${name.slice(0, 100)}" is too large`,
        `${dtype} [${shape.join(", ")}]`,
      );
    }
  }
  return bytes;
}

/**
 * Whether a value can count something.
 *
 * @param value The value.
 * @returns Whether it is a whole number that is not negative, and exact.
 */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * The error for a file that cannot be.
 *
 * @param what What cannot be.
 * @param actual What was found.
 * @returns The error.
 */
export function damaged(what: string, actual: string): DataError {
  return new DataError(`Cannot read a safetensors file as ${what}`, {
    actual,
    hint: "The file is damaged or was cut off; fetch or write it again",
  });
}
