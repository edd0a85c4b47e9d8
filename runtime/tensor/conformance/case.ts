/**
 * The conformance suite: what every device must compute, written once. Cases
 * are run inside `withExecution({ device })` by a test of each device.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Tensor } from "../tensor.ts";

/** How results of a device are judged. */
export interface ConformanceOptions {
  /** The float dtype to compute in. */
  readonly dtype: "f64" | "f32";
  /** Largest error, relative to the larger of 1 and the expected size. */
  readonly tolerance: number;
}

/** One rule that every device must keep. */
export interface ConformanceCase {
  /** Symbol and rule, in plain words. */
  readonly name: string;
  /** Throws when the rule is broken. */
  run(options: ConformanceOptions): Promise<void>;
}

/**
 * Compares the elements of a tensor with expected ones.
 *
 * @param tensor The tensor.
 * @param expected The elements, row-major.
 * @param tolerance Largest error, relative to the larger of 1 and the size.
 * @param what Said when they differ.
 */
export async function assertClose(
  tensor: Tensor,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "",
): Promise<void> {
  const actual = await tensor.data();
  assert.equal(actual.length, expected.length, `${what}: number of elements`);
  for (let k = 0; k < actual.length; k++) {
    const [a, e] = [actual[k]!, expected[k]!];
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e);
    assert.ok(
      error <= tolerance * Math.max(1, Math.abs(e)),
      `${what} at ${k}: ${a} is not ${e}`,
    );
  }
}

/**
 * Numbers that look random but are the same in every run.
 *
 * @param count How many.
 * @param low Smallest.
 * @param high Largest.
 * @param seed Which ones.
 * @returns The numbers, exact in f32 so that all dtypes get the same.
 */
export function spreadNumbers(
  count: number,
  low: number,
  high: number,
  seed = 1,
): number[] {
  const golden = 0.6180339887498949;
  return Array.from({ length: count }, (_, k) => {
    const part = ((k + seed * 7.31) * golden) % 1;
    return Math.fround(low + (high - low) * part);
  });
}
