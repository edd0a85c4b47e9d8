/**
 * Complex numbers as pairs of tensors.
 *
 * @module
 */

import type { FloatDType } from "../../../device/dtypes.ts";
import { add, multiply, subtract } from "../../elementwise.ts";
import type { Tensor } from "../../tensor.ts";

/** Complex numbers: two tensors of one dtype and shape. */
export interface ComplexPair<D extends FloatDType = FloatDType> {
  /** Real parts. */
  readonly real: Tensor<D>;
  /** Imaginary parts. */
  readonly imaginary: Tensor<D>;
}

/**
 * Products of complex numbers.
 *
 * @param a One factor.
 * @param b The other; broadcast.
 * @returns The products.
 */
export function complexMultiply<D extends FloatDType>(
  a: ComplexPair<D>,
  b: ComplexPair<D>,
): ComplexPair<D> {
  return {
    real: subtract(
      multiply(a.real, b.real),
      multiply(a.imaginary, b.imaginary),
    ),
    imaginary: add(
      multiply(a.real, b.imaginary),
      multiply(a.imaginary, b.real),
    ),
  };
}

/**
 * The same function of real and imaginary parts.
 *
 * @param x Complex numbers.
 * @param fn A linear function.
 * @returns What it gives.
 */
export function eachPart<D extends FloatDType, E extends FloatDType = D>(
  x: ComplexPair<D>,
  fn: (part: Tensor<D>) => Tensor<E>,
): ComplexPair<E> {
  return { real: fn(x.real), imaginary: fn(x.imaginary) };
}
