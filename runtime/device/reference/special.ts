/**
 * Special functions in double precision, good to about 1e-14 of their value
 * (1e-13 far out in the tails): power series near zero, continued fractions and
 * asymptotic series beyond.
 *
 * @module
 */

export { sameBits } from "./bits.ts";

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
const SERIES_LIMIT = 2;

/** `erf` for |x| up to 2, by its series with all terms of one sign. */
function erfSeries(x: number): number {
  const square = 2 * x * x;
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= square / odd;
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** `exp(x²) erfc(x)` for x of at least 2, by its continued fraction. */
function scaledErfcFraction(x: number): number {
  // Evaluated from a fixed depth upwards; the depth needed falls with x.
  const depth = Math.ceil(10 + 260 / (x * x));
  let fraction = 0;
  for (let k = depth; k > 0; k--) fraction = (k / 2) / (x + fraction);
  return 1 / (Math.sqrt(Math.PI) * (x + fraction));
}

/** `exp(-x²)` without the error that rounding x² would bring. */
function expMinusSquare(x: number): number {
  const high = Math.fround(x);
  const low = x - high;
  return Math.exp(-high * high) * Math.exp(-low * (x + high));
}

/**
 * The error function.
 *
 * @param x Any number.
 * @returns A value in [-1, 1].
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size <= SERIES_LIMIT) return x === 0 ? x : erfSeries(x);
  if (Number.isNaN(x)) return x;
  if (size > 6) return Math.sign(x);
  return Math.sign(x) * (1 - expMinusSquare(size) * scaledErfcFraction(size));
}

/**
 * The complementary error function, accurate in its tail.
 *
 * @param x Any number.
 * @returns `1 - erf(x)`.
 */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0.5) return 1 - erf(x);
  if (x > 27.3) return 0;
  if (x <= SERIES_LIMIT) return erfcMiddle(x);
  return expMinusSquare(x) * scaledErfcFraction(x);
}

/** `erfc` on [0.5, 2]: Taylor series about the nearest multiple of 1/8. */
function erfcMiddle(x: number): number {
  const centre = Math.round(x * 8) / 8;
  const entry = MIDDLE[Math.round(x * 8)]!;
  const step = x - centre;
  // Derivatives of exp(-x²): Hermite recurrence h(k+1) = -2x h(k) - 2k h(k-1).
  let previous = 0;
  let current = TWO_OVER_SQRT_PI * Math.exp(-centre * centre);
  let power = step;
  let sum = entry;
  for (let k = 0; k < 18; k++) {
    sum -= current * power;
    const next = -2 * centre * current - 2 * k * previous;
    previous = current;
    current = next;
    power *= step / (k + 2);
  }
  return sum;
}

/** `erfc(k/8)` for k = 0…16, by walking down from the continued fraction. */
const MIDDLE: readonly number[] = middleTable();

function middleTable(): number[] {
  const table = new Array<number>(17).fill(0);
  for (let k = 0; k <= 16; k++) {
    const x = k / 8;
    table[k] = x < 1 ? 1 - erfSeries(x) : expMinusSquare(x) * deepScaledErfc(x);
  }
  return table;
}

/** The continued fraction with a depth that is enough from x = 1 on. */
function deepScaledErfc(x: number): number {
  let fraction = 0;
  for (let k = 600; k > 0; k--) fraction = (k / 2) / (x + fraction);
  return 1 / (Math.sqrt(Math.PI) * (x + fraction));
}

/**
 * Logarithm of the standard normal distribution function, accurate in both
 * tails.
 *
 * @param x Any number.
 * @returns `log(Φ(x))`.
 */
export function logNormalCdf(x: number): number {
  const scaled = x * Math.SQRT1_2;
  if (scaled > 0) return Math.log1p(-0.5 * erfc(scaled));
  if (scaled > -SERIES_LIMIT) return Math.log(0.5 * erfc(-scaled));
  if (x === -Infinity) return x;
  return Math.log(0.5 * scaledErfcFraction(-scaled)) - scaled * scaled;
}

/** Bernoulli numbers B2, B4, … for the asymptotic series. */
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

/** From here on the asymptotic series are good to full precision. */
const ASYMPTOTIC_FROM = 12;

/** 1 minus Euler's constant, the slope of lgamma at 2. */
const SLOPE_AT_TWO = 0.42278433509846713939;

/** ζ(k) - 1 over k with alternating signs, for k = 2, 3, …, at first use. */
let zetaTerms: readonly number[] | undefined;

function seriesTerms(): readonly number[] {
  const terms: number[] = [];
  let factorial = 1;
  for (let k = 2; k <= 34; k++) {
    factorial *= k - 1;
    const zeta = Math.abs(polygamma(k - 1, 2)) / factorial;
    terms.push((k % 2 === 0 ? 1 : -1) * zeta / k);
  }
  return terms;
}

/** `lgamma(2 + z)` for |z| up to 1/2. */
function lgammaSeries(z: number): number {
  zetaTerms ??= seriesTerms();
  let sum = 0;
  for (let k = zetaTerms.length; k > 0; k--) sum = sum * z + zetaTerms[k - 1]!;
  return z * (SLOPE_AT_TWO + z * sum);
}

/**
 * Logarithm of the absolute value of the gamma function.
 *
 * @param x Any number.
 * @returns `log|Γ(x)|`; infinity at 0, -1, -2, …
 */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Infinity;
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  if (x < 0.5) {
    const sine = Math.abs(Math.sin(Math.PI * (x - Math.round(x))));
    return Math.log(Math.PI / sine) - lgamma(1 - x);
  }
  // Near its zeros at 1 and 2 by their series, or nothing would be left of it.
  if (x <= 1.5) return lgammaSeries(x - 1) - Math.log1p(x - 1);
  if (x <= 2.5) return lgammaSeries(x - 2);
  let product = 1;
  let argument = x;
  while (argument < ASYMPTOTIC_FROM) product *= argument++;
  const inverse = 1 / (argument * argument);
  let series = 0;
  for (let k = BERNOULLI.length; k > 0; k--) {
    series = series * inverse + BERNOULLI[k - 1]! / (2 * k * (2 * k - 1));
  }
  return (argument - 0.5) * Math.log(argument) - argument + HALF_LOG_TWO_PI +
    series / argument - Math.log(product);
}

/**
 * Derivatives of the logarithm of the gamma function.
 *
 * @param order 0 for digamma, 1 for trigamma, …
 * @param x Any number above -1,000,000.
 * @returns The derivative `order + 1` of `lgamma`; NaN at poles and below.
 */
export function polygamma(order: number, x: number): number {
  if (Number.isNaN(x) || x === -Infinity || x < -1e6) return NaN;
  if (x <= 0 && Number.isInteger(x)) return NaN;
  if (order === 0) return digamma(x);
  // sign × order! × Σ 1/(x + k)^(order + 1), the tail by Euler-Maclaurin.
  let factorial = 1;
  for (let k = 2; k <= order; k++) factorial *= k;
  let sum = 0;
  let argument = x;
  while (argument < ASYMPTOTIC_FROM + order) {
    sum += Math.pow(argument, -order - 1);
    argument += 1;
  }
  const inverse = 1 / (argument * argument);
  let tail = 1 / order + 0.5 / argument;
  // (2k + order - 1)! / ((2k)! order!), built up with k.
  let weight = 0.5 * (order + 1);
  let power = inverse;
  for (let k = 1; k <= BERNOULLI.length; k++) {
    tail += BERNOULLI[k - 1]! * weight * power;
    weight *= ((2 * k + order) * (2 * k + order + 1)) /
      ((2 * k + 1) * (2 * k + 2));
    power *= inverse;
  }
  sum += tail * Math.pow(argument, -order);
  return (order % 2 === 0 ? -1 : 1) * factorial * sum;
}

function digamma(x: number): number {
  if (x < 0) {
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
  }
  let sum = 0;
  let argument = x;
  while (argument < ASYMPTOTIC_FROM) sum -= 1 / argument++;
  const inverse = 1 / (argument * argument);
  let series = 0;
  for (let k = BERNOULLI.length; k > 0; k--) {
    series = series * inverse + BERNOULLI[k - 1]! / (2 * k);
  }
  return sum + Math.log(argument) - 0.5 / argument - series * inverse;
}

/**
 * Rounds halves to the even neighbour.
 *
 * @param x Any number.
 * @returns The nearest whole number.
 */
export function roundHalfEven(x: number): number {
  if (Math.abs(x) >= 4503599627370496 || Number.isNaN(x)) return x;
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1 === 0 ? -0 : floor + 1;
  const even = floor % 2 === 0 ? floor : floor + 1;
  return even === 0 && x < 0 ? -0 : even;
}

/**
 * Remainder with the sign of the divisor, as in Python and NumPy.
 *
 * @param a Dividend.
 * @param b Divisor.
 * @returns `a - b * floor(a / b)`, exactly.
 */
export function floorRemainder(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && (rest < 0) !== (b < 0) ? rest + b : rest;
}

/**
 * Truncates to a range of whole numbers; NaN gives 0.
 *
 * @param x Any number.
 * @param low Smallest result.
 * @param high Largest result.
 * @returns The whole number.
 */
export function saturate(x: number, low: number, high: number): number {
  if (!(x > low)) return Number.isNaN(x) ? 0 : low;
  return x < high ? Math.trunc(x) : high;
}

/**
 * The logistic function, without overflow.
 *
 * @param x Any number.
 * @returns `1 / (1 + exp(-x))`.
 */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const small = Math.exp(x);
  return small / (1 + small);
}

/**
 * `log(1 + exp(x))`, without overflow.
 *
 * @param x Any number.
 * @returns A number of at least 0.
 */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Power of whole numbers modulo 2³², by squaring.
 *
 * @param base The base.
 * @param exponent The exponent; a negative one gives 0 but for base 1 and -1.
 * @returns The power, as a signed 32-bit number.
 */
export function integerPower(base: number, exponent: number): number {
  if (exponent < 0) {
    if (base === 1) return 1;
    if (base === -1) return exponent % 2 === 0 ? 1 : -1;
    return 0;
  }
  let result = 1;
  let square = base | 0;
  for (let rest = exponent >>> 0; rest > 0; rest >>>= 1) {
    if (rest & 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}
