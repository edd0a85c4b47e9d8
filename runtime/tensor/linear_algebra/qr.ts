/**
 * QR factorisation.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { tril, zerosLike } from "../creation.ts";
import { add, subtract } from "../elementwise.ts";
import { concat, slice, transpose } from "../movement.ts";
import { defineRoutine } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { requireMatrices } from "./checks.ts";
import { type AnyFloat, floats } from "./matrix_calculus.ts";
import { triangularSolve } from "./triangular_solve.ts";

const factor = defineRoutine({
  name: "qr",
  outputs: ([a]) => {
    const { dtype, shape } = a!;
    const leading = shape.slice(0, -2);
    const m = shape.at(-2)!;
    const n = shape.at(-1)!;
    const k = Math.min(m, n);
    return [
      { dtype, shape: [...leading, m, k] },
      { dtype, shape: [...leading, k, n] },
    ];
  },
  gradient: ({ inputs, outputs, cotangents }) => {
    const [a] = floats(inputs);
    const [q, r] = floats(outputs);
    const ofQ = floats(cotangents)[0] ?? zerosLike(q!);
    const ofR = floats(cotangents)[1] ?? zerosLike(r!);
    const m = a!.shape.at(-2)!;
    if (m >= a!.shape.at(-1)!) return [gradientOfTall(q!, r!, ofQ, ofR)];
    // A = [X Y] with X = Q · U square; the rest of R is V = Qᵀ · Y.
    const batch = new Array<null>(a!.ndim - 2).fill(null);
    const y = slice(a!, ...batch, null, [m]);
    const ofV = slice(ofR, ...batch, null, [m]);
    const ofX = gradientOfTall(
      q!,
      slice(r!, ...batch, null, [0, m]),
      add(ofQ, matmul(y, transpose(ofV))),
      slice(ofR, ...batch, null, [0, m]),
    );
    return [concat([ofX, matmul(q!, ofV)], { axis: a!.ndim - 1 })];
  },
});

function gradientOfTall(
  q: AnyFloat,
  r: AnyFloat,
  ofQ: AnyFloat,
  ofR: AnyFloat,
): AnyFloat {
  const inner = subtract(
    matmul(r, transpose(ofR)),
    matmul(transpose(ofQ), q),
  );
  const mirrored = add(tril(inner), transpose(tril(inner, -1)));
  const whole = add(ofQ, matmul(q, mirrored));
  // whole · R⁻ᵀ, as the transpose of R⁻¹ · wholeᵀ.
  return transpose(triangularSolve(r, transpose(whole), { lower: false }));
}

/** The factors of `A = Q · R`, with `k = min(m, n)`. */
export interface Qr<D extends FloatDType> {
  /** Orthonormal columns, `[..., m, k]`. */
  readonly q: Tensor<D>;
  /** Upper triangular, `[..., k, n]`. */
  readonly r: Tensor<D>;
}

/**
 * Factors matrices as `A = Q · R`, reduced, by Householder reflections. Signs are
 * those of LAPACK: the diagonal of `R` may be negative.
 *
 * The gradient exists where the first `k` columns of `A` are linearly independent;
 * elsewhere reading it is a {@linkcode NumericalError}.
 *
 * @param a Matrices, `[..., m, n]`.
 * @returns The factors.
 * @throws {ShapeError} There are fewer than two axes.
 * @throws {DTypeError} The dtype is no float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { q, r } = wf.qr(wf.tensor([[3], [4]], { dtype: "f64" }));
 * console.log(q.shape, await r.toArray()); // [2, 1] [[-5]]
 * ```
 */
export function qr<D extends FloatDType>(a: Tensor<D>): Qr<D> {
  requireMatrices("qr", a);
  const [q, r] = factor([a], {});
  return { q: q as Tensor<D>, r: r as Tensor<D> };
}
