/**
 * Moments of a normal variable that limits cut off.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import type { Limits } from "./limits.ts";

/** Mean and variance of what is observed. */
export interface ObservedMoments {
  /** `E[min(max(Y, left), right)]` */
  readonly mean: F64;
  /** Its variance. */
  readonly variance: F64;
}

/**
 * Mean and variance of `min(max(Y, left), right)`, `Y ~ N(mean, variance)`:
 * with `a = (left − μ)/s`, `b = (right − μ)/s`,
 * `E = left Φ(a) + right Φ(−b) + μ (Φ(b) − Φ(a)) + s (φ(a) − φ(b))`.
 *
 * @param mean Means `[m]`.
 * @param variance Variances `[m]`, positive.
 * @param limits The limits.
 * @returns Moments `[m]`, lazy.
 */
export function observedMoments(
  mean: F64,
  variance: F64,
  { left, right }: Limits,
): ObservedMoments {
  const deviation = wf.sqrt(variance);
  const below = tailOf(wf.divide(wf.subtract(left, mean), deviation));
  const above = tailOf(wf.divide(wf.subtract(mean, right), deviation));
  // All moments about the mean: far limits then cancel nothing.
  const inside = wf.subtract(1, wf.add(below.mass, above.mass));
  const first = sum(
    atLimit(left, mean, below.mass, 1),
    atLimit(right, mean, above.mass, 1),
    wf.multiply(deviation, wf.subtract(below.density, above.density)),
  );
  const second = sum(
    atLimit(left, mean, below.mass, 2),
    atLimit(right, mean, above.mass, 2),
    wf.multiply(
      variance,
      sum(inside, below.edge, above.edge),
    ),
  );
  return {
    mean: wf.add(mean, first),
    variance: wf.maximum(wf.subtract(second, wf.square(first)), 0),
  };
}

function sum(...parts: readonly F64[]): F64 {
  return parts.reduce((total, part) => wf.add(total, part));
}

/** Mass beyond a limit at `z` deviations on the far side, φ(z) and z φ(z). */
function tailOf(z: F64): { mass: F64; density: F64; edge: F64 } {
  const isNone = wf.equal(z, -Infinity);
  const safe = wf.where(isNone, 0, z);
  const density = wf.where(
    isNone,
    0,
    wf.multiply(
      wf.exp(wf.multiply(wf.square(safe), -0.5)),
      1 / Math.sqrt(2 * Math.PI),
    ),
  );
  const mass = wf.where(
    isNone,
    0,
    wf.multiply(wf.erfc(wf.multiply(safe, -Math.SQRT1_2)), 0.5),
  );
  return { mass, density, edge: wf.multiply(safe, density) };
}

function atLimit(limit: number, mean: F64, mass: F64, power: 1 | 2): F64 {
  if (!Number.isFinite(limit)) return wf.zerosLike(mean);
  const distance = wf.subtract(limit, mean);
  return wf.multiply(mass, power === 1 ? distance : wf.square(distance));
}
