/**
 * Standard errors of GARCH(1,1) estimates.
 *
 * @module
 */

import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { garchLogDensities } from "./garch_likelihood.ts";
import {
  type GarchParameters,
  toCoefficients,
  toNumbers,
  toParameters,
} from "./garch_parameters.ts";

/** Standard errors under two assumptions. */
export interface GarchErrors {
  /** From the Hessian: the distribution is the assumed one. */
  readonly classic: GarchParameters;
  /** From the sandwich: only mean and variance are as assumed. */
  readonly robust: GarchParameters;
}

/**
 * Standard errors from the inverse Hessian H⁻¹, and from the sandwich
 * H⁻¹ S H⁻¹ with the scores' outer products S (T. Bollerslev and J. Wooldridge,
 * 1992). H holds central differences of exact gradients, S of log densities;
 * all parameter vectors that this takes go through one batched scan.
 *
 * @param returns Returns of unit variance, shape [t, 1].
 * @param estimates The estimates.
 * @param initial The variance before the first row; if absent, the mean squared
 * residual.
 * @returns Both kinds of errors.
 * @throws {NumericalError} If the Hessian is not negative definite.
 */
export async function garchErrors(
  returns: F64,
  estimates: GarchParameters,
  initial: number | undefined,
): Promise<GarchErrors> {
  const point = toNumbers(estimates);
  const size = point.length;
  const steps = differenceSteps(point);
  const densities = (matrix: F64): F64 =>
    garchLogDensities(
      returns,
      toCoefficients(matrix),
      initial === undefined
        ? undefined
        : wf.full([2 * size], initial, { dtype: "f64" }),
    );
  const matrix: F64 = wf.tensor(shiftedPoints(point, steps), {
    shape: [size, 2 * size],
  });
  const gradient = wf.grad((at: F64): F64 => wf.sum(densities(at)))(matrix);
  const halfSteps = wf.tensor(Float64Array.from(steps, (s) => 1 / (2 * s)));
  const difference = (values: F64): F64 =>
    wf.multiply(
      wf.subtract(
        wf.slice(values, null, [0, size]),
        wf.slice(values, null, [size, 2 * size]),
      ),
      halfSteps,
    );
  const raw = difference(gradient);
  const information = wf.multiply(wf.add(raw, wf.transpose(raw)), -0.5);
  const scores = difference(densities(matrix));
  const inverseFactor = wf.linalg.triangularSolve(
    wf.linalg.cholesky(information),
    wf.eye(size, size, { dtype: "f64" }),
    { lower: true },
  );
  const covariance = wf.matmul(wf.transpose(inverseFactor), inverseFactor);
  const meat = wf.matmul(wf.transpose(scores), scores);
  const sandwich = wf.matmul(covariance, wf.matmul(meat, covariance));
  return {
    classic: toParameters(await wf.sqrt(wf.diagonal(covariance)).data()),
    robust: toParameters(await wf.sqrt(wf.diagonal(sandwich)).data()),
  };
}

/** Steps that stay inside of the bounds: mu has none, ν ends at 2, others at 0. */
function differenceSteps(point: readonly number[]): number[] {
  return point.map((value, index) => {
    const step = 1e-5 * Math.max(Math.abs(value), 1e-2);
    const room = index === 0 ? Infinity : index === 4 ? value - 2 : value;
    return Math.min(step, room / 2);
  });
}

/** The point moved up along each parameter, then down: [k, 2k], row-major. */
function shiftedPoints(
  point: readonly number[],
  steps: readonly number[],
): Float64Array {
  const size = point.length;
  const shifted = new Float64Array(2 * size * size);
  point.forEach((value, parameter) => {
    const start = 2 * size * parameter;
    shifted.fill(value, start, start + 2 * size);
    shifted[start + parameter] = value + (steps[parameter] as number);
    shifted[start + size + parameter] = value - (steps[parameter] as number);
  });
  return shifted;
}
