/**
 * How large weights are.
 *
 * @module
 */

import { byteSize } from "../../../runtime/tensor/mod.ts";
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
    for (const { dtype, size } of parts) bytes += size * byteSize(dtype);
  }
  return bytes;
}
