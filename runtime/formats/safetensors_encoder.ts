/**
 * Writes safetensors files.
 *
 * @module
 */

import { DataError } from "../core/errors.ts";
import {
  byteLength,
  itemBytes,
  LENGTH_BYTES,
  METADATA,
  type SafetensorsArray,
  type SafetensorsInfo,
} from "./safetensors_types.ts";

/**
 * Writes arrays as one safetensors file. Wider dtypes come first, then names in
 * order, so that every array is aligned and equal input gives equal bytes.
 *
 * @param arrays The arrays.
 * @param metadata Texts to write beside them.
 * @returns The bytes of the file, in order; the arrays' own bytes are not
 * copied.
 * @throws {DataError} When names repeat, or bytes do not fit dtype and shape.
 */
export function encodeSafetensors(
  arrays: readonly SafetensorsArray[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer>[] {
  const { head, sorted } = encodeSafetensorsHeader(arrays, metadata);
  for (const array of sorted) checkSafetensorsBytes(array, array.bytes);
  return [
    head,
    ...sorted.map(({ bytes }) => bytes as Uint8Array<ArrayBuffer>),
  ];
}

/**
 * Writes the header of a file whose data are written later.
 *
 * @param arrays What the arrays are.
 * @param metadata Texts to write beside them.
 * @returns The first bytes of the file, and the arrays in the order in which
 * their bytes must follow.
 * @throws {DataError} When names repeat, or a shape cannot be.
 */
export function encodeSafetensorsHeader<Info extends SafetensorsInfo>(
  arrays: readonly Info[],
  metadata: Readonly<Record<string, string>> = {},
): { readonly head: Uint8Array<ArrayBuffer>; readonly sorted: Info[] } {
  const sorted = [...arrays].sort((a, b) =>
    itemBytes(b.dtype) - itemBytes(a.dtype) || (a.name < b.name ? -1 : 1)
  );
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set(METADATA, metadata);
  let offset = 0;
  for (const { name, dtype, shape } of sorted) {
    if (header.has(name) || name === METADATA) {
      throw new DataError(`Cannot write an array as "${name}"`, {
        actual: name === METADATA ? "a reserved name" : "a name used twice",
      });
    }
    const end = offset + byteLength(name, dtype, shape);
    header.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const text = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(header)),
  );
  const padded = Math.ceil(text.length / 8) * 8;
  const head = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(text, LENGTH_BYTES);
  return { head, sorted };
}

/**
 * Refuses bytes that are not as many as an array needs.
 *
 * @param array The array.
 * @param bytes Its bytes.
 * @throws {DataError} When there are more or fewer.
 */
export function checkSafetensorsBytes(
  array: SafetensorsInfo,
  bytes: Uint8Array,
): void {
  const { name, dtype, shape } = array;
  const expected = byteLength(name, dtype, shape);
  if (bytes.byteLength === expected) return;
  throw new DataError(`Cannot write array "${name}"`, {
    expected: `${expected} bytes for ${dtype} [${shape.join(", ")}]`,
    actual: `${bytes.byteLength} bytes`,
  });
}
