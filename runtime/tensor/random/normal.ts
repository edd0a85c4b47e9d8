/**
 * Normal random numbers.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { checkShape, type Shape, sizeOf } from "../../device/shapes.ts";
import {
  add,
  cast,
  divide,
  greater,
  log,
  multiply,
  negative,
  sqrt,
  square,
  subtract,
  where,
} from "../elementwise.ts";
import { reshape } from "../movement.ts";
import type { Tensor } from "../tensor.ts";
import { type Key, requireKey } from "./key.ts";
import { drawHalves, type RandomOptions } from "./uniform.ts";

/** Dtype and moments of normal numbers. */
export interface NormalOptions<D extends FloatDType> extends RandomOptions<D> {
  /** The mean; default 0. */
  readonly mean?: number;
  /** The standard deviation, at least 0; default 1. */
  readonly deviation?: number;
}

/**
 * Independent normal numbers, by the inverse of the normal distribution function
 * (Wichura's algorithm AS 241) at uniform numbers that are the same on every device.
 * The inverse is good to 1e-15 relative in f64 and to 8 ulps in f32 on the reference
 * device; the distribution ends at ±8.3 (f64) or ±5.3 (f32 and f16), which is where
 * the uniform numbers end.
 *
 * @param key The key; not to be used for anything else.
 * @param shape Shape of the result.
 * @param options Dtype, mean and standard deviation.
 * @returns The numbers.
 * @throws {ParameterError} The mean or deviation is not usable.
 * @throws {ShapeError} The key is no key, or the shape no shape.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.random.normal(wf.random.key(1), [1000], { dtype: "f64" });
 * const deviation = await wf.std(x).item();
 * console.log(Math.abs(deviation - 1) < 0.1); // true
 * ```
 */
export function normal<D extends FloatDType = "f32">(
  key: Key,
  shape: Shape,
  options: NormalOptions<D> = {},
): Tensor<D> {
  requireKey("normal", key);
  checkShape("normal", shape);
  const { mean = 0, deviation = 1, dtype = "f32" as D } = options;
  if (!Number.isFinite(mean) || !(deviation >= 0 && deviation < Infinity)) {
    throw new ParameterError(
      `Cannot draw normal numbers of mean ${mean} and deviation ${deviation}`,
      { expected: "finite numbers, the deviation not negative" },
    );
  }
  const draws = sizeOf(shape);
  const standard = dtype === "f64"
    ? standardNormal(key, draws, "f64")
    : standardNormal(key, draws, "f32");
  const shaped = reshape(cast(standard, dtype), shape);
  const scaled = deviation === 1 ? shaped : multiply(shaped, deviation);
  return mean === 0 ? scaled : add(scaled, mean);
}

function standardNormal<D extends "f64" | "f32">(
  key: Key,
  draws: number,
  dtype: D,
): Tensor<D> {
  const { size, upper } = drawHalves(key, draws, dtype);
  const distance = normalTailQuantile(size);
  return where(upper, distance, negative(distance));
}

// Coefficients of rational approximations, constant term first: Wichura,
// Algorithm AS 241: the percentage points of the normal distribution (1988),
// routine PPND16.
const CENTRE: Rational = [[
  3.3871328727963666080,
  133.14166789178437745,
  1971.5909503065514427,
  13731.693765509461125,
  45921.953931549871457,
  67265.770927008700853,
  33430.575583588128105,
  2509.0809287301226727,
], [
  1,
  42.313330701600911252,
  687.18700749205790830,
  5394.1960214247511077,
  21213.794301586595867,
  39307.895800092710610,
  28729.085735721942674,
  5226.4952788528545610,
]];
const SHOULDER: Rational = [[
  1.42343711074968357734,
  4.63033784615654529590,
  5.76949722146069140550,
  3.64784832476320460504,
  1.27045825245236838258,
  0.241780725177450611770,
  2.27238449892691845833e-2,
  7.74545014278341407640e-4,
], [
  1,
  2.05319162663775882187,
  1.67638483018380384940,
  0.689767334985100004550,
  0.148103976427480074590,
  1.51986665636164571966e-2,
  5.47593808499534494600e-4,
  1.05075007164441684324e-9,
]];
const TAIL: Rational = [[
  6.65790464350110377720,
  5.46378491116411436990,
  1.78482653991729133580,
  0.296560571828504891230,
  2.65321895265761230930e-2,
  1.24266094738807843860e-3,
  2.71155556874348757815e-5,
  2.01033439929228813265e-7,
], [
  1,
  0.599832206555887937690,
  0.136929880922735805310,
  1.48753612908506148525e-2,
  7.86869131145613259100e-4,
  1.84631831751005468180e-5,
  1.42151175831644588870e-7,
  2.04426310338993978564e-15,
]];

type Rational = readonly [readonly number[], readonly number[]];

/**
 * How far out a tail of the normal distribution begins: the `z > 0` with
 * `P(Z > z) = p`.
 *
 * @param p Probabilities in (0, 1/2).
 * @returns The distances, of the same shape.
 */
export function normalTailQuantile<D extends "f64" | "f32">(
  p: Tensor<D>,
): Tensor<D> {
  const fromMiddle = subtract(0.5, p);
  const central = multiply(
    fromMiddle,
    quotient(CENTRE, subtract(0.180625, square(fromMiddle))),
  );
  const r = sqrt(negative(log(p)));
  const shoulder = quotient(SHOULDER, subtract(r, 1.6));
  // Numbers in f32 never get as far as the third range.
  const outer = p.dtype === "f32"
    ? shoulder
    : where(greater(r, 5), quotient(TAIL, subtract(r, 5)), shoulder);
  return where(greater(fromMiddle, 0.425), outer, central);
}

function quotient<D extends FloatDType>(
  [numerator, denominator]: Rational,
  x: Tensor<D>,
): Tensor<D> {
  return divide(polynomial(numerator, x), polynomial(denominator, x));
}

function polynomial<D extends FloatDType>(
  coefficients: readonly number[],
  x: Tensor<D>,
): Tensor<D> {
  let sum = multiply(x, coefficients.at(-1)!);
  for (let i = coefficients.length - 2; i > 0; i--) {
    sum = multiply(add(sum, coefficients[i]!), x);
  }
  return add(sum, coefficients[0]!);
}
