/**
 * Quantiles of the standard normal distribution, shared by all families.
 *
 * @module
 */

import { ParameterError } from "../runtime/core/errors.ts";

/** Beyond this the upper tail is below the resolution of a double next to 1. */
const LARGEST = 9;

/**
 * The standard normal quantile of an upper probability, by bisection on the
 * series of the distribution function (all its terms are positive).
 *
 * @param probability In [0.5, 1).
 * @returns z with `P(Z ≤ z) = probability`.
 * @throws {ParameterError} Outside [0.5, 1).
 */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0.5 && probability < 1)) {
    throw new ParameterError(
      `Cannot take the normal quantile as the probability is ${probability}`,
      { expected: "0.5 to 1, the end excluded" },
    );
  }
  let low = 0;
  let high = LARGEST;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (upperProbability(middle) < probability) low = middle;
    else high = middle;
  }
}

/** `½ + φ(z) Σ z^(2k+1) / (2k+1)!!` */
function upperProbability(z: number): number {
  let term = z;
  let sum = z;
  for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
    term *= z * z / odd;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
}
