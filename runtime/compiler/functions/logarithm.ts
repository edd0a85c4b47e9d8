/**
 * Logarithms.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Arithmetic, Operand } from "./arithmetic.ts";
import { ATANH_64, LOG_32 } from "./coefficients.ts";
import { exp, LOG2_HIGH, LOG2_LOW } from "./exponential.ts";

/** A positive number as `m * 2 ** e`, with m from √½ to √2. */
interface Scaled {
  readonly m: Expr;
  readonly e: Expr;
}

/** Bits of the f32 that is next to √½. */
const ROOT_BITS = 0x3f3504f3;

/**
 * Splits a number.
 *
 * @param m The arithmetic.
 * @param x A positive normal number.
 * @returns Its parts.
 */
export function scaled(m: Arithmetic, x: Expr): Scaled {
  if (m.double) {
    const mantissa = m.mantissaOf(x);
    const exponent = m.exponentOf(x);
    const large = m.less(Math.SQRT2, mantissa);
    return {
      m: m.where(large, m.multiply(mantissa, 0.5), mantissa),
      e: m.where(large, m.add(exponent, 1), exponent),
    };
  }
  // In whole numbers, as these are as wide.
  const { pool } = m;
  const make = (op: Expr["op"], a: Expr, b: Expr) =>
    pool.make(op, "i32", [a, b]);
  const bits = pool.make("bitcast", "i32", [x]);
  const count = pool.constant(23);
  const e = make(
    "shiftRight",
    make("subtract", bits, pool.constant(ROOT_BITS)),
    count,
  );
  const rest = make("subtract", bits, make("shiftLeft", e, count));
  return {
    m: pool.make("bitcast", "f32", [rest]),
    e: pool.make("cast", "f32", [e]),
  };
}

/** `log(x) + low` of a positive normal number, less powers that went before. */
function normal(m: Arithmetic, x: Expr, power: Operand, low?: Expr): Expr {
  const parts = scaled(m, x);
  const e = power === 0 ? parts.e : m.subtract(parts.e, power);
  const f = m.subtract(parts.m, 1);
  const square = m.multiply(f, f);
  let rest = m.multiply(e, m.pick(...LOG2_LOW));
  if (low !== undefined) rest = m.add(rest, low);
  if (m.double) {
    const s = m.divide(f, m.add(f, 2));
    const z = m.multiply(s, s);
    const half = m.multiply(square, 0.5);
    const series = m.multiply(z, m.polynomial(z, ATANH_64));
    rest = m.add(m.multiply(s, m.add(half, series)), rest);
    rest = m.subtract(rest, half);
  } else {
    const cube = m.multiply(square, f);
    rest = m.multiplyAdd(cube, m.polynomial(f, LOG_32), rest);
    rest = m.multiplyAdd(square, -0.5, rest);
  }
  return m.multiplyAdd(e, m.pick(...LOG2_HIGH), m.add(f, rest));
}

/** The smallest normal numbers, and powers of two that lift all above them. */
const SMALLEST = [2 ** -126, 2 ** -1022] as const;
const LIFT = [30, 60] as const;

/**
 * The natural logarithm of a number, less what rounding cut off.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @param low What is added to the result; 0 for `x` 0 or infinite.
 * @returns The expression.
 */
export function log(m: Arithmetic, x: Expr, low?: Expr): Expr {
  const smallest = m.pick(...SMALLEST);
  const usual = m.both(m.lessEqual(smallest, x), m.less(x, Infinity));
  const lift = m.pick(...LIFT);
  const small = m.less(x, smallest);
  const lifted = m.where(small, m.multiply(x, 2 ** lift), x);
  const any = normal(m, lifted, m.where(small, lift, 0), low);
  const special = m.where(m.equal(x, 0), -Infinity, NaN);
  const positive = m.where(m.less(x, Infinity), any, x);
  return m.rarely(
    m.not(usual),
    m.where(m.less(0, x), positive, special),
    normal(m, x, 0, low),
  );
}

/**
 * `log(1 + x)`, also where this is near 0.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function log1p(m: Arithmetic, x: Expr): Expr {
  const sum = m.add(x, 1);
  // What rounding cut off, over the sum, is what the logarithm lacks.
  const cut = m.where(
    m.less(1, x),
    m.subtract(1, m.subtract(sum, x)),
    m.subtract(x, m.subtract(sum, 1)),
  );
  const ends = m.either(m.equal(sum, 0), m.equal(sum, Infinity));
  const low = m.where(ends, 0, m.divide(cut, sum));
  return m.copySign(log(m, sum, low), x);
}

/**
 * `log(1 + exp(x))`.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function softplus(m: Arithmetic, x: Expr): Expr {
  const e = exp(m, m.negative(m.absolute(x)));
  return m.add(m.atLeast(x, 0), log1p(m, e));
}
