/**
 * Traces, cross products and powers.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import type { DType, FloatDType } from "../../device/dtypes.ts";
import { formatShape, normalizeAxis } from "../../device/shapes.ts";
import { matmul } from "../contraction.ts";
import { eye } from "../creation.ts";
import { multiply, subtract } from "../elementwise.ts";
import { diagonal, roll, slice, type SliceSpec } from "../movement.ts";
import { axisOption, expandTo, requireTensor, unify } from "../node.ts";
import { sum } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";
import { requireSquare } from "./checks.ts";
import { inverse } from "./solve.ts";

/**
 * Sum of the diagonal of matrices.
 *
 * @param x Matrices of numbers, `[..., m, n]`.
 * @param options `offset` of the diagonal, 0 by default; positive is above.
 * @returns The sums, `[...]`, of the tensor's dtype; 0 where there is no such
 * diagonal.
 * @throws {DTypeError} When the dtype is bool.
 * @throws {ParameterError} When the offset is not whole.
 * @throws {ShapeError} With fewer than two axes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4]]);
 * console.log(await wf.trace(x).item(), await wf.trace(x, { offset: 1 }).item()); // 5 2
 * ```
 */
export function trace<D extends DType>(
  x: Tensor<D>,
  options: { readonly offset?: number } = {},
): Tensor<D> {
  refuseBool("trace", x);
  const { offset = 0 } = options;
  if (!Number.isSafeInteger(offset)) {
    throw new ParameterError(`Cannot take the trace at offset ${offset}`, {
      expected: "a whole number",
      actual: String(offset),
    });
  }
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot take the trace: current shape is ${formatShape(x.shape)}`,
      { expected: "[..., m, n]", actual: formatShape(x.shape) },
    );
  }
  const leading = new Array<SliceSpec>(x.ndim - 2).fill(null);
  const part = slice(
    x,
    ...leading,
    [Math.max(0, -offset)],
    [Math.max(0, offset)],
  );
  return sum(diagonal(part), { axis: -1 }) as Tensor<D>;
}

function refuseBool(name: string, x: Tensor): void {
  requireTensor(name, x);
  if (x.dtype !== "bool") return;
  throw new DTypeError(`Cannot compute "${name}" of dtype "bool"`, {
    expected: "a dtype of numbers",
    actual: '"bool"',
    hint: 'Use cast, for example cast(x, "i32")',
  });
}

/**
 * Cross product of vectors of three components.
 *
 * @param a Numbers, of length 3 along the axis.
 * @param b The same; other axes broadcast.
 * @param options `axis` of the components, the last one by default.
 * @returns The products, in the common shape.
 * @throws {DTypeError} When dtypes differ or are bool.
 * @throws {ShapeError} When the axis has another length than 3 in one of them,
 * or shapes do not broadcast.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1, 0, 0]);
 * console.log(await wf.cross(x, wf.tensor([0, 1, 0])).toArray()); // [0, 0, 1]
 * ```
 */
export function cross<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const [x, y] = unify("cross", [a, b]) as [Tensor<D>, Tensor<D>];
  refuseBool("cross", x);
  const along = axisOption("cross", options) ?? -1;
  const axis = normalizeAxis("cross", along, x.ndim);
  for (const one of [a, b]) {
    // A length of 1 broadcasts, but is no vector of three components.
    if (one.shape[axis - x.ndim + one.ndim] === 3) continue;
    throw new ShapeError(
      `Cannot take the cross product: current shapes are ${
        formatShape(a.shape)
      } and ${formatShape(b.shape)}`,
      {
        expected: `length 3 along axis ${axis} of both`,
        actual: formatShape(one.shape),
      },
    );
  }
  const turned = (one: Tensor<D>, by: number) => roll(one, by, { axis });
  return subtract(
    multiply(turned(x, -1), turned(y, 1)),
    multiply(turned(x, 1), turned(y, -1)),
  );
}

/**
 * Powers of square matrices, by repeated squaring; negative ones are powers of
 * the inverse.
 *
 * @param a Square matrices, `[..., n, n]`.
 * @param exponent A whole number; 0 gives the identity.
 * @returns The powers, `[..., n, n]`.
 * @throws {DTypeError} When the dtype is no float.
 * @throws {ParameterError} When the exponent is not whole.
 * @throws {ShapeError} When the matrices are not square.
 * @throws {NumericalError} On reading a negative power: a matrix is singular.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[1, 1], [0, 1]], { dtype: "f64" });
 * console.log(await wf.matrixPower(a, 5).toArray()); // [[1, 5], [0, 1]]
 * ```
 */
export function matrixPower<D extends FloatDType>(
  a: Tensor<D>,
  exponent: number,
): Tensor<D> {
  const n = requireSquare("matrixPower", a);
  if (!Number.isSafeInteger(exponent)) {
    throw new ParameterError(`Cannot take matrix power ${exponent}`, {
      expected: "a whole number",
      actual: String(exponent),
    });
  }
  let square = exponent < 0 ? inverse(a) : a;
  let result: Tensor<D> | undefined;
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      result = result === undefined ? square : matmul(result, square);
    }
    if (rest > 1) square = matmul(square, square);
  }
  return result ?? expandTo(eye(n, n, { dtype: a.dtype }), a.shape);
}
