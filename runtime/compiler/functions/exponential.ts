/**
 * The exponential function and what is made of it.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { EXP_32, EXP_64 } from "./coefficients.ts";

/** log(2) in two parts; a small whole number times the first is exact. */
export const LOG2_HIGH = [0.693359375, 0.6931471803691238] as const;
/** The rest of log(2). */
export const LOG2_LOW = [
  -2.1219444005469057e-4,
  1.9082149292705877e-10,
] as const;

/** An exponential that is not put together yet. */
interface Parts {
  /** Power of two, a whole number. */
  readonly n: Expr;
  /** What remains of the exponent. */
  readonly r: Expr;
  /** `exp(r) - 1 - r`. */
  readonly rest: Expr;
}

/** Splits `exp(x + low)`. */
function split(m: Arithmetic, x: Expr, low?: Expr): Parts {
  const n = m.round(m.multiply(x, Math.LOG2E));
  const part = m.multiplyAdd(n, -m.pick(...LOG2_HIGH), x);
  const exact = m.multiplyAdd(n, -m.pick(...LOG2_LOW), part);
  const r = low === undefined ? exact : m.add(exact, low);
  const rest = m.multiply(
    m.multiply(r, r),
    m.polynomial(r, m.pick(EXP_32, EXP_64)),
  );
  return { n, r, rest };
}

/**
 * `exp(x + low)`.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @param low A small number.
 * @returns The expression.
 */
export function exp(m: Arithmetic, x: Expr, low?: Expr): Expr {
  const top = m.pick(89, 710);
  const smallest = m.pick(-86.9, -708);
  const none = m.pick(-104.5, -746);
  const { n, r, rest } = split(m, m.atMost(x, top), low);
  const p = m.add(m.add(r, rest), 1);
  // One power of two less at first: the largest result has one too many.
  const usual = m.multiply(
    m.add(p, p),
    m.powerOfTwo(m.subtract(n, 1)),
  );
  const half = m.round(m.multiply(n, 0.5));
  const subnormal = m.multiply(
    m.multiply(p, m.powerOfTwo(half)),
    m.powerOfTwo(m.subtract(n, half)),
  );
  return m.rarely(
    m.less(x, smallest),
    m.where(m.less(x, none), 0, subnormal),
    usual,
  );
}

/**
 * `exp(x) - 1`, also where this is near 0.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function expm1(m: Arithmetic, x: Expr): Expr {
  const held = m.atLeast(m.atMost(x, m.pick(89, 710)), m.pick(-20, -40));
  const { n, r, rest } = split(m, held);
  const power = m.powerOfTwo(m.subtract(n, 1));
  const half = m.add(
    m.multiply(power, m.add(r, rest)),
    m.subtract(power, 0.5),
  );
  const tiny = m.less(m.absolute(x), m.pick(2 ** -30, 2 ** -60));
  return m.where(tiny, x, m.add(half, half));
}

/**
 * The hyperbolic sine.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function sinh(m: Arithmetic, x: Expr): Expr {
  const size = m.absolute(x);
  const e = expm1(m, size);
  const usual = m.multiply(m.add(e, m.divide(e, m.add(e, 1))), 0.5);
  return m.copySign(large(m, size, usual), x);
}

/**
 * The hyperbolic cosine.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function cosh(m: Arithmetic, x: Expr): Expr {
  const size = m.absolute(x);
  const e = exp(m, size);
  const usual = m.add(m.multiply(e, 0.5), m.divide(0.5, e));
  return large(m, size, usual);
}

/** `exp(size) / 2` where `exp(size)` itself would be too large, or nearly. */
function large(m: Arithmetic, size: Expr, usual: Expr): Expr {
  // The power is taken off without rounding, and put back at the end.
  const power = m.pick(32, 512);
  const rest = m.subtract(size, power * m.pick(...LOG2_HIGH));
  const root = exp(m, rest, m.of(-power * m.pick(...LOG2_LOW)));
  return m.rarely(
    m.less(m.pick(88, 709), size),
    m.multiply(root, 2 ** (power - 1)),
    usual,
  );
}

/**
 * The hyperbolic tangent.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function tanh(m: Arithmetic, x: Expr): Expr {
  const size = m.atMost(m.absolute(x), m.pick(10, 20));
  const e = expm1(m, m.add(size, size));
  return m.copySign(m.divide(e, m.add(e, 2)), x);
}

/**
 * `1 / (1 + exp(-x))`.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function sigmoid(m: Arithmetic, x: Expr): Expr {
  const e = exp(m, m.negative(m.absolute(x)));
  const right = m.divide(1, m.add(e, 1));
  return m.where(m.less(x, 0), m.multiply(e, right), right);
}
