/**
 * Help for the tests of this family.
 *
 * @module
 */

import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/** Asserts that a number is near another one. */
export function close(
  actual: number | undefined,
  expected: number | undefined,
  tolerance: number,
): void {
  assert.ok(
    Math.abs((actual ?? NaN) - (expected ?? NaN)) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

/** Asserts that all entries are near others. */
export function allClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  assert.equal(actual.length, expected.length);
  for (let row = 0; row < actual.length; row += 1) {
    close(actual[row], expected[row], tolerance);
  }
}

/** A vector in f64. */
export function f64(values: ArrayLike<number>): F64 {
  return wf.tensor(Float64Array.from(values));
}

/** Standard normal numbers. */
export async function normals(
  seed: number,
  count: number,
): Promise<Float64Array> {
  return await wf.random.normal(wf.random.key(seed), [count], { dtype: "f64" })
    .data();
}

/** Uniform numbers in [0, 1). */
export async function uniforms(
  seed: number,
  count: number,
): Promise<Float64Array> {
  return await wf.random.uniform(wf.random.key(seed), [count], {
    dtype: "f64",
  }).data();
}

/** What record_debias.py recorded. */
export interface DebiasReference {
  predictions: number[];
  targets: number[];
  downstream: number[];
  linear: { slope: number; intercept: number; corrected: number[] };
  tweedie: {
    sigma: number;
    calibrationBandwidth: number;
    downstreamBandwidth: number;
    calibrationScore: number[];
    downstreamScore: number[];
    calibrationCorrected: number[];
    downstreamCorrected: number[];
  };
}

/** Reads the recorded values. */
export async function readReference(): Promise<DebiasReference> {
  return JSON.parse(
    await Deno.readTextFile(
      new URL("../../fixtures/reference/debias.json", import.meta.url),
    ),
  );
}
