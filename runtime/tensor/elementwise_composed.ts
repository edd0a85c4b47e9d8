/**
 * Elementwise functions that are composed of others so that no digits are lost
 * where the textbook formula would lose them.
 *
 * @module
 */

import { DTypeError } from "../core/errors.ts";
import type { DType, FloatDType } from "../device/dtypes.ts";
import {
  absolute,
  add,
  divide,
  equal,
  exp,
  greater,
  isFinite,
  isInf,
  less,
  log,
  log1p,
  logicalAnd,
  logicalOr,
  maximum,
  multiply,
  negative,
  type Operand,
  reciprocal,
  sqrt,
  square,
  stopGradient,
  subtract,
  where,
} from "./elementwise.ts";
import { requireFloat, unify } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** From about one over the root of the rounding error, `x² + 1` is `x²`. */
const LARGE: Readonly<Record<FloatDType, number>> = {
  f64: 2 ** 28,
  f32: 2 ** 13,
  f16: 2 ** 6,
};

function isLarge(x: Tensor): Tensor<"bool"> {
  return greater(x, LARGE[x.dtype as FloatDType]);
}

/**
 * Inverse hyperbolic sine, within a few roundings of its value for all
 * arguments, however small or large.
 *
 * @param x Floats.
 * @returns The values.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1e-20, 0.75, 1e300], { dtype: "f64" });
 * console.log(await wf.asinh(x).toArray()); // 1e-20, log(2), 691.4…
 * ```
 */
export function asinh<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireFloat("asinh", x);
  const below = signBit(x);
  // Not `absolute`, whose gradient at 0 would be 0.
  const size = where(below, negative(x), x);
  const large = isLarge(size);
  const small = where(large, 1, size);
  const root = sqrt(add(square(small), 1));
  const value = where(
    large,
    add(log(where(large, size, 1)), Math.LN2),
    log1p(add(small, divide(square(small), add(root, 1)))),
  );
  return where(below, negative(value), value);
}

/**
 * Inverse hyperbolic cosine, not negative, within a few roundings of its value
 * also near 1; NaN below 1. Its gradient at 1 is infinite.
 *
 * @param x Floats.
 * @returns The values.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([0, 1, 1.25], { dtype: "f64" });
 * console.log(await wf.acosh(x).toArray()); // NaN, 0, log(2)
 * ```
 */
export function acosh<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireFloat("acosh", x);
  const large = isLarge(x);
  const above = subtract(where(large, 2, x), 1);
  const root = multiply(sqrt(above), sqrt(add(above, 2)));
  return where(
    large,
    add(log(where(large, x, 1)), Math.LN2),
    log1p(add(above, root)),
  );
}

/**
 * Inverse hyperbolic tangent, within a few roundings of its value also near 0
 * and 1; infinite at -1 and 1, NaN beyond.
 *
 * @param x Floats.
 * @returns The values.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([0.6, 1], { dtype: "f64" });
 * console.log(await wf.atanh(x).toArray()); // log(2), Infinity
 * ```
 */
export function atanh<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireFloat("atanh", x);
  return multiply(subtract(log1p(x), log1p(negative(x))), 0.5);
}

/**
 * Logarithm to the base 10; -Infinity at 0, NaN below.
 *
 * @param x Floats.
 * @returns The logarithms, within two roundings.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log((await wf.log10(wf.tensor(0.01, { dtype: "f64" })).item()).toFixed(12)); // -2.000000000000
 * ```
 */
export function log10<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireFloat("log10", x);
  return multiply(log(x), Math.LOG10E);
}

/**
 * `sqrt(a² + b²)` where the squares would overflow or underflow too, within a
 * few roundings; infinite where one is, even beside NaN. The gradient at (0, 0)
 * is 0.
 *
 * @param a One side.
 * @param b The other; broadcast.
 * @returns The lengths.
 * @throws {DTypeError} When dtypes differ or are no floats.
 * @throws {ShapeError} When shapes do not broadcast.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([3, 3e200], { dtype: "f64" });
 * console.log(await wf.hypot(x, wf.tensor([4, 4e200], { dtype: "f64" })).toArray()); // 5, 4.999…e200
 * ```
 */
export function hypot<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  const [x, y] = unify("hypot", [a, b]) as [Tensor<D>, Tensor<D>];
  requireFloat("hypot", x);
  const infinite = logicalOr(isInf(x), isInf(y));
  const p = where(infinite, 1, x);
  const q = where(infinite, 1, y);
  const larger = stopGradient(maximum(absolute(p), absolute(q)));
  // The length grows with its sides, so what they are measured in is no matter.
  const usable = logicalAnd(greater(larger, 0), isFinite(larger));
  const unit = where(usable, larger, 1);
  const total = add(square(divide(p, unit)), square(divide(q, unit)));
  const isZero = equal(total, 0);
  const length = multiply(sqrt(where(isZero, 1, total)), unit);
  return where(infinite, Infinity, where(isZero, 0, length));
}

/**
 * `log(exp(a) + exp(b))` without overflow. The error is a few roundings of the
 * largest of 1, `|a|` and `|b|`: where the result is near 0, that is not a few
 * roundings of the result.
 *
 * @param a One logarithm.
 * @param b The other; broadcast.
 * @returns The logarithm of the sum; -Infinity where both are.
 * @throws {DTypeError} When dtypes differ or are no floats.
 * @throws {ShapeError} When shapes do not broadcast.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1000, -Infinity], { dtype: "f64" });
 * console.log(await wf.logAddExp(x, x).toArray()); // 1000.69…, -Infinity
 * ```
 */
export function logAddExp<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  const [x, y] = unify("logAddExp", [a, b]) as [Tensor<D>, Tensor<D>];
  requireFloat("logAddExp", x);
  // Equal infinities would give NaN when subtracted.
  const distance = where(equal(x, y), 0, absolute(subtract(x, y)));
  return add(maximum(x, y), log1p(exp(negative(distance))));
}

/**
 * Whether a number is negative, or -0. NaN counts as positive, whatever its
 * bits.
 *
 * @param x Floats.
 * @returns Booleans.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.signBit(wf.tensor([-1, -0, 0])).toArray()); // [1, 1, 0]
 * ```
 */
export function signBit(x: Tensor): Tensor<"bool"> {
  requireFloat("signBit", x);
  // Only the reciprocal tells -0 from 0.
  return logicalOr(
    less(x, 0),
    logicalAnd(equal(x, 0), less(reciprocal(x), 0)),
  );
}

/**
 * The size of `a` with the sign of `b`, where -0 is negative and NaN positive.
 *
 * @param a Sizes.
 * @param b Signs; broadcast.
 * @returns `|a|` or `-|a|`.
 * @throws {DTypeError} When dtypes differ or are no floats.
 * @throws {ShapeError} When shapes do not broadcast.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.copySign(wf.tensor([2, -2]), -1).toArray()); // [-2, -2]
 * ```
 */
export function copySign<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  const [x, y] = unify("copySign", [a, b]) as [Tensor<D>, Tensor<D>];
  requireFloat("copySign", x);
  const size = absolute(x);
  return where(signBit(y), negative(size), size);
}

/**
 * `+x`: the same numbers.
 *
 * @param x Numbers.
 * @returns The same tensor.
 * @throws {DTypeError} When the dtype is bool.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.positive(wf.tensor([-1, 2])).toArray()); // [-1, 2]
 * ```
 */
export function positive<D extends DType>(x: Tensor<D>): Tensor<D> {
  if (x.dtype === "bool") {
    throw new DTypeError('Cannot compute "positive" of dtype "bool"', {
      expected: "a dtype of numbers",
      actual: '"bool"',
      hint: 'Use cast, for example cast(x, "i32")',
    });
  }
  return x;
}
