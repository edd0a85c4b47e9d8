/**
 * Checks of shapes that network functions share.
 *
 * @module
 */

import type { Shape } from "../../device/shapes.ts";

/**
 * Whether a shape broadcasts to another one, which stays as it is.
 *
 * @param shape The shape.
 * @param full The other.
 * @returns True when each length is equal or 1, aligned at the last axis.
 */
export function broadcastsTo(shape: Shape, full: Shape): boolean {
  const missing = full.length - shape.length;
  return missing >= 0 &&
    shape.every((length, k) => length === 1 || length === full[k + missing]);
}
