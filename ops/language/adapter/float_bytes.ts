/**
 * Floats as the bytes of files, and back.
 *
 * @module
 */

import { DTypeError } from "../../../runtime/core/errors.ts";
import type { SafetensorsDType } from "../../../runtime/formats/safetensors.ts";

/** How an adapter's numbers can be stored. */
export type StoredFloat = "f32" | "f16" | "bf16";

/**
 * Bytes of floats.
 *
 * @param values The floats.
 * @param dtype How they are stored; halves are rounded to the nearest, ties to even.
 * @returns The bytes, little-endian, and the dtype as safetensors spells it.
 */
export function floatBytes(
  values: Float32Array<ArrayBuffer>,
  dtype: StoredFloat,
): { readonly dtype: SafetensorsDType; readonly bytes: Uint8Array } {
  if (dtype === "f32") return { dtype: "F32", bytes: bytesOf(values) };
  if (dtype === "f16") {
    return { dtype: "F16", bytes: bytesOf(Float16Array.from(values)) };
  }
  const words = new Uint32Array(
    values.buffer,
    values.byteOffset,
    values.length,
  );
  const halves = Uint16Array.from(words, (word) => {
    // NaN keeps a bit, or it would become infinity.
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
  return { dtype: "BF16", bytes: bytesOf(halves) };
}

function bytesOf(array: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * Floats from bytes.
 *
 * @param dtype The dtype, as safetensors spells it.
 * @param bytes The bytes, little-endian.
 * @returns The floats; copied.
 * @throws {DTypeError} When they are no floats of 16 or 32 bits.
 */
export function floatsFrom(
  dtype: SafetensorsDType,
  bytes: Uint8Array,
): Float32Array<ArrayBuffer> {
  const own = bytes.slice().buffer;
  switch (dtype) {
    case "F32":
      return new Float32Array(own);
    case "F16":
      return Float32Array.from(new Float16Array(own));
    case "BF16": {
      const words = Uint32Array.from(
        new Uint16Array(own),
        (half) => half << 16,
      );
      return new Float32Array(words.buffer);
    }
    default:
      throw new DTypeError(`Cannot read numbers of dtype "${dtype}"`, {
        expected: '"F32", "F16" or "BF16"',
        actual: `"${dtype}"`,
      });
  }
}
