/**
 * Solution of general linear systems.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { eye } from "../creation.ts";
import { negative } from "../elementwise.ts";
import { matmul } from "../contraction.ts";
import { expandDims, squeeze, transpose } from "../movement.ts";
import { defineRoutine } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { alignSystems, requireSquare } from "./checks.ts";
import { floats } from "./matrix_calculus.ts";

const solveGeneral = defineRoutine({
  name: "solve",
  outputs: ([_, b]) => [b!],
  gradient: ({ inputs, outputs, cotangents, needs }) => {
    const [a] = floats(inputs);
    const ofB = solve(transpose(a!), floats(cotangents)[0]!);
    if (needs[0] !== true) return [undefined, ofB];
    return [negative(matmul(ofB, transpose(floats(outputs)[0]!))), ofB];
  },
});

/**
 * Solves `A · X = B` by LU with partial pivoting. Leading axes broadcast.
 *
 * For symmetric positive definite matrices `cholesky` and two calls of
 * `triangularSolve` take half the work.
 *
 * @param a Square matrices, `[..., n, n]`.
 * @param b Right-hand sides, `[..., n, m]`, or one vector `[n]`.
 * @returns Solutions, `[..., n, m]`, or `[..., n]` for a vector.
 * @throws {ShapeError} Sizes do not fit.
 * @throws {DTypeError} Dtypes differ or are no floats.
 * @throws {NumericalError} On reading: a matrix is singular or not finite.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[0, 2], [1, 1]], { dtype: "f64" });
 * const b = wf.tensor([4, 5], { dtype: "f64" });
 * console.log(await wf.solve(a, b).toArray()); // [3, 2]
 * ```
 */
export function solve<D extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<D>,
): Tensor<D> {
  if (b.ndim === 1) return squeeze(solve(a, expandDims(b, -1)), -1);
  const systems = alignSystems("solve", a, b);
  return solveGeneral([systems.a, systems.b], {})[0] as Tensor<D>;
}

/**
 * The inverse of square matrices. To solve a system, `solve` is more accurate.
 *
 * @param a Square matrices, `[..., n, n]`.
 * @returns Their inverses, `[..., n, n]`.
 * @throws {ShapeError} The matrices are not square.
 * @throws {DTypeError} The dtype is no float.
 * @throws {NumericalError} On reading: a matrix is singular or not finite.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[2, 0], [0, 4]], { dtype: "f64" });
 * console.log(await wf.inverse(a).toArray()); // [[0.5, 0], [0, 0.25]]
 * ```
 */
export function inverse<D extends FloatDType>(a: Tensor<D>): Tensor<D> {
  const n = requireSquare("inverse", a);
  return solve(a, eye(n, n, { dtype: a.dtype }));
}
