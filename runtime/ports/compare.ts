/**
 * Finds the first place where two values differ.
 *
 * @module
 */

import { encodePlainJson } from "../formats/plain_json.ts";
import { leafOf } from "./leaves/all.ts";
import type { Difference } from "./port.ts";
import { kindOf } from "./problem.ts";

/**
 * Compares two values with all that is inside them.
 *
 * @param left One value.
 * @param right The other.
 * @param at The place of the values; `value` for the outermost.
 * @returns The first difference, or `undefined`. NaN equals NaN, 0 equals -0,
 * and a key whose value is `undefined` counts as absent.
 */
export async function compareValues(
  left: unknown,
  right: unknown,
  at: string,
): Promise<Difference | undefined> {
  const leaf = leafOf(left);
  if (leaf !== undefined) {
    return leafOf(right) === leaf
      ? await leaf.compare(left as object, right as object, at)
      : { at, left: leaf.kind, right: kindOf(right) };
  }
  if (left === right || (Number.isNaN(left) && Number.isNaN(right))) {
    return undefined;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return await compareLists(left, right, at);
  }
  if (isRecord(left) && isRecord(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    for (const name of names) {
      const inner = at === "value" ? name : `${at}.${name}`;
      const difference = await compareValues(left[name], right[name], inner);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (left instanceof Map && right instanceof Map) {
    return await compareLists([...left], [...right], at);
  }
  if (left instanceof Set && right instanceof Set) {
    return await compareLists([...left], [...right], at);
  }
  const [a, b] = [text(left), text(right)];
  return a === b ? undefined : { at, left: a, right: b };
}

async function compareLists(
  left: readonly unknown[],
  right: readonly unknown[],
  at: string,
): Promise<Difference | undefined> {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const inner = `${at === "value" ? "" : at}[${index}]`;
    const difference = await compareValues(left[index], right[index], inner);
    if (difference !== undefined) return difference;
  }
  return left.length === right.length ? undefined : {
    at,
    left: `${left.length} elements`,
    right: `${right.length} elements`,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function text(value: unknown): string {
  return typeof value === "object" && value !== null && leafOf(value) ||
      typeof value === "function" || typeof value === "symbol"
    ? kindOf(value)
    : encodePlainJson(value);
}
