/**
 * How much memory a value takes, roughly.
 *
 * @module
 */

import { leafOf } from "./leaves/all.ts";

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
  const seen = new Set<object>();
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === "string") bytes += OBJECT_BYTES + 2 * next.length;
    else if (typeof next !== "object" || next === null) bytes += 8;
    else if (!seen.has(next)) {
      seen.add(next);
      bytes += ownBytes(next, pending);
    }
  }
  return bytes;
}

function ownBytes(value: object, pending: unknown[]): number {
  const leaf = leafOf(value);
  if (leaf !== undefined) return leaf.byteSize(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return OBJECT_BYTES + value.byteLength;
  }
  if (value instanceof Map) {
    for (const entry of value) pending.push(...entry);
  } else {
    const inner = Array.isArray(value) || value instanceof Set
      ? value
      : Object.values(value);
    for (const each of inner) pending.push(each);
  }
  return OBJECT_BYTES;
}
