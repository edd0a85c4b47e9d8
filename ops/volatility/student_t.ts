/**
 * The distribution function of Student's t, by way of the regularised
 * incomplete beta function: what p-values of forecast comparisons need.
 *
 * @module
 */

import { NumericalError, ParameterError } from "../../runtime/core/errors.ts";

const STIRLING_FROM = 15;
const MAX_STEPS = 20_000;

/** The tail of Stirling's series: log Γ(x) less its leading part, x ≥ 15. */
function stirlingTail(x: number): number {
  const square = 1 / (x * x);
  return (1 / 12 -
    square *
      (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) /
    x;
}

function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < STIRLING_FROM) {
    product *= shifted;
    shifted += 1;
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted +
    0.5 * Math.log(2 * Math.PI) +
    stirlingTail(shifted) - Math.log(product);
}

/** log B(a, b), without the cancellation of log Γ(a + b) against log Γ(a) for large a. */
function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < STIRLING_FROM) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const ratio = (large - 0.5) * Math.log1p(small / large) +
    small * Math.log(large + small) -
    small + stirlingTail(large + small) - stirlingTail(large);
  return logGamma(small) - ratio;
}

/** The continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = Number.MIN_VALUE / Number.EPSILON;
  let numerator = 1;
  let denominator = 1 / Math.max(1 - (a + b) * x / (a + 1), tiny);
  let value = denominator;
  for (let step = 1; step <= MAX_STEPS; step++) {
    const even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step));
    const odd = -(a + step) * (a + b + step) * x /
      ((a + 2 * step) * (a + 2 * step + 1));
    let change = 1;
    for (const term of [even, odd]) {
      denominator = 1 / awayFromZero(1 + term * denominator, tiny);
      numerator = awayFromZero(1 + term / numerator, tiny);
      change = denominator * numerator;
      value *= change;
    }
    if (Math.abs(change - 1) < 2 * Number.EPSILON) return value;
  }
  throw new NumericalError(
    "Cannot evaluate the incomplete beta function as it did not converge",
    {
      actual: `a = ${a}, b = ${b}, x = ${x} after ${MAX_STEPS} steps`,
    },
  );
}

function awayFromZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** I_x(a, b), told both x and 1 − x so that neither loses its digits. */
function incompleteBeta(
  a: number,
  b: number,
  x: number,
  complement: number,
): number {
  if (x === 0) return 0;
  if (complement === 0) return 1;
  const front = Math.exp(
    a * Math.log(x) + b * Math.log(complement) - logBeta(a, b),
  );
  return x < (a + 1) / (a + b + 2)
    ? front * betaFraction(a, b, x) / a
    : 1 - front * betaFraction(b, a, complement) / b;
}

/**
 * The regularised incomplete beta function I_x(a, b): the probability that a
 * Beta(a, b) variable is at most x. By its continued fraction (Lentz's method),
 * relative error about 1e-13 for moderate a and b.
 *
 * @param a First shape, positive.
 * @param b Second shape, positive.
 * @param x Where, from 0 to 1.
 * @returns I_x(a, b), from 0 to 1.
 * @throws {ParameterError} For shapes that are not positive, or x outside [0, 1].
 *
 * @example
 * ```ts
 * import { regularizedIncompleteBeta } from "@weft/weft/ops/volatility";
 *
 * console.log(regularizedIncompleteBeta(1, 3, 0.5).toFixed(9)); // 0.875000000 = 1 − 0.5³
 * ```
 */
export function regularizedIncompleteBeta(
  a: number,
  b: number,
  x: number,
): number {
  if (!(a > 0 && b > 0 && Number.isFinite(a + b))) {
    throw new ParameterError(
      `Cannot use "${a}" and "${b}" as shapes of the incomplete beta function`,
      { expected: "two positive finite numbers" },
    );
  }
  if (!(x >= 0 && x <= 1)) {
    throw new ParameterError(
      `Cannot use "${x}" as the argument of the incomplete beta function`,
      {
        expected: "a number from 0 to 1",
      },
    );
  }
  return incompleteBeta(a, b, x, 1 - x);
}

function checkDegrees(degrees: number): void {
  if (!(degrees > 0 && Number.isFinite(degrees))) {
    throw new ParameterError(`Cannot use "${degrees}" as degrees of freedom`, {
      expected: "a positive finite number",
    });
  }
}

/** P(T ≥ |t|), accurate in the far tail as well as near the middle. */
function upperTail(t: number, degrees: number): number {
  const square = t * t;
  if (square === Infinity) return 0;
  return 0.5 * incompleteBeta(
    degrees / 2,
    0.5,
    degrees / (degrees + square),
    square / (degrees + square),
  );
}

/**
 * The distribution function of Student's t.
 *
 * @param t Where.
 * @param degrees Degrees of freedom, positive; need not be whole.
 * @returns P(T ≤ t); NaN for NaN.
 * @throws {ParameterError} For degrees that are not positive and finite.
 *
 * @example
 * ```ts
 * import { studentTCdf, studentTPValue } from "@weft/weft/ops/volatility";
 *
 * console.log(studentTCdf(1, 1).toFixed(9)); // 0.750000000, Cauchy's distribution
 * console.log(studentTPValue(1, 1).toFixed(9)); // 0.500000000
 * ```
 */
export function studentTCdf(t: number, degrees: number): number {
  checkDegrees(degrees);
  if (Number.isNaN(t)) return NaN;
  const tail = upperTail(t, degrees);
  return t > 0 ? 1 - tail : tail;
}

/**
 * The two-sided p-value of a t statistic.
 *
 * @param t The statistic.
 * @param degrees Degrees of freedom, positive.
 * @returns P(|T| ≥ |t|); NaN for NaN.
 * @throws {ParameterError} For degrees that are not positive and finite.
 */
export function studentTPValue(t: number, degrees: number): number {
  checkDegrees(degrees);
  return Number.isNaN(t) ? NaN : 2 * upperTail(t, degrees);
}
