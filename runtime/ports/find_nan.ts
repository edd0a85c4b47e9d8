/**
 * Finds NaN anywhere inside a value.
 *
 * @module
 */

import { leafOf } from "./leaves/all.ts";

/** Something inside a value, and where it is: `layers[0].w`. */
type Placed = readonly [value: unknown, at: string];

/**
 * Looks for NaN; computes lazy tensors.
 *
 * @param value Any value.
 * @returns The place of a NaN, or `undefined` when there is none. Of a bare
 * number it is `value`.
 */
export async function findNaN(value: unknown): Promise<string | undefined> {
  const seen = new Set<object>();
  const pending: Placed[] = [[value, ""]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [inner, at] = next;
    if (Number.isNaN(inner)) return at === "" ? "value" : at;
    if (typeof inner !== "object" || inner === null || seen.has(inner)) {
      continue;
    }
    seen.add(inner);
    const leaf = leafOf(inner);
    if (leaf === undefined) pending.push(...partsOf(inner, at).reverse());
    else {
      const found = await leaf.findNaN(inner, at);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function partsOf(value: object, at: string): Placed[] {
  const list = listOf(value);
  if (list !== undefined) {
    return list.map((inner, index): Placed => [inner, `${at}[${index}]`]);
  }
  if (value instanceof ArrayBuffer || value instanceof DataView) return [];
  return Object.entries(value).map(([key, inner]): Placed => [
    inner,
    at === "" ? key : `${at}.${key}`,
  ]);
}

function listOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Set || value instanceof Map) return [...value];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as Float64Array);
  }
  return undefined;
}
