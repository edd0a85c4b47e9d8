/**
 * Lays parts out in slabs, which are buffers of bounded length.
 *
 * @module
 */

import { ALIGNMENT, type Place } from "./ranges.ts";

/** Parts that lie in slabs. */
export interface Layout {
  /** Where each part lies. */
  readonly places: readonly Place[];
  /** Bytes of each slab. */
  readonly slabs: readonly number[];
}

/**
 * The next multiple of the alignment of places.
 *
 * @param bytes A number of bytes.
 * @returns The multiple.
 */
export function alignedBytes(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Lays parts out one after another.
 *
 * @param parts Bytes of each part.
 * @param limit Bytes of a slab at most, at least those of the longest part.
 * @returns The layout.
 */
export function layInTurn(parts: readonly number[], limit: number): Layout {
  const slabs: number[] = [];
  const places = parts.map((bytes) => {
    const last = slabs.length - 1;
    const offset = last < 0 ? 0 : alignedBytes(slabs[last]!);
    if (last >= 0 && offset + bytes <= limit) {
      slabs[last] = offset + bytes;
      return { slab: last, offset, bytes };
    }
    slabs.push(bytes);
    return { slab: last + 1, offset: 0, bytes };
  });
  return { places, slabs };
}

/**
 * Slabs that hold any one of several layouts.
 *
 * @param layouts The slabs of each.
 * @returns The slabs.
 */
export function commonSlabs(layouts: readonly (readonly number[])[]): number[] {
  const slabs: number[] = [];
  for (const layout of layouts) {
    layout.forEach((bytes, k) => slabs[k] = Math.max(slabs[k] ?? 0, bytes));
  }
  return slabs;
}
