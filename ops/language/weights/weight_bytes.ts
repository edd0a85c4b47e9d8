/**
 * How large weights are.
 *
 * @module
 */

import type { DType } from "../../../runtime/tensor/mod.ts";
import type { Weight } from "./weight.ts";

/**
 * Bytes that weights take on a device.
 *
 * @param weights The weights.
 * @returns The bytes of their parts.
 */
export function weightBytes(weights: readonly Weight[]): number {
  let bytes = 0;
  for (const weight of weights) {
    const parts = weight.format === "plain"
      ? [weight.value]
      : Object.values(weight.parts);
    for (const { dtype, size } of parts) bytes += size * BYTES[dtype];
  }
  return bytes;
}

const BYTES: Readonly<Record<DType, number>> = {
  f64: 8,
  f32: 4,
  f16: 2,
  i32: 4,
  u32: 4,
  i8: 1,
  u8: 1,
  bool: 1,
};
