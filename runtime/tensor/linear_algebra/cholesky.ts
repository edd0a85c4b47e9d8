/**
 * Cholesky factorisation.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { tril } from "../creation.ts";
import { backward } from "../gradients/backward.ts";
import { transpose } from "../movement.ts";
import { defineRoutine } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { requireSquare } from "./checks.ts";
import {
  type AnyFloat,
  floats,
  lowerHalf,
  symmetric,
} from "./matrix_calculus.ts";
import { triangularSolve } from "./triangular_solve.ts";

const factor = defineRoutine({
  name: "cholesky",
  outputs: ([a]) => [a!],
  gradient: ({ outputs, cotangents }) =>
    gradientOfFactor([outputs[0]!, cotangents[0]!], {}),
});

const gradientOfFactor = defineRoutine({
  name: "choleskyGradient",
  outputs: ([l]) => [l!],
  // The routine computes what solvedGradient says, with less work; the gradient
  // of the gradient follows from the latter.
  gradient: ({ inputs, cotangents }) => {
    const [l, ofL] = floats(inputs);
    const same = solvedGradient(l!, ofL!);
    return backward(
      [{ node: same.node, cotangent: cotangents[0]! }],
      inputs.map((input) => input.node),
    );
  },
});

/** `½ · L⁻ᵀ · (P + Pᵀ) · L⁻¹`, where `P` is the lower half of `Lᵀ · L̄`. */
function solvedGradient(l: AnyFloat, ofL: AnyFloat): AnyFloat {
  const inner = lowerHalf(matmul(transpose(l), tril(ofL)));
  const half = triangularSolve(l, inner, { transpose: true });
  return symmetric(
    triangularSolve(l, transpose(half), { transpose: true }),
  );
}

/**
 * The lower factor `L` of symmetric positive definite matrices, `A = L · Lᵀ`.
 *
 * Only the lower triangle of `a` is read; the gradient is symmetric. Computed
 * when the result is read, which is also when a matrix that is not positive
 * definite is found.
 *
 * @param a Matrices, `[..., n, n]`.
 * @returns Lower factors, zero above the diagonal, `[..., n, n]`.
 * @throws {ShapeError} The matrices are not square.
 * @throws {DTypeError} The dtype is no float.
 * @throws {NumericalError} On reading: a matrix is not positive definite. Names the
 * matrix in the batch, the first failing pivot and its value.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[4, 2], [2, 5]], { dtype: "f64" });
 * console.log(await wf.cholesky(a).toArray()); // [[2, 0], [1, 2]]
 * ```
 */
export function cholesky<D extends FloatDType>(a: Tensor<D>): Tensor<D> {
  requireSquare("cholesky", a);
  return factor([a], {})[0] as Tensor<D>;
}
