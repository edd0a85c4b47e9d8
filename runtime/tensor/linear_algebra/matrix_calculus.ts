/**
 * Small pieces of matrix calculus, shared by the gradients of the routines.
 *
 * Source of the formulas that use them: Giles, Collected matrix derivative results
 * for forward and reverse mode algorithmic differentiation (2008); Murray,
 * Differentiation of the Cholesky decomposition (2016); Walter and Lehmann,
 * Algorithmic differentiation of linear algebra functions (2010); Townsend,
 * Differentiating the singular value decomposition (2016).
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { tril } from "../creation.ts";
import {
  absolute,
  add,
  lessEqual,
  multiply,
  reciprocal,
  subtract,
  where,
} from "../elementwise.ts";
import { expandDims, transpose } from "../movement.ts";
import { max } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";

/** A tensor of any float dtype, as gradients meet them. */
export type AnyFloat = Tensor<FloatDType>;

/**
 * Tensors of one call of a routine, which are all floats.
 *
 * @param tensors Inputs, outputs or cotangents.
 * @returns The same list.
 */
export function floats(tensors: readonly Tensor[]): readonly AnyFloat[];
/**
 * Tensors of one call of a routine, some of which may be missing.
 *
 * @param tensors Inputs, outputs or cotangents.
 * @returns The same list.
 */
export function floats(
  tensors: readonly (Tensor | undefined)[],
): readonly (AnyFloat | undefined)[];
export function floats(
  tensors: readonly (Tensor | undefined)[],
): readonly (AnyFloat | undefined)[] {
  return tensors as readonly (AnyFloat | undefined)[];
}

/**
 * Lower triangle with half of the diagonal.
 *
 * @param x Matrices.
 * @returns Their lower triangles.
 */
export function lowerHalf(x: AnyFloat): AnyFloat {
  return multiply(add(tril(x), tril(x, -1)), 0.5);
}

/**
 * Mean of matrices and their transposes.
 *
 * @param x Square matrices.
 * @returns `(x + xᵀ) / 2`.
 */
export function symmetric(x: AnyFloat): AnyFloat {
  return multiply(add(x, transpose(x)), 0.5);
}

/**
 * Difference of matrices and their transposes.
 *
 * @param x Square matrices.
 * @returns `x - xᵀ`.
 */
export function antisymmetric(x: AnyFloat): AnyFloat {
  return subtract(x, transpose(x));
}

/**
 * Sum of the terms that are there.
 *
 * @param terms Terms of one shape, some missing.
 * @returns Their sum, or undefined when there are none.
 */
export function sumOf(
  ...terms: readonly (AnyFloat | undefined)[]
): AnyFloat | undefined {
  let total: AnyFloat | undefined;
  for (const term of terms) {
    if (term === undefined) continue;
    total = total === undefined ? term : add(total, term);
  }
  return total;
}

/**
 * All differences between the elements of vectors.
 *
 * @param x Vectors, `[..., n]`.
 * @returns `d[i, j] = x[j] - x[i]`, `[..., n, n]`.
 */
export function differences(x: AnyFloat): AnyFloat {
  return subtract(expandDims(x, -2), expandDims(x, -1));
}

/**
 * The size below which results of a decomposition are nothing but rounding.
 *
 * @param x Eigenvalues or singular values, `[..., k]`.
 * @param n The longer side of the matrices.
 * @returns `4 · n` rounding errors of the largest value, `[..., 1]`.
 */
export function roundingOf(x: AnyFloat, n: number): AnyFloat {
  const largest = max(absolute(x), { axis: -1, keepDims: true });
  return multiply(largest, 4 * n * EPSILON[x.dtype]);
}

/** Distance from 1 to the next number of each float dtype. */
export const EPSILON: Readonly<Record<FloatDType, number>> = {
  f64: 2 ** -52,
  f32: 2 ** -23,
  f16: 2 ** -10,
};

/**
 * Reciprocals, and 0 where there is nothing but rounding.
 *
 * @param x Numbers.
 * @param rounding What counts as rounding; broadcasts.
 * @returns `1 / x` or 0.
 */
export function safeReciprocal(x: AnyFloat, rounding: AnyFloat): AnyFloat {
  const vanishes = lessEqual(absolute(x), rounding);
  return where(vanishes, 0, reciprocal(where(vanishes, 1, x)));
}

/**
 * What is left of columns without their part in the span of others.
 *
 * @param x Columns, `[..., m, k]`.
 * @param u Orthonormal columns, `[..., m, k]`.
 * @returns `x - u · uᵀ · x`.
 */
export function orthogonalPart(x: AnyFloat, u: AnyFloat): AnyFloat {
  return subtract(x, matmul(u, matmul(transpose(u), x)));
}
