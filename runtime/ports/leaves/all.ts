/**
 * Every kind of leaf that codecs know.
 *
 * @module
 */

import { fileLeaf } from "./file_leaf.ts";
import { frameLeaf } from "./frame_leaf.ts";
import type { Leaf } from "./leaf.ts";
import { seriesLeaf } from "./series_leaf.ts";
import { tensorLeaf } from "./tensor_leaf.ts";

const LEAVES: ReadonlyMap<string, Leaf<object>> = new Map(
  [tensorLeaf, frameLeaf, seriesLeaf, fileLeaf].map((leaf) =>
    [leaf.kind, leaf as Leaf<object>] as const
  ),
);

/**
 * Finds how an object is handled.
 *
 * @param value Anything.
 * @returns Its leaf, or `undefined` for plain data.
 */
export function leafOf(value: unknown): Leaf<object> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const leaf of LEAVES.values()) {
    if (leaf.is(value)) return leaf;
  }
  return undefined;
}

/**
 * Finds a leaf by its kind.
 *
 * @param kind The kind, as a reference in a saved value names it.
 * @returns The leaf, or `undefined` when there is none.
 */
export function leafOfKind(kind: string): Leaf<object> | undefined {
  return LEAVES.get(kind);
}
