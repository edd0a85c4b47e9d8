/**
 * The recursion and the likelihood of GARCH(1,1), for many parameter vectors
 * at once.
 *
 * @module
 */

import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/** Parameters of GARCH(1,1); tensors of one shape [b], one fit an element. */
export interface GarchCoefficients {
  /** Mean return. */
  readonly mu: F64;
  /** Constant of the variance, positive. */
  readonly omega: F64;
  /** Weight of the last squared residual, not negative. */
  readonly alpha: F64;
  /** Weight of the last variance, not negative. */
  readonly beta: F64;
  /** Degrees of freedom of Student's t, above 2; normal if absent. */
  readonly degreesOfFreedom?: F64;
}

/** Conditional variances of a series. */
export interface GarchPath {
  /** Variance of each row given the rows before it, shape [t, b]. */
  readonly variance: F64;
  /** Variance of the row after the last one, shape [b]. */
  readonly next: F64;
}

/**
 * The recursion `hₜ = ω + α e²ₜ₋₁ + β hₜ₋₁` from `h₁ = ω + (α + β) s`: before the
 * first row squared residual and variance are taken to be `s`.
 *
 * @param squares Squared residuals, shape [t, b].
 * @param coefficients The parameters, each of shape [b].
 * @param initial s, shape [b].
 * @returns The variances.
 */
export function garchVariances(
  squares: F64,
  { omega, alpha, beta }: GarchCoefficients,
  initial: F64,
): GarchPath {
  const first = wf.add(omega, wf.multiply(wf.add(alpha, beta), initial));
  const [next, variance] = wf.scan(
    (current: F64, square: F64) => [
      wf.add(
        omega,
        wf.add(wf.multiply(alpha, square), wf.multiply(beta, current)),
      ),
      current,
    ],
    first,
    squares,
  );
  return { variance, next };
}

/**
 * Log densities of returns given the returns before them.
 *
 * @param returns Shape [t, b], or [t, 1] for one series under all parameters.
 * @param coefficients The parameters, each of shape [b].
 * @param initial The variance before the first row, shape [b]; if absent, the
 * mean squared residual of all rows.
 * @returns Shape [t, b]; their sum over rows is the log likelihood.
 */
export function garchLogDensities(
  returns: F64,
  coefficients: GarchCoefficients,
  initial?: F64,
): F64 {
  const squares = wf.square(wf.subtract(returns, coefficients.mu));
  const start = initial ?? wf.mean(squares, { axis: 0 });
  const { variance } = garchVariances(squares, coefficients, start);
  const degrees = coefficients.degreesOfFreedom;
  return degrees === undefined
    ? normalLogDensities(squares, variance)
    : studentLogDensities(squares, variance, degrees);
}

function normalLogDensities(squares: F64, variance: F64): F64 {
  const terms = wf.add(wf.log(variance), wf.divide(squares, variance));
  return wf.multiply(wf.add(terms, Math.log(2 * Math.PI)), -0.5);
}

/** Student's t scaled to unit variance. */
function studentLogDensities(squares: F64, variance: F64, degrees: F64): F64 {
  const excess = wf.subtract(degrees, 2);
  const half = wf.multiply(wf.add(degrees, 1), 0.5);
  const constant = wf.subtract(
    wf.subtract(wf.lgamma(half), wf.lgamma(wf.multiply(degrees, 0.5))),
    wf.multiply(wf.log(wf.multiply(excess, Math.PI)), 0.5),
  );
  const tail = wf.multiply(
    half,
    wf.log1p(wf.divide(squares, wf.multiply(variance, excess))),
  );
  return wf.subtract(
    wf.subtract(constant, wf.multiply(wf.log(variance), 0.5)),
    tail,
  );
}
