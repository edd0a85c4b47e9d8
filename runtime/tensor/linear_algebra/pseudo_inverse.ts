/**
 * Rank, pseudo-inverse and least squares, from the singular values.
 *
 * Source of the gradient: Golub and Pereyra, The differentiation of
 * pseudo-inverses and nonlinear least squares problems whose variables separate
 * (1973).
 *
 * @module
 */

import { ParameterError, ShapeError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { formatShape } from "../../device/shapes.ts";
import { matmul } from "../contraction.ts";
import { add, greater, multiply, subtract } from "../elementwise.ts";
import { customGradient } from "../custom.ts";
import { expandDims, squeeze, transpose } from "../movement.ts";
import { unify } from "../node.ts";
import { max, sum } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";
import { requireMatrices } from "./checks.ts";
import { type AnyFloat, EPSILON, safeReciprocal } from "./matrix_calculus.ts";
import { type Svd, svd } from "./svd.ts";

/** Which singular values count as zero. */
export interface RankOptions {
  /**
   * Those up to this part of the largest one; by default the longer side of the
   * matrices times the rounding error of the dtype.
   */
  readonly relativeTolerance?: number;
}

function toleranceOf(
  name: string,
  a: AnyFloat,
  { relativeTolerance }: RankOptions,
): number {
  requireMatrices(name, a);
  if (relativeTolerance === undefined) {
    return Math.max(a.shape.at(-2)!, a.shape.at(-1)!) * EPSILON[a.dtype];
  }
  if (!(relativeTolerance >= 0 && relativeTolerance < Infinity)) {
    throw new ParameterError(
      `Cannot use ${relativeTolerance} as the relative tolerance of "${name}"`,
      {
        expected: "a finite number that is not negative",
        actual: String(relativeTolerance),
      },
    );
  }
  return relativeTolerance;
}

/** What counts as zero, `[..., 1]`. */
function cutoffOf<D extends FloatDType>(
  values: Tensor<D>,
  tolerance: number,
): Tensor<D> {
  // The values descend; without any, there is nothing to compare.
  const largest = values.shape.at(-1) === 0
    ? sum(values, { axis: -1, keepDims: true }) as Tensor<D>
    : max(values, { axis: -1, keepDims: true });
  return multiply(largest, tolerance);
}

function countAbove<D extends FloatDType>(
  values: Tensor<D>,
  tolerance: number,
): Tensor<"i32"> {
  return sum(greater(values, cutoffOf(values, tolerance)), { axis: -1 });
}

/**
 * Rank of matrices: how many singular values do not count as zero.
 *
 * @param a Matrices, `[..., m, n]`.
 * @param options `relativeTolerance`.
 * @returns The ranks, i32 `[...]`.
 * @throws {DTypeError} The dtype is no float.
 * @throws {ParameterError} The tolerance is negative or not finite.
 * @throws {ShapeError} There are fewer than two axes.
 * @throws {NumericalError} On reading: a matrix holds NaN or infinity.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[1, 2], [2, 4]], { dtype: "f64" });
 * console.log(await wf.matrixRank(a).item()); // 1
 * ```
 */
export function matrixRank<D extends FloatDType>(
  a: Tensor<D>,
  options: RankOptions = {},
): Tensor<"i32"> {
  const tolerance = toleranceOf("matrixRank", a, options);
  return countAbove(svd(a).s, tolerance);
}

/**
 * The pseudo-inverse of Moore and Penrose. Its gradient holds while the rank
 * stays; where it changes, the pseudo-inverse jumps and has none.
 *
 * @param a Matrices, `[..., m, n]`.
 * @param options `relativeTolerance`.
 * @returns Pseudo-inverses, `[..., n, m]`.
 * @throws {DTypeError} The dtype is no float.
 * @throws {ParameterError} The tolerance is negative or not finite.
 * @throws {ShapeError} There are fewer than two axes.
 * @throws {NumericalError} On reading: a matrix holds NaN or infinity.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[2, 0], [0, 0], [0, 4]], { dtype: "f64" });
 * console.log(await wf.pinv(a).toArray()); // [[0.5, 0, 0], [0, 0, 0.25]]
 * ```
 */
export function pinv<D extends FloatDType>(
  a: Tensor<D>,
  options: RankOptions = {},
): Tensor<D> {
  const tolerance = toleranceOf("pinv", a, options);
  return invert(a, svd(a), tolerance);
}

/**
 * The pseudo-inverse from the factors of a matrix. Its gradient is its own, as
 * that of singular vectors leaves out what belongs to equal values.
 */
function invert<D extends FloatDType>(
  a: Tensor<D>,
  { u, s, vt }: Svd<D>,
  tolerance: number,
): Tensor<D> {
  const inverses = safeReciprocal(s, cutoffOf<FloatDType>(s, tolerance));
  const scaled = multiply<FloatDType>(transpose(vt), expandDims(inverses, -2));
  const value = matmul<FloatDType>(scaled, transpose(u));
  const withGradient = customGradient(
    (_: AnyFloat): AnyFloat => value,
    ({ inputs: [x], output, cotangent }) => {
      const turned = transpose(output);
      const change = transpose(cotangent);
      // What the cotangent sees outside of the ranges of A and of its transpose.
      const left = subtract(change, matmul(matmul(x, output), change));
      const right = subtract(change, matmul(change, matmul(output, x)));
      const outside = add(
        matmul(left, matmul(output, turned)),
        matmul(matmul(turned, output), right),
      );
      return [subtract(outside, matmul(matmul(turned, cotangent), turned))];
    },
  );
  return withGradient(a) as Tensor<D>;
}

/** What {@linkcode lstsq} finds. */
export interface LeastSquares<D extends FloatDType> {
  /** Solutions, `[..., n, k]`, or `[..., n]` for a vector. */
  readonly solution: Tensor<D>;
  /** Ranks of the matrices, i32 `[...]`. */
  readonly rank: Tensor<"i32">;
  /** Singular values of the matrices, descending, `[..., min(m, n)]`. */
  readonly singularValues: Tensor<D>;
}

/**
 * Least squares: the `X` with the smallest norm among those for which `A · X` is
 * nearest to `B`, whatever the rank. Leading axes broadcast. The gradient of the
 * solution holds while the rank stays.
 *
 * @param a Matrices, `[..., m, n]`.
 * @param b Right-hand sides, `[..., m, k]`, or one vector `[m]`.
 * @param options `relativeTolerance`: which singular values count as zero.
 * @returns Solutions, ranks and singular values.
 * @throws {DTypeError} Dtypes differ or are no floats.
 * @throws {ParameterError} The tolerance is negative or not finite.
 * @throws {ShapeError} Sizes do not fit.
 * @throws {NumericalError} On reading: a matrix holds NaN or infinity.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[1, 0], [1, 1], [1, 2]], { dtype: "f64" });
 * const b = wf.tensor([1, 3, 5], { dtype: "f64" });
 * const { solution } = wf.lstsq(a, b); // 1 and 2, up to rounding
 * console.log(await wf.round(solution).toArray()); // [1, 2]
 * ```
 */
export function lstsq<D extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options: RankOptions = {},
): LeastSquares<D> {
  const tolerance = toleranceOf("lstsq", a, options);
  // Refuses two dtypes with the error of all other operations.
  if (a.dtype !== b.dtype) unify("lstsq", [a, b]);
  const columns = b.ndim === 1 ? expandDims(b, -1) : b;
  requireMatrices("lstsq", columns);
  if (columns.shape.at(-2) !== a.shape.at(-2)) {
    throw new ShapeError(
      `Cannot solve for least squares as the right-hand side has ${
        columns.shape.at(-2)
      } rows`,
      {
        expected: `${a.shape.at(-2)} rows, for matrices of shape ${
          formatShape(a.shape)
        }`,
        actual: `right-hand side of shape ${formatShape(b.shape)}`,
      },
    );
  }
  const factors = svd(a);
  const found = matmul(invert(a, factors, tolerance), columns);
  return {
    solution: b.ndim === 1 ? squeeze(found, -1) : found,
    rank: countAbove(factors.s, tolerance),
    singularValues: factors.s,
  };
}
