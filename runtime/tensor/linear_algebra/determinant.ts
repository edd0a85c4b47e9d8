/**
 * Determinants.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { less, multiply, where } from "../elementwise.ts";
import { expandDims, transpose } from "../movement.ts";
import { constant } from "../node.ts";
import { defineRoutine } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { requireSquare } from "./checks.ts";
import { floats, sumOf } from "./matrix_calculus.ts";
import { inverse } from "./solve.ts";

const factor = defineRoutine({
  name: "determinant",
  outputs: ([a]) => {
    const spec = { dtype: a!.dtype, shape: a!.shape.slice(0, -2) };
    return [spec, spec, spec];
  },
  gradient: ({ inputs, outputs, cotangents }) => {
    const [, ofLog, ofValue] = floats(cotangents);
    const scale = sumOf(
      ofLog,
      ofValue && multiply(ofValue, floats(outputs)[2]!),
    );
    if (scale === undefined) return [undefined];
    const turned = transpose(inverse(floats(inputs)[0]!));
    return [multiply(turned, expandDims(expandDims(scale, -1), -1))];
  },
});

/** Sign and size of determinants. */
export interface SignLogDet<D extends FloatDType> {
  /** -1, 0 or 1, `[...]`; its gradient is zero. */
  readonly sign: Tensor<D>;
  /** Logarithm of the absolute determinant, `[...]`; `-Infinity` for sign 0. */
  readonly logAbsolute: Tensor<D>;
}

/**
 * Sign and logarithm of the absolute determinant, by LU with partial pivoting;
 * safe where the determinant itself would overflow.
 *
 * @param a Square matrices, `[..., n, n]`.
 * @returns The sign and the logarithm, each `[...]`.
 * @throws {ShapeError} The matrices are not square.
 * @throws {DTypeError} The dtype is no float.
 * @throws {NumericalError} On reading the gradient: a matrix is singular.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[0, 2], [2, 0]], { dtype: "f64" });
 * const { sign, logAbsolute } = wf.signLogDet(a);
 * console.log(await sign.item(), await logAbsolute.item()); // -1, log(4)
 * ```
 */
export function signLogDet<D extends FloatDType>(
  a: Tensor<D>,
): SignLogDet<D> {
  const [sign, logAbsolute] = determinants("signLogDet", a);
  return { sign, logAbsolute };
}

/**
 * Logarithm of determinants. For a positive definite matrix whose Cholesky factor
 * is at hand, twice the sum of the logarithms of its diagonal takes less work.
 *
 * @param a Square matrices, `[..., n, n]`.
 * @returns Logarithms, `[...]`: NaN where the determinant is negative, `-Infinity`
 * where it is zero.
 * @throws {ShapeError} The matrices are not square.
 * @throws {DTypeError} The dtype is no float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[2, 1], [1, 1]], { dtype: "f64" });
 * console.log(Math.abs(await wf.logDet(a).item()) < 1e-15); // true
 * ```
 */
export function logDet<D extends FloatDType>(a: Tensor<D>): Tensor<D> {
  const { sign, logAbsolute } = signLogDet(a);
  return where(less(sign, 0), constant(NaN, a.dtype), logAbsolute);
}

/**
 * Determinants. They overflow and underflow easily: see {@linkcode signLogDet}.
 *
 * @param a Square matrices, `[..., n, n]`.
 * @returns Determinants, `[...]`.
 * @throws {ShapeError} The matrices are not square.
 * @throws {DTypeError} The dtype is no float.
 * @throws {NumericalError} On reading the gradient: a matrix is singular.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[1, 2], [3, 4]], { dtype: "f64" });
 * console.log(await wf.det(a).item()); // -2
 * ```
 */
export function det<D extends FloatDType>(a: Tensor<D>): Tensor<D> {
  return determinants("det", a)[2];
}

/** Sign, logarithm of the absolute value, and value of determinants. */
function determinants<D extends FloatDType>(
  name: string,
  a: Tensor<D>,
): [Tensor<D>, Tensor<D>, Tensor<D>] {
  requireSquare(name, a);
  return factor([a], {}) as [Tensor<D>, Tensor<D>, Tensor<D>];
}
