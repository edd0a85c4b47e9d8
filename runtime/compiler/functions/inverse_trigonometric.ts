/**
 * Angles from sines, cosines and tangents.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { ASIN_32, ASIN_64, ATAN_32, ATAN_64 } from "./coefficients.ts";

/** What π/2 lacks of its true value in each precision. */
const QUARTER_CUT = [-4.3711388286737929e-8, 6.123233995736766e-17] as const;

/** An angle near a right one or two, less what was cut off of them. */
function from(m: Arithmetic, quarters: number, angle: Expr): Expr {
  const cut = quarters * m.pick(...QUARTER_CUT);
  const known = quarters * m.pick(Math.fround(Math.PI / 2), Math.PI / 2);
  return m.subtract(known, m.subtract(angle, cut));
}

/** `x + x * z * P(z)`: the arc sine of at most 1/2. */
function smallAsin(m: Arithmetic, x: Expr, z: Expr): Expr {
  const series = m.polynomial(z, m.pick(ASIN_32, ASIN_64));
  return m.multiplyAdd(m.multiply(x, z), series, x);
}

/** The parts of an arc sine: of the number, or of half of what 1 is more. */
function parts(m: Arithmetic, x: Expr) {
  const size = m.absolute(x);
  const large = m.less(0.5, size);
  const rest = m.multiply(m.subtract(1, size), 0.5);
  const root = m.sqrt(rest);
  const argument = m.where(large, root, size);
  const z = m.where(large, rest, m.multiply(size, size));
  const angle = smallAsin(m, argument, z);
  return { large, angle, twice: m.add(angle, angle) };
}

/**
 * The arc sine.
 *
 * @param m The arithmetic.
 * @param x Any number; NaN comes of what is no sine.
 * @returns The expression.
 */
export function asin(m: Arithmetic, x: Expr): Expr {
  const { large, angle, twice } = parts(m, x);
  return m.copySign(m.where(large, from(m, 1, twice), angle), x);
}

/**
 * The arc cosine.
 *
 * @param m The arithmetic.
 * @param x Any number; NaN comes of what is no cosine.
 * @returns The expression.
 */
export function acos(m: Arithmetic, x: Expr): Expr {
  const { large, angle, twice } = parts(m, x);
  const negative = m.less(x, 0);
  const outer = m.where(negative, from(m, 2, twice), twice);
  return m.where(large, outer, from(m, 1, m.copySign(angle, x)));
}

/** The arc tangent of a ratio from 0 to 1, or NaN. */
function atanOfRatio(m: Arithmetic, a: Expr, b: Expr): Expr {
  // Above tan(π/8), of the angle less π/4.
  const above = m.less(m.multiply(b, Math.SQRT2 - 1), a);
  const t = m.divide(
    m.where(above, m.subtract(a, b), a),
    m.where(above, m.add(a, b), b),
  );
  const z = m.multiply(t, t);
  const series = m.polynomial(z, m.pick(ATAN_32, ATAN_64));
  const angle = m.multiplyAdd(m.multiply(t, z), series, t);
  const eighth = m.pick(Math.fround(Math.PI / 4), Math.PI / 4);
  const cut = 0.5 * m.pick(...QUARTER_CUT);
  return m.where(above, m.add(eighth, m.add(angle, cut)), angle);
}

/**
 * The arc tangent.
 *
 * @param m The arithmetic.
 * @param x Any number.
 * @returns The expression.
 */
export function atan(m: Arithmetic, x: Expr): Expr {
  const size = m.absolute(x);
  const large = m.less(1, size);
  const infinite = m.equal(size, Infinity);
  const low = m.where(large, 1, size);
  const high = m.where(large, size, 1);
  const angle = atanOfRatio(
    m,
    m.where(infinite, 0, low),
    m.where(infinite, 1, high),
  );
  return m.copySign(m.where(large, from(m, 1, angle), angle), x);
}

/**
 * The angle of a point.
 *
 * @param m The arithmetic.
 * @param y Its second coordinate.
 * @param x Its first coordinate.
 * @returns The expression.
 */
export function atan2(m: Arithmetic, y: Expr, x: Expr): Expr {
  const [a, b] = [m.absolute(y), m.absolute(x)];
  const steep = m.less(b, a);
  const low = m.where(steep, b, a);
  const high = m.where(steep, a, b);
  // 0 over 0 is as 0 over 1, infinite over infinite as 1 over 1, and sums of
  // large numbers must not become infinite.
  const infinite = m.equal(high, Infinity);
  const equal = m.where(m.equal(low, Infinity), 1, m.multiply(low, 0));
  const scale = m.where(m.less(1, high), m.pick(2 ** -24, 2 ** -54), 1);
  const angle = atanOfRatio(
    m,
    m.where(infinite, equal, m.multiply(low, scale)),
    m.where(
      infinite,
      1,
      m.where(m.equal(high, 0), 1, m.multiply(high, scale)),
    ),
  );
  const first = m.where(steep, from(m, 1, angle), angle);
  const left = m.less(m.copySign(1, x), 0);
  return m.copySign(m.where(left, from(m, 2, first), first), y);
}
