/**
 * The likelihood of a value that a limit cut off, and its derivatives.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;

/** Left of it `z + φ/Φ` cancels, and the tail series is exact to 1e-11. */
const TAIL = -50;

/** What was cut off, one entry a censored observation. */
export interface Cuts {
  /** The limit at which it was cut off. */
  readonly limits: F64;
  /** 1 where it was cut off above, −1 below. */
  readonly signs: F64;
}

/**
 * `z = ±(f − limit) / deviation`: the likelihood of a censored observation is
 * `Φ(z)`.
 *
 * @param cuts What was cut off.
 * @param mean The function's value or mean there.
 * @param variance Variance of what lies between that and the observation.
 * @returns One a censored observation.
 */
export function standardised(cuts: Cuts, mean: F64, variance: F64): F64 {
  const excess = wf.multiply(cuts.signs, wf.subtract(mean, cuts.limits));
  return wf.divide(excess, wf.sqrt(variance));
}

/**
 * First and negative second derivative of `log Φ(z)`: `r = φ(z)/Φ(z)` and
 * `r (z + r)`.
 *
 * @param z Where.
 * @returns Both, free of overflow and cancellation far to the left.
 */
export function logCdfSlopes(z: F64): { slope: F64; curvature: F64 } {
  const isFar = wf.less(z, TAIL);
  const near = wf.where(isFar, 0, z);
  const exponent = wf.subtract(
    wf.multiply(wf.square(near), -0.5),
    wf.add(wf.logNormalCdf(near), HALF_LOG_TWO_PI),
  );
  const nearSlope = wf.exp(exponent);
  // 1/t − 2/t³ + 10/t⁵ − 74/t⁷, with t = −z
  const far = wf.negative(wf.where(isFar, z, TAIL));
  const square = wf.reciprocal(wf.square(far));
  const series = [-74, 10, -2, 1].reduce(
    (sum, factor) => wf.add(wf.multiply(sum, square), factor),
    wf.zerosLike(far),
  );
  const farSum = wf.divide(series, far);
  const slope = wf.where(isFar, wf.add(far, farSum), nearSlope);
  const sum = wf.where(isFar, farSum, wf.add(near, nearSlope));
  return { slope, curvature: wf.multiply(slope, sum) };
}
