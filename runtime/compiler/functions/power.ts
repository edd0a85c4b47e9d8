/**
 * Powers and remainders of floats.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { ATANH_32, ATANH_64 } from "./coefficients.ts";
import { exp, LOG2_HIGH, LOG2_LOW } from "./exponential.ts";
import { scaled } from "./logarithm.ts";

/** Whole exponents up to here are multiplied out. */
const MULTIPLIED = 4;

/** A number in two parts, the second small. */
interface Pair {
  readonly high: Expr;
  readonly low: Expr;
}

/** The sum of two numbers, exactly. */
function sumOf(m: Arithmetic, a: Expr, b: Expr): Pair {
  const high = m.add(a, b);
  const other = m.subtract(high, a);
  const low = m.add(
    m.subtract(a, m.subtract(high, other)),
    m.subtract(b, other),
  );
  return { high, low };
}

/** The logarithm of a positive normal number, to more digits than one holds. */
function logPair(m: Arithmetic, x: Expr, lift: Expr | undefined): Pair {
  const parts = scaled(m, x);
  const e = lift === undefined ? parts.e : m.subtract(parts.e, lift);
  const f = m.subtract(parts.m, 1);
  const divisor = m.add(parts.m, 1);
  const divisorCut = m.subtract(parts.m, m.subtract(divisor, 1));
  // s = f / divisor, and what the division cut off.
  const s = m.divide(f, divisor);
  const back = m.multiply(s, divisor);
  const short = m.subtract(
    m.subtract(f, back),
    m.add(m.productRest(s, divisor, back), m.multiply(s, divisorCut)),
  );
  const sLow = m.divide(short, divisor);
  const z = m.multiply(s, s);
  const series = m.multiply(z, m.polynomial(z, m.pick(ATANH_32, ATANH_64)));
  const low = m.add(m.multiply(s, series), m.add(sLow, sLow));
  const whole = m.multiply(e, m.pick(...LOG2_HIGH));
  const sum = sumOf(m, whole, m.add(s, s));
  const rest = m.multiplyAdd(e, m.pick(...LOG2_LOW), low);
  return { high: sum.high, low: m.add(sum.low, rest) };
}

/** `x ** b` of a positive normal x and an exponent that is not huge. */
function core(m: Arithmetic, x: Expr, b: Expr, lift?: Expr): Expr {
  const logarithm = logPair(m, x, lift);
  // In order, so that the first product is nearly all of the result.
  const { high, low } = sumOf(m, logarithm.high, logarithm.low);
  const product = m.multiply(b, high);
  const rest = m.add(
    m.productRest(b, high, product),
    m.multiply(b, low),
  );
  const bound = m.pick(200, 2000);
  const held = m.atLeast(m.atMost(product, bound), -bound);
  return exp(m, held, m.where(m.equal(held, product), rest, 0));
}

/**
 * A power of floats, as `Math.pow` has it.
 *
 * @param m The arithmetic.
 * @param a The base.
 * @param b The exponent.
 * @returns The expression.
 */
export function power(m: Arithmetic, a: Expr, b: Expr): Expr {
  const known = b.op === "constant" ? knownPower(m, a, b.value) : undefined;
  if (known !== undefined) return known;
  const smallest = m.pick(2 ** -126, 2 ** -1022);
  const huge = m.pick(1e12, 1e25);
  const usual = m.both(
    m.both(m.lessEqual(smallest, a), m.less(a, Infinity)),
    m.less(m.absolute(b), huge),
  );
  return m.rarely(
    m.not(usual),
    special(m, a, b, smallest, huge),
    core(m, a, b),
  );
}

function special(
  m: Arithmetic,
  a: Expr,
  b: Expr,
  smallest: number,
  huge: number,
): Expr {
  const size = m.absolute(a);
  const lift = m.pick(30, 60);
  const small = m.less(size, smallest);
  const lifted = m.where(small, m.multiply(size, 2 ** lift), size);
  // Any positive number does where the result is known otherwise.
  const normal = m.both(m.less(0, size), m.less(size, Infinity));
  const held = m.atLeast(m.atMost(b, huge), -huge);
  const exponent = m.where(m.equal(b, b), held, 1);
  const finite = core(
    m,
    m.where(normal, lifted, 1),
    exponent,
    m.where(m.both(normal, small), lift, 0),
  );
  const zero = m.equal(size, 0);
  const infinite = m.equal(size, Infinity);
  const falls = m.less(b, 0);
  const ofZero = m.where(falls, Infinity, 0);
  const ofInfinity = m.where(falls, 0, Infinity);
  const magnitude = m.where(
    zero,
    ofZero,
    m.where(infinite, ofInfinity, finite),
  );
  const whole = m.equal(m.trunc(b), b);
  const half = m.multiply(b, 0.5);
  const odd = m.both(whole, m.not(m.equal(m.floor(half), half)));
  const signed = m.where(odd, m.copySign(magnitude, a), magnitude);
  // No power: of NaN, of numbers below 0, and of 1 where b is infinite.
  const fraction = m.both(
    m.both(m.less(a, 0), m.not(whole)),
    m.not(infinite),
  );
  const unknown = m.both(
    m.equal(size, 1),
    m.equal(m.absolute(b), Infinity),
  );
  const numbers = m.both(m.equal(a, a), m.equal(b, b));
  const none = m.either(m.either(fraction, unknown), m.not(numbers));
  return m.where(m.equal(b, 0), 1, m.where(none, NaN, signed));
}

/** Powers whose exponent is known beforehand, where they are simple. */
function knownPower(m: Arithmetic, a: Expr, b: number): Expr | undefined {
  if (b === 0) return m.of(1);
  if (b === 0.5) {
    // The root of -∞ is no number, but its power is ∞; that of -0 is 0.
    const root = m.sqrt(m.add(a, 0));
    return m.where(m.equal(a, -Infinity), Infinity, root);
  }
  const count = Math.abs(b);
  if (!Number.isInteger(b) || count > MULTIPLIED) return undefined;
  let result = a;
  if (count === 2 || count === 4) result = m.multiply(a, a);
  if (count === 4) result = m.multiply(result, result);
  if (count === 3) result = m.multiply(m.multiply(a, a), a);
  return b < 0 ? m.divide(1, result) : result;
}

/**
 * The remainder of floats with the sign of the divisor.
 *
 * @param m The arithmetic.
 * @param a The dividend.
 * @param b The divisor.
 * @returns The expression.
 */
export function remainder(m: Arithmetic, a: Expr, b: Expr): Expr {
  const q = m.floor(m.divide(a, b));
  const product = m.multiply(q, b);
  const raw = m.subtract(
    m.subtract(a, product),
    m.productRest(q, b, product),
  );
  // The quotient may have been rounded to the next whole number.
  const below = m.less(m.multiply(raw, m.copySign(1, b)), 0);
  const lifted = m.where(below, m.add(raw, b), raw);
  const above = m.less(m.absolute(b), m.absolute(lifted));
  const rest = m.where(above, m.subtract(lifted, b), lifted);
  const usual = m.both(
    m.less(m.absolute(q), m.pick(2 ** 22, 2 ** 24)),
    m.both(
      m.less(m.absolute(b), 1e30),
      m.less(1e-20, m.absolute(b)),
    ),
  );
  return m.rarely(
    m.not(usual),
    m.pool.make("remainder", m.dtype, [a, b]),
    m.where(m.equal(rest, 0), m.copySign(0, a), rest),
  );
}
