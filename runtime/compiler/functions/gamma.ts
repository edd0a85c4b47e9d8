/**
 * The logarithm of the gamma function and its derivatives.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { LGAMMA_32, LGAMMA_64 } from "./coefficients.ts";
import { log } from "./logarithm.ts";
import { sin, tan } from "./trigonometric.ts";

/** Bernoulli numbers B2, B4, … */
const BERNOULLI: readonly number[] = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Where the asymptotic series begins. */
const FAR = 8.5;

/** Some Bernoulli numbers, as many as the precision asks for, weighted. */
function series(m: Arithmetic, weight: (k: number) => number): number[] {
  return BERNOULLI.slice(0, m.pick(4, 10)).map((b, k) => b * weight(k + 1));
}

/** `lgamma` of a number from 0. */
function positive(m: Arithmetic, x: Expr): Expr {
  // From the whole number next to it, by as many factors as it is above 2.
  const n = m.atMost(m.round(x), 8);
  const z = m.subtract(x, n);
  let product = m.of(1);
  for (let i = 1; i <= 6; i++) {
    const factor = m.where(m.less(n, i + 1.5), 1, m.subtract(x, i));
    product = i === 1 ? factor : m.multiply(product, factor);
  }
  const first = m.less(n, 1.5);
  const below = m.where(m.less(n, 0.5), m.multiply(x, m.add(x, 1)), x);
  const far = m.lessEqual(FAR, x);
  const near = m.where(first, below, product);
  const logarithm = log(m, m.where(far, x, near));
  const polynomial = m.multiply(
    z,
    m.polynomial(z, m.pick(LGAMMA_32, LGAMMA_64)),
  );
  const inner = m.add(
    polynomial,
    m.where(first, m.negative(logarithm), logarithm),
  );
  const inverse = m.divide(1, x);
  const terms = series(m, (k) => 1 / (2 * k * (2 * k - 1)));
  const rest = m.multiplyAdd(
    m.polynomial(m.multiply(inverse, inverse), terms),
    inverse,
    HALF_LOG_TWO_PI - 0.5,
  );
  const outer = m.add(
    m.multiply(m.subtract(x, 0.5), m.subtract(logarithm, 1)),
    rest,
  );
  return m.where(far, outer, inner);
}

/**
 * Logarithm of the absolute value of the gamma function.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function lgamma(m: Arithmetic, x: Expr): Expr {
  const negative = m.less(x, 0);
  const value = positive(m, m.where(negative, m.subtract(1, x), x));
  const angle = m.multiply(m.subtract(x, m.round(x)), Math.PI);
  const sine = m.absolute(sin(m, angle));
  const both = m.add(log(m, sine), value);
  const reflected = m.subtract(Math.log(Math.PI), both);
  // From here on all numbers are whole.
  const pole = m.lessEqual(m.pick(2 ** 23, 2 ** 52), m.absolute(x));
  return m.rarely(negative, m.where(pole, Infinity, reflected), value);
}

/**
 * Derivatives of the logarithm of the gamma function.
 *
 * @param m The arithmetic.
 * @param order 0 for digamma, 1 for trigamma, …
 * @param x Any number above -1,000,000.
 * @returns The expression; NaN at poles and below.
 */
export function polygamma(
  m: Arithmetic,
  order: number,
  x: Expr,
): Expr {
  const left = m.lessEqual(x, 0);
  const argument = m.where(left, m.subtract(1, x), x);
  const value = order === 0
    ? digamma(m, argument)
    : derivative(m, order, argument);
  const rest = m.subtract(x, m.round(x));
  const turned = cotangentDerivative(m, order, rest);
  const reflected = m.subtract(
    order % 2 === 0 ? value : m.negative(value),
    turned,
  );
  const none = m.either(m.equal(rest, 0), m.less(x, -1e6));
  return m.rarely(left, m.where(none, NaN, reflected), value);
}

/** `digamma` of a positive number. */
function digamma(m: Arithmetic, x: Expr): Expr {
  const from = m.pick(5, 12);
  let sum = m.of(0);
  let argument = x;
  for (let k = 0; k < from; k++) {
    const near = m.less(argument, from);
    sum = m.subtract(sum, m.where(near, m.divide(1, argument), 0));
    argument = m.where(near, m.add(argument, 1), argument);
  }
  const inverse = m.divide(1, argument);
  const square = m.multiply(inverse, inverse);
  const terms = series(m, (k) => 1 / (2 * k));
  const tail = m.multiplyAdd(
    m.polynomial(square, terms),
    square,
    m.multiply(inverse, 0.5),
  );
  return m.add(sum, m.subtract(log(m, argument), tail));
}

/** A whole power. */
function whole(m: Arithmetic, x: Expr, exponent: number): Expr {
  if (exponent === 0) return m.of(1);
  if (exponent === 1) return x;
  const half = whole(m, x, exponent >> 1);
  const square = m.multiply(half, half);
  return exponent % 2 === 0 ? square : m.multiply(square, x);
}

/** `polygamma` of a positive number, for orders from 1. */
function derivative(m: Arithmetic, order: number, x: Expr): Expr {
  // sign × order! × Σ 1/(x + k)^(order + 1), the tail by Euler and Maclaurin.
  let factorial = 1;
  for (let k = 2; k <= order; k++) factorial *= k;
  const from = m.pick(5, 12) + order;
  let sum = m.of(0);
  let argument = x;
  for (let k = 0; k < from; k++) {
    const near = m.less(argument, from);
    const term = whole(m, m.divide(1, argument), order + 1);
    sum = m.add(sum, m.where(near, term, 0));
    argument = m.where(near, m.add(argument, 1), argument);
  }
  // (2k + order - 1)! / ((2k)! order!), built up with k.
  let weight = 0.5 * (order + 1);
  const terms = series(m, (k) => {
    const own = weight;
    weight *= ((2 * k + order) * (2 * k + order + 1)) /
      ((2 * k + 1) * (2 * k + 2));
    return own;
  });
  const inverse = m.divide(1, argument);
  const square = m.multiply(inverse, inverse);
  const start = m.multiplyAdd(inverse, 0.5, 1 / order);
  const tail = m.multiplyAdd(m.polynomial(square, terms), square, start);
  const total = m.multiplyAdd(tail, whole(m, inverse, order), sum);
  return m.multiply(total, order % 2 === 0 ? -factorial : factorial);
}

/** π times the derivative of `cot(πx)` of some order. */
function cotangentDerivative(
  m: Arithmetic,
  order: number,
  rest: Expr,
): Expr {
  // Of the smaller of the angle and what it lacks to a right one.
  const size = m.absolute(rest);
  const steep = m.less(size, 0.25);
  const angle = m.where(steep, size, m.subtract(0.5, size));
  const tangent = tan(m, m.multiply(angle, Math.PI));
  const cotangent = m.copySign(
    m.where(steep, m.divide(1, tangent), tangent),
    rest,
  );
  // A polynomial in the cotangent, whose own derivative is -(1 + cot²).
  let powers = [0, 1];
  for (let k = 0; k < order; k++) {
    const next = new Array<number>(powers.length + 1).fill(0);
    powers.forEach((c, i) => {
      if (i === 0) return;
      next[i - 1]! -= i * c;
      next[i + 1]! -= i * c;
    });
    powers = next;
  }
  const scale = Math.PI ** (order + 1);
  return m.polynomial(cotangent, powers.map((c) => c * scale));
}
