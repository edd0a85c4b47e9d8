/**
 * The error function and the normal distribution function.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { ERF_32, ERF_64, ERFC_32, ERFC_64 } from "./coefficients.ts";
import { exp } from "./exponential.ts";
import { log } from "./logarithm.ts";

/** `exp(x²) erfc(x)` for x from 0. */
function scaledErfc(m: Arithmetic, x: Expr): Expr {
  const t = m.divide(m.subtract(x, 4), m.add(x, 4));
  const series = m.polynomial(t, m.pick(ERFC_32, ERFC_64));
  return m.divide(series, m.add(m.add(x, x), 1));
}

/** `exp(-x²)`, of the exact square. */
function expMinusSquare(m: Arithmetic, x: Expr): Expr {
  const square = m.multiply(x, x);
  const rest = m.productRest(x, x, square);
  return exp(m, m.negative(square), m.negative(rest));
}

/** `erfc` of a number from 0 to where it becomes 0. */
function tail(m: Arithmetic, x: Expr): Expr {
  const held = m.atMost(x, m.pick(11, 28));
  return m.multiply(expMinusSquare(m, held), scaledErfc(m, held));
}

/** `erf` of at most 1. */
function centre(m: Arithmetic, x: Expr): Expr {
  const z = m.multiply(x, x);
  return m.multiply(x, m.polynomial(z, m.pick(ERF_32, ERF_64)));
}

/**
 * The error function.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function erf(m: Arithmetic, x: Expr): Expr {
  const size = m.absolute(x);
  const outer = m.copySign(m.subtract(1, tail(m, size)), x);
  return m.where(m.less(size, 1), centre(m, x), outer);
}

/**
 * The complementary error function, accurate in its tail.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function erfc(m: Arithmetic, x: Expr): Expr {
  const right = tail(m, m.absolute(x));
  const outer = m.where(m.less(x, 0), m.subtract(2, right), right);
  const inner = m.subtract(1, centre(m, x));
  return m.where(m.less(m.absolute(x), 0.5), inner, outer);
}

/**
 * Logarithm of the standard normal distribution function, accurate in both
 * tails.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function logNormalCdf(m: Arithmetic, x: Expr): Expr {
  const size = m.absolute(x);
  const scaled = m.multiply(size, Math.SQRT1_2);
  const bounded = m.atMost(scaled, m.pick(1e18, 1e150));
  const series = m.multiply(scaledErfc(m, bounded), 0.5);
  // On the left: log(series) - x²/2. On the right: log(1 - series exp(-x²/2)).
  const left = m.less(x, 0);
  const square = m.multiply(x, m.multiply(x, 0.5));
  const held = m.atMost(size, m.pick(16, 40));
  const halves = m.multiply(held, held);
  const rest = m.productRest(held, held, halves);
  const density = exp(
    m,
    m.multiply(halves, -0.5),
    m.multiply(rest, -0.5),
  );
  const above = m.multiply(series, density);
  const kept = m.subtract(1, above);
  const cut = m.subtract(m.subtract(1, kept), above);
  const low = m.where(left, 0, m.divide(cut, kept));
  const logarithm = log(m, m.where(left, series, kept), low);
  return m.where(left, m.subtract(logarithm, square), logarithm);
}
