/**
 * Standard errors of maximum-likelihood estimates.
 *
 * @module
 */

import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/** Standard errors of each parameter under two assumptions. */
export interface LikelihoodErrors {
  /** From the Hessian: the distribution is the assumed one. */
  readonly classic: readonly number[];
  /** From the sandwich: only mean and variance are as assumed. */
  readonly robust: readonly number[];
}

/**
 * Standard errors from the inverse Hessian H⁻¹, and from the sandwich
 * H⁻¹ S H⁻¹ with the scores' outer products S (T. Bollerslev and J. Wooldridge,
 * 1992). H holds central differences of exact gradients, S of log densities;
 * all parameter vectors that this takes go through the model as one batch.
 *
 * @param logDensities From parameters of shape [k, b] to log densities of shape
 * [t, b], each column by its own parameters.
 * @param point The estimates, k numbers.
 * @param steps How far to move each of them.
 * @returns Both kinds of errors.
 * @throws {NumericalError} If the Hessian is not negative definite.
 */
export async function likelihoodErrors(
  logDensities: (parameters: F64) => F64,
  point: readonly number[],
  steps: readonly number[],
): Promise<LikelihoodErrors> {
  const size = point.length;
  const matrix: F64 = wf.tensor(shiftedPoints(point, steps), {
    dtype: "f64",
    shape: [size, 2 * size],
  });
  const gradient = wf.grad((at: F64): F64 => wf.sum(logDensities(at)))(matrix);
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
  const scores = difference(logDensities(matrix));
  const inverseFactor = wf.linalg.triangularSolve(
    wf.linalg.cholesky(information),
    wf.eye(size, size, { dtype: "f64" }),
    { lower: true },
  );
  const covariance = wf.matmul(wf.transpose(inverseFactor), inverseFactor);
  const meat = wf.matmul(wf.transpose(scores), scores);
  const sandwich = wf.matmul(covariance, wf.matmul(meat, covariance));
  return {
    classic: [...await wf.sqrt(wf.diagonal(covariance)).data()],
    robust: [...await wf.sqrt(wf.diagonal(sandwich)).data()],
  };
}

/**
 * Steps for differences: 1e-5 of the size of a parameter, but no more than half
 * of the way to its bound.
 *
 * @param point The estimates.
 * @param lower The lower bound of each; −∞ for none.
 * @returns A positive step for each.
 */
export function differenceSteps(
  point: readonly number[],
  lower: readonly number[],
): number[] {
  return point.map((value, index) => {
    const room = (value - (lower[index] ?? -Infinity)) / 2;
    return Math.min(1e-5 * Math.max(Math.abs(value), 1e-2), room);
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
