/**
 * What the tests of this folder share.
 *
 * @module
 */

import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/**
 * An f64 series of numbers.
 *
 * @param values The numbers.
 * @returns A tensor of shape [t].
 */
export function series(values: ArrayLike<number>): F64 {
  return wf.tensor(Float64Array.from(values));
}

/**
 * Asserts that numbers agree to a relative tolerance, NaN with NaN.
 *
 * @param actual What came.
 * @param expected What is right.
 * @param tolerance Allowed |actual − expected| / |expected|; absolute at 0.
 * @param what Named in the message.
 */
export function assertClose(
  actual: ArrayLike<number> | number,
  expected: ArrayLike<number> | number,
  tolerance: number,
  what = "value",
): void {
  const left = typeof actual === "number" ? [actual] : Array.from(actual);
  const right = typeof expected === "number"
    ? [expected]
    : Array.from(expected);
  assert.equal(left.length, right.length, `${what}: lengths differ`);
  left.forEach((value, index) => {
    const target = right[index] as number;
    const allowed = tolerance * (target === 0 ? 1 : Math.abs(target));
    const equal = Number.isNaN(target)
      ? Number.isNaN(value)
      : Math.abs(value - target) <= allowed;
    assert.ok(equal, `${what} [${index}]: ${value} is not ${target}`);
  });
}

/**
 * Standard normal numbers from a small generator of its own (mulberry32 and
 * Box-Muller), so that simulations in tests never change.
 *
 * @param seed Any whole number.
 * @returns A function that gives the next number.
 */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/**
 * The daily DEM/GBP returns of the GARCH benchmark, in per cent.
 *
 * @returns The series, or undefined if fixtures/reference/fetch_dem2gbp.py has
 * not brought it.
 */
export function markPound(): number[] | undefined {
  const path = new URL("../../.cache/dem2gbp.json", import.meta.url);
  try {
    return JSON.parse(Deno.readTextFileSync(path)) as number[];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
