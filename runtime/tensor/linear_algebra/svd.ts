/**
 * Singular value decomposition.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { diag } from "../creation.ts";
import { add, multiply } from "../elementwise.ts";
import { expandDims, transpose } from "../movement.ts";
import { defineRoutine, type RoutineGradientCall } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { requireMatrices } from "./checks.ts";
import {
  antisymmetric,
  type AnyFloat,
  differences,
  floats,
  orthogonalPart,
  roundingOf,
  safeReciprocal,
  sumOf,
} from "./matrix_calculus.ts";

const decompose = defineRoutine({
  name: "svd",
  outputs: ([a]) => {
    const { dtype, shape } = a!;
    const leading = shape.slice(0, -2);
    const m = shape.at(-2)!;
    const n = shape.at(-1)!;
    const k = Math.min(m, n);
    return [
      { dtype, shape: [...leading, m, k] },
      { dtype, shape: [...leading, k] },
      { dtype, shape: [...leading, k, n] },
    ];
  },
  gradient,
});

function gradient(
  { outputs, cotangents }: RoutineGradientCall,
): [AnyFloat | undefined] {
  const [u, s, vt] = floats(outputs);
  const [ofU, ofS, ofVt] = floats(cotangents);
  const longer = Math.max(u!.shape.at(-2)!, vt!.shape.at(-1)!);
  const rounding = roundingOf(s!, longer);
  const rows = expandDims(s!, -1);
  const columns = expandDims(s!, -2);
  const square = expandDims(rounding, -1);
  // 1 / (s[j]² - s[i]²) from its two factors, each of which may vanish.
  const coupling = multiply(
    safeReciprocal(differences(s!), square),
    safeReciprocal(add(rows, columns), square),
  );
  const inverses = expandDims(safeReciprocal(s!, rounding), -2);
  const v = transpose(vt!);
  const ofV = ofVt && transpose(ofVt);
  const turn = (vectors: AnyFloat, change: AnyFloat): AnyFloat =>
    multiply(coupling, antisymmetric(matmul(transpose(vectors), change)));
  const within = sumOf(
    ofS && diag(ofS),
    ofU && multiply(turn(u!, ofU), columns),
    ofV && multiply(rows, turn(v, ofV)),
  );
  return [sumOf(
    within && matmul(matmul(u!, within), vt!),
    ofU && matmul(multiply(orthogonalPart(ofU, u!), inverses), vt!),
    ofV &&
      matmul(u!, transpose(multiply(orthogonalPart(ofV, v), inverses))),
  )];
}

/** The factors of `A = U · diag(s) · Vᵀ`, with `k = min(m, n)`. */
export interface Svd<D extends FloatDType> {
  /** Orthonormal columns, `[..., m, k]`. */
  readonly u: Tensor<D>;
  /** Singular values, descending, `[..., k]`. */
  readonly s: Tensor<D>;
  /** Orthonormal rows, `[..., k, n]`. */
  readonly vt: Tensor<D>;
}

/**
 * Decomposes matrices as `A = U · diag(s) · Vᵀ`, reduced. The vectors are orthonormal
 * also where the rank is deficient. The first component of a column of `U` that has
 * at least half the size of its largest one is positive, so that signs do not depend
 * on the device.
 *
 * The gradient of the values is that of each singular value, always finite.
 * Vectors of equal singular values, or of zero, are not unique and have no
 * gradient: what they would divide by is left out where it is below `4 · max(m, n)`
 * rounding errors of the largest value, which keeps the gradient finite.
 *
 * @param a Matrices, `[..., m, n]`.
 * @returns The factors.
 * @throws {ShapeError} There are fewer than two axes.
 * @throws {DTypeError} The dtype is no float.
 * @throws {NumericalError} On reading: a matrix holds NaN or infinity.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { s } = wf.svd(wf.tensor([[0, 3], [4, 0]], { dtype: "f64" }));
 * console.log(await s.toArray()); // [4, 3]
 * ```
 */
export function svd<D extends FloatDType>(a: Tensor<D>): Svd<D> {
  requireMatrices("svd", a);
  const [u, s, vt] = decompose([a], {});
  return { u: u as Tensor<D>, s: s as Tensor<D>, vt: vt as Tensor<D> };
}
