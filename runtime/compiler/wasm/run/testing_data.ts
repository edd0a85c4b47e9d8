/**
 * Data for tests of programs.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  allocate,
  type DType,
  isFloatDType,
  type TypedArray,
} from "../../../device/dtypes.ts";

/** Options of runs that nobody watches. */
export const QUIET = { blame: (): undefined => undefined };

/**
 * Numbers between -0.5 and 0.5, or whole ones between 0 and 64.
 *
 * @param size How many.
 * @param dtype Their dtype.
 * @param seed Other seeds give other numbers.
 * @returns The numbers.
 */
export function testData(
  size: number,
  dtype: DType = "f32",
  seed = 1,
): TypedArray {
  const array = allocate(dtype, size);
  const isFloat = isFloatDType(dtype);
  for (let k = 0; k < size; k++) {
    const value = (k * 37 + seed * 11) % 64;
    array[k] = isFloat ? (value - 32) / 64 : value;
  }
  return array;
}

/**
 * Compares numbers that may be rounded differently.
 *
 * @param actual What came.
 * @param expected What should have come.
 */
export function assertClose(actual: TypedArray, expected: TypedArray): void {
  assert.equal(actual.constructor, expected.constructor);
  assert.equal(actual.length, expected.length);
  let largest = 0;
  for (const value of expected) largest = Math.max(largest, Math.abs(value));
  for (let k = 0; k < expected.length; k++) {
    const error = Math.abs(actual[k]! - expected[k]!);
    assert.ok(error <= 1e-5 * largest, `element ${k}: ${actual[k]}`);
  }
}
