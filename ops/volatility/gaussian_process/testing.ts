/**
 * Help for the tests of Gaussian processes.
 *
 * @module
 */

import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import type { Kernel } from "./kernel.ts";

/** Asserts that a number is near another one. */
export function close(
  actual: number | undefined,
  expected: number | undefined,
  tolerance: number,
  what = "",
): void {
  assert.ok(
    Math.abs((actual ?? NaN) - (expected ?? NaN)) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected} ${what}`,
  );
}

/** Asserts that all entries are near others. */
export function allClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "",
): void {
  assert.equal(actual.length, expected.length);
  for (let row = 0; row < actual.length; row += 1) {
    close(actual[row], expected[row], tolerance, what);
  }
}

/** A vector in f64. */
export function vector(values: readonly number[]): F64 {
  return wf.tensor(Float64Array.from(values));
}

/** A matrix in f64. */
export function matrix(rows: readonly (readonly number[])[]): F64 {
  return wf.tensor(Float64Array.from(rows.flat()), {
    shape: [rows.length, rows[0]?.length ?? 0],
  });
}

/** One data set of the reference. */
export interface ReferenceData {
  x: number[][];
  y: number[];
  xNew: number[][];
}

/** One posterior that scikit-learn computed. */
export interface ReferenceCase {
  kernel: Kernel;
  noiseVariance: number;
  standardise: boolean;
  data: "1d" | "2d";
  logMarginalLikelihood: number;
  gradient: number[];
  mean: number[];
  variance: number[];
  covariance: number[][];
}

/** One fit that scikit-learn computed. */
export interface ReferenceFit {
  data: "1d" | "2d";
  standardise: boolean;
  logMarginalLikelihood: number;
  hyperparameters: number[];
  mean: number[];
  observationVariance: number[];
}

/** What record_gaussian_process.py recorded. */
export interface Reference {
  data: Record<"1d" | "2d", ReferenceData>;
  cases: Record<string, ReferenceCase>;
  fits: Record<string, ReferenceFit>;
}

/** The recorded values. */
export const REFERENCE: Reference = JSON.parse(
  await Deno.readTextFile(
    new URL(
      "../../../fixtures/reference/gaussian_process.json",
      import.meta.url,
    ),
  ),
);
