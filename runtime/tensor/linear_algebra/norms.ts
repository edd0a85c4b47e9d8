/**
 * Norms of vectors and matrices.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import type { DType, FloatDType } from "../../device/dtypes.ts";
import { absolute, notEqual, power } from "../elementwise.ts";
import { expandDims } from "../movement.ts";
import { castTo, requireFloat } from "../node.ts";
import { max, min, norm, type ReduceOptions, sum } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";
import { requireMatrices } from "./checks.ts";
import { svd } from "./svd.ts";

/**
 * Norms of vectors for any order: {@linkcode norm}, and beside it the order 0
 * (how many elements are not 0), negative ones, and minus infinity (the smallest
 * size). Orders from 1 are norms in the sense of mathematics. Squares may
 * overflow or underflow; scale first where that can happen.
 *
 * @param x Floats.
 * @param options Axes, all by default, and `order`, 2 by default.
 * @returns The norms.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When the order is NaN.
 * @throws {ShapeError} When an infinite order has nothing to take it of.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([3, 0, -4]);
 * console.log(await wf.vectorNorm(x).item()); // 5
 * console.log(await wf.vectorNorm(x, { order: 0 }).item()); // 2
 * ```
 */
export function vectorNorm<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions & { readonly order?: number } = {},
): Tensor<D> {
  requireFloat("vectorNorm", x);
  const { order = 2 } = options;
  if (Number.isNaN(order)) {
    throw new ParameterError("Cannot take a vector norm of order NaN", {
      expected: "a number or an infinity",
    });
  }
  if (order > 0) return norm(x, options);
  if (order === 0) return castTo(sum(notEqual(x, 0), options), x.dtype);
  const size = absolute(x);
  if (order === -Infinity) return min(size, options);
  return power(sum(power(size, order), options) as Tensor<D>, 1 / order);
}

/**
 * Which norm of matrices: "frobenius" (root of the sum of squares), "nuclear"
 * (sum of the singular values), 2 and -2 (largest and smallest singular value),
 * 1 and -1 (largest and smallest sum of sizes in a column), Infinity and
 * -Infinity (the same in a row).
 */
export type MatrixNormOrder = "frobenius" | "nuclear" | number;

/** Which norm {@linkcode matrixNorm} takes. */
export interface MatrixNormOptions {
  /** Which norm; "frobenius" by default. */
  readonly order?: MatrixNormOrder;
  /** Whether the two axes stay with length 1; false by default. */
  readonly keepDims?: boolean;
}

/**
 * Norms of matrices.
 *
 * @param a Matrices, `[..., m, n]`.
 * @param options `order`, "frobenius" by default, and `keepDims`.
 * @returns The norms, `[...]`.
 * @throws {DTypeError} When the dtype is no float.
 * @throws {ParameterError} When there is no norm of that order.
 * @throws {ShapeError} There are fewer than two axes, or matrices of no elements
 * have no largest or smallest.
 * @throws {NumericalError} On reading a norm of singular values: a matrix holds
 * NaN or infinity.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[0, 3], [4, 0]], { dtype: "f64" });
 * console.log(await wf.matrixNorm(a).item()); // 5
 * console.log(await wf.matrixNorm(a, { order: 2 }).item()); // 4
 * ```
 */
export function matrixNorm<D extends FloatDType>(
  a: Tensor<D>,
  options: MatrixNormOptions = {},
): Tensor<D> {
  requireMatrices("matrixNorm", a);
  const { order = "frobenius", keepDims = false } = options;
  const result = normOf(a, order);
  return keepDims ? expandDims(expandDims(result, -1), -1) : result;
}

function normOf<D extends FloatDType>(
  a: Tensor<D>,
  order: MatrixNormOrder,
): Tensor<D> {
  const last = { axis: -1 };
  const ofSizes = (axis: number) => sum(absolute(a), { axis }) as Tensor<D>;
  switch (order) {
    case "frobenius":
      return norm(a, { axis: [-2, -1] });
    case "nuclear":
      return sum(svd(a).s, last) as Tensor<D>;
    case 2:
      return max(svd(a).s, last);
    case -2:
      return min(svd(a).s, last);
    case 1:
      return max(ofSizes(-2), last);
    case -1:
      return min(ofSizes(-2), last);
    case Infinity:
      return max(ofSizes(-1), last);
    case -Infinity:
      return min(ofSizes(-1), last);
    default:
      throw new ParameterError(`Cannot take a matrix norm of order ${order}`, {
        expected: '"frobenius", "nuclear", 1, -1, 2, -2, Infinity or -Infinity',
        actual: String(order),
      });
  }
}
