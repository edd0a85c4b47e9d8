/**
 * Eigendecomposition of symmetric matrices.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { diag } from "../creation.ts";
import { multiply } from "../elementwise.ts";
import { expandDims, transpose } from "../movement.ts";
import { defineRoutine } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { requireSquare } from "./checks.ts";
import {
  differences,
  floats,
  roundingOf,
  safeReciprocal,
  sumOf,
  symmetric,
} from "./matrix_calculus.ts";

const decompose = defineRoutine({
  name: "eigh",
  outputs: ([a]) => [
    { dtype: a!.dtype, shape: a!.shape.slice(0, -1) },
    { dtype: a!.dtype, shape: a!.shape },
  ],
  gradient: ({ outputs, cotangents }) => {
    const [values, vectors] = floats(outputs);
    const [ofValues, ofVectors] = floats(cotangents);
    const turned = transpose(vectors!);
    const rounding = roundingOf(values!, values!.shape.at(-1)!);
    const inner = sumOf(
      ofValues && diag(ofValues),
      ofVectors && multiply(
        matmul(turned, ofVectors),
        safeReciprocal(differences(values!), expandDims(rounding, -1)),
      ),
    );
    return [inner && symmetric(matmul(matmul(vectors!, inner), turned))];
  },
});

/** The factors of `A = V · diag(w) · Vᵀ`. */
export interface Eigh<D extends FloatDType> {
  /** Eigenvalues, ascending, `[..., n]`. */
  readonly values: Tensor<D>;
  /** Orthonormal eigenvectors as columns, `[..., n, n]`. */
  readonly vectors: Tensor<D>;
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices. Only the lower triangle is
 * read. The first component of a vector that has at least half the size of its
 * largest one is positive, so that signs do not depend on the device.
 *
 * The gradient of the values is that of each eigenvalue, always finite. Vectors of
 * equal eigenvalues are not unique and have no gradient: pairs of values that
 * differ by less than `4 · n` rounding errors of the largest one are left out of it,
 * which keeps it finite, and right for what does not depend on the choice of
 * vectors within the pair.
 *
 * @param a Matrices, `[..., n, n]`.
 * @returns Values and vectors.
 * @throws {ShapeError} The matrices are not square.
 * @throws {DTypeError} The dtype is no float.
 * @throws {NumericalError} On reading: a matrix holds NaN or infinity.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { values } = wf.eigh(wf.tensor([[0, 1], [1, 0]], { dtype: "f64" }));
 * console.log(await values.toArray()); // -1 and 1, up to rounding
 * ```
 */
export function eigh<D extends FloatDType>(a: Tensor<D>): Eigh<D> {
  requireSquare("eigh", a);
  const [values, vectors] = decompose([a], {});
  return { values: values as Tensor<D>, vectors: vectors as Tensor<D> };
}
