/**
 * Solution of triangular systems.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { tril, triu } from "../creation.ts";
import { negative } from "../elementwise.ts";
import { expandDims, squeeze, transpose } from "../movement.ts";
import { defineRoutine } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { alignSystems } from "./checks.ts";
import { floats } from "./matrix_calculus.ts";

const solveTriangular = defineRoutine({
  name: "triangularSolve",
  outputs: ([_, b]) => [b!],
  gradient: ({ inputs, outputs, cotangents, attributes, needs }) => {
    const lower = attributes["lower"] === true;
    const turned = attributes["transpose"] === true;
    const unitDiagonal = attributes["unitDiagonal"] === true;
    const [a] = floats(inputs);
    const [x] = floats(outputs);
    const options = { lower, transpose: !turned, unitDiagonal };
    const ofB = triangularSolve(a!, floats(cotangents)[0]!, options);
    if (needs[0] !== true) return [undefined, ofB];
    const whole = turned
      ? matmul(x!, transpose(ofB))
      : matmul(ofB, transpose(x!));
    const first = unitDiagonal ? 1 : 0;
    return [negative(lower ? tril(whole, -first) : triu(whole, first)), ofB];
  },
});

/** How the matrices of {@linkcode triangularSolve} are read. */
export interface TriangularSolveOptions {
  /** Read the lower triangle, otherwise the upper one; default true. */
  readonly lower?: boolean;
  /** Solve with the transposed matrix; default false. */
  readonly transpose?: boolean;
  /** Take the diagonal as ones; default false. */
  readonly unitDiagonal?: boolean;
}

/**
 * Solves `A · X = B`, or `Aᵀ · X = B`, for triangular `A`. The other triangle is
 * not read. Leading axes broadcast.
 *
 * @param a Triangular matrices, `[..., n, n]`.
 * @param b Right-hand sides, `[..., n, m]`, or one vector `[n]`.
 * @param options Which triangle, whether transposed.
 * @returns Solutions, `[..., n, m]`, or `[..., n]` for a vector.
 * @throws {ShapeError} Sizes do not fit.
 * @throws {DTypeError} Dtypes differ or are no floats.
 * @throws {NumericalError} On reading: a diagonal element is zero.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const l = wf.tensor([[2, 0], [1, 4]], { dtype: "f64" });
 * const b = wf.tensor([2, 9], { dtype: "f64" });
 * console.log(await wf.triangularSolve(l, b).toArray()); // [1, 2]
 * ```
 */
export function triangularSolve<D extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options: TriangularSolveOptions = {},
): Tensor<D> {
  if (b.ndim === 1) {
    return squeeze(triangularSolve(a, expandDims(b, -1), options), -1);
  }
  const { lower = true, unitDiagonal = false } = options;
  const systems = alignSystems("triangularSolve", a, b);
  const turned = options.transpose ?? false;
  const attributes = { lower, transpose: turned, unitDiagonal };
  return solveTriangular([systems.a, systems.b], attributes)[0] as Tensor<D>;
}
