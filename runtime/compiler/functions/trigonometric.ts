/**
 * Sines, cosines and tangents.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { COS_32, COS_64, SIN_32, SIN_64 } from "./coefficients.ts";

/**
 * π/2 in parts of few digits: a whole number times all but the last is exact
 * as far as the limits below.
 */
const QUARTER_32 = [
  1.5703125,
  4.837512969970703e-4,
  7.549533620476723e-8,
  2.56334415159e-12,
] as const;
const QUARTER_64 = [
  1.5707963267341256,
  6.077100506303966e-11,
  2.022266248795951e-21,
] as const;

/** Angles up to which the parts serve. */
const LIMITS = [12000, 1e6] as const;

/** An angle as quarter turns and what it is more. */
interface Turned {
  readonly turns: Expr;
  readonly rest: Expr;
}

/** Takes whole quarter turns from an angle of moderate size. */
function near(m: Arithmetic, x: Expr): Turned {
  const turns = m.round(m.multiply(x, 2 / Math.PI));
  let rest = x;
  for (const part of m.pick<readonly number[]>(QUARTER_32, QUARTER_64)) {
    rest = m.multiplyAdd(turns, -part, rest);
  }
  return { turns, rest };
}

/** Takes whole quarter turns from any angle. */
function turned(m: Arithmetic, x: Expr): Turned {
  const { turns, rest } = near(m, x);
  const { pool, dtype } = m;
  const far = m.not(m.lessEqual(m.absolute(x), m.pick(...LIMITS)));
  return {
    turns: m.rarely(far, pool.make("quarterTurns", dtype, [x]), turns),
    rest: m.rarely(far, pool.make("angleRest", dtype, [x]), rest),
  };
}

/** Sine and cosine of at most an eighth of a turn. */
function both(m: Arithmetic, r: Expr): { sine: Expr; cosine: Expr } {
  const z = m.multiply(r, r);
  const cube = m.multiply(z, r);
  const half = m.multiply(z, 0.5);
  const square = m.multiply(z, z);
  // What 1 - half cuts off is added again.
  const top = m.subtract(1, half);
  const cut = m.subtract(m.subtract(1, top), half);
  return {
    sine: m.multiplyAdd(cube, m.polynomial(z, m.pick(SIN_32, SIN_64)), r),
    cosine: m.add(
      top,
      m.multiplyAdd(square, m.polynomial(z, m.pick(COS_32, COS_64)), cut),
    ),
  };
}

/** Whether a whole number is odd. */
function isOdd(m: Arithmetic, n: Expr): Expr {
  const half = m.multiply(n, 0.5);
  return m.not(m.equal(m.floor(half), half));
}

/** Sine of quarter turns and a rest. */
function sineOf(m: Arithmetic, turns: Expr, rest: Expr): Expr {
  const { sine, cosine } = both(m, rest);
  const size = m.where(isOdd(m, turns), cosine, sine);
  // The second half of a turn is below 0.
  const pairs = m.floor(m.multiply(turns, 0.5));
  return m.where(isOdd(m, pairs), m.negative(size), size);
}

/**
 * The sine.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function sin(m: Arithmetic, x: Expr): Expr {
  const { turns, rest } = turned(m, x);
  const value = sineOf(m, turns, rest);
  return m.where(m.equal(x, 0), x, value);
}

/**
 * The cosine.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function cos(m: Arithmetic, x: Expr): Expr {
  const { turns, rest } = turned(m, x);
  return sineOf(m, m.add(turns, 1), rest);
}

/**
 * The tangent.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function tan(m: Arithmetic, x: Expr): Expr {
  const { turns, rest } = turned(m, x);
  const { sine, cosine } = both(m, rest);
  const odd = isOdd(m, turns);
  const value = m.divide(
    m.where(odd, m.negative(cosine), sine),
    m.where(odd, sine, cosine),
  );
  return m.where(m.equal(x, 0), x, value);
}
