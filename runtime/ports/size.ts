/**
 * What is inside a value: how much memory it takes, and its leaves.
 *
 * @module
 */

import { leafOf } from "./leaves/all.ts";
import type { Leaf } from "./leaves/leaf.ts";
import type { Holding } from "./port.ts";

/** Bytes that an engine spends on a list, object, date, map, set. */
const OBJECT_BYTES = 32;

/**
 * Estimates the bytes that a value takes, or would take once computed. Plain
 * data count as the engine is likely to hold them.
 *
 * @param value Any value; cycles are counted once.
 * @returns The bytes.
 */
export function byteSizeOf(value: unknown): number {
  let bytes = 0;
  walk(value, (inner) => {
    if (typeof inner === "string") bytes += OBJECT_BYTES + 2 * inner.length;
    else if (typeof inner !== "object" || inner === null) bytes += 8;
    else {
      const leaf = leafOf(inner);
      if (leaf !== undefined) bytes += leaf.byteSize(inner);
      else bytes += OBJECT_BYTES + bufferBytes(inner);
    }
  });
  return bytes;
}

/**
 * What a value keeps alive in memory.
 *
 * @param value Any value.
 * @returns Things with their bytes; plain data are one thing.
 */
export function holdingsOf(value: unknown): Holding[] {
  const holdings: Holding[] = [];
  let plain = byteSizeOf(value);
  for (const [leaf, inner] of leavesIn(value)) {
    plain -= leaf.byteSize(inner);
    holdings.push(...leaf.holdings(inner));
  }
  if (plain > 0) holdings.push([{}, plain]);
  return holdings;
}

/**
 * The leaves inside a value.
 *
 * @param value Any value.
 * @returns Each leaf once, with how it is handled.
 */
export function leavesIn(value: unknown): [Leaf<object>, object][] {
  const leaves: [Leaf<object>, object][] = [];
  walk(value, (inner) => {
    const leaf = leafOf(inner);
    if (leaf !== undefined) leaves.push([leaf, inner as object]);
  });
  return leaves;
}

function bufferBytes(value: object): number {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer
    ? value.byteLength
    : 0;
}

/** Visits a value and all that is inside it, each object once. */
function walk(value: unknown, visit: (inner: unknown) => void): void {
  const seen = new Set<object>();
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== "object" || next === null) {
      visit(next);
      continue;
    }
    if (seen.has(next)) continue;
    seen.add(next);
    visit(next);
    for (const inner of childrenOf(next)) pending.push(inner);
  }
}

function childrenOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value].flat();
  const isPlain = leafOf(value) === undefined && !ArrayBuffer.isView(value) &&
    !(value instanceof ArrayBuffer);
  return isPlain ? Object.values(value) : [];
}
