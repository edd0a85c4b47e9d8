/**
 * Slices whose place is data: one position along an axis of which a program
 * knows the length only.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../core/errors.ts";
import { type DType, isIntegerDType } from "../device/dtypes.ts";
import { formatShape, normalizeAxis } from "../device/shapes.ts";
import { reshape } from "./movement.ts";
import {
  apply,
  castTo,
  constant,
  isNumberLike,
  requireTensor,
} from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** Where a slice starts: a number, or a scalar tensor of whole numbers. */
export type SliceStart = Tensor | number;

/**
 * A slice of known length from a start that may be data. A start from which the
 * slice would reach out of the tensor is moved to the nearest one from which it
 * does not, as in JAX and XLA: negative starts count as 0.
 *
 * @param x The tensor.
 * @param start Where the slice starts along the axis.
 * @param size Its length.
 * @param options `axis`, 0 by default.
 * @returns The slice: the shape of `x` with `size` along the axis.
 * @throws {DTypeError} When the start is not a whole number.
 * @throws {ShapeError} When the slice is longer than the axis.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1, 2, 3, 4]);
 * const at = wf.tensor(1, { dtype: "i32" });
 * console.log(await wf.dynamicSlice(x, at, 2).toArray()); // [2, 3]
 * console.log(await wf.dynamicSlice(x, 9, 2).toArray()); // [3, 4]
 * ```
 */
export function dynamicSlice<D extends DType>(
  x: Tensor<D>,
  start: SliceStart,
  size: number,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const name = "dynamicSlice";
  requireTensor(name, x);
  const axis = normalizeAxis(name, options.axis ?? 0, x.ndim);
  const length = x.shape[axis]!;
  if (!Number.isInteger(size) || size < 0 || size > length) {
    throw new ShapeError(
      `Cannot take a slice of ${size} in "${name}": current shape is ${
        formatShape(x.shape)
      }`,
      { expected: `a whole number from 0 to ${length}, for axis ${axis}` },
    );
  }
  const shape = x.shape.map((n, k) => k === axis ? size : n);
  const inputs = [x, startOf(name, start)];
  return apply("dynamicSlice", { axis }, inputs, x.dtype, shape);
}

/**
 * A tensor with one region replaced, from a start that may be data. A start from
 * which the update would reach out of the tensor is moved to the nearest one
 * from which it does not, as in JAX and XLA: negative starts count as 0.
 * Gradients flow to both tensors.
 *
 * @param x The tensor.
 * @param update What takes the place: the shape of `x`, but shorter along the
 * axis.
 * @param start Where it starts along the axis.
 * @param options `axis`, 0 by default.
 * @returns The tensor, in the shape of `x`.
 * @throws {DTypeError} When dtypes differ, or the start is not a whole number.
 * @throws {ShapeError} When the update does not fit.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const cache = wf.zeros([2, 4]);
 * const column = wf.tensor([[5], [6]]);
 * const filled = wf.dynamicUpdateSlice(cache, column, 1, { axis: 1 });
 * console.log(await filled.toArray()); // [[0, 5, 0, 0], [0, 6, 0, 0]]
 * ```
 */
export function dynamicUpdateSlice<D extends DType>(
  x: Tensor<D>,
  update: Tensor<D>,
  start: SliceStart,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const name = "dynamicUpdateSlice";
  requireTensor(name, x);
  requireTensor(name, update);
  const axis = normalizeAxis(name, options.axis ?? 0, x.ndim);
  checkUpdate(name, x, update, axis);
  const inputs = [x, update, startOf(name, start)];
  return apply("dynamicUpdateSlice", { axis }, inputs, x.dtype, x.shape);
}

/** The start as an i32 scalar. */
function startOf(name: string, start: SliceStart): Tensor<"i32"> {
  if (typeof start === "number") {
    if (!Number.isInteger(start)) {
      throw new DTypeError(`Cannot start a slice at ${start} in "${name}"`, {
        expected: "a whole number",
      });
    }
    return constant(start, "i32");
  }
  requireTensor(name, start);
  if (!isIntegerDType(start.dtype) && !isNumberLike(start)) {
    throw new DTypeError(
      `Cannot start a slice at a tensor of dtype "${start.dtype}" in "${name}"`,
      {
        expected: "a scalar of an integer dtype",
        hint: 'Use cast, for example cast(start, "i32")',
      },
    );
  }
  if (start.size !== 1) {
    throw new ShapeError(
      `Cannot start a slice at several places in "${name}": current shape is ${
        formatShape(start.shape)
      }`,
      { expected: "a scalar" },
    );
  }
  return reshape(castTo(start, "i32"), []);
}

function checkUpdate(
  name: string,
  x: Tensor,
  update: Tensor,
  axis: number,
): void {
  if (update.dtype !== x.dtype) {
    throw new DTypeError(
      `Cannot update dtype "${x.dtype}" with dtype "${update.dtype}" in "${name}"`,
      { expected: `an update of dtype "${x.dtype}"` },
    );
  }
  const fits = update.ndim === x.ndim &&
    x.shape.every((length, k) =>
      k === axis ? update.shape[k]! <= length : update.shape[k] === length
    );
  if (!fits) {
    throw new ShapeError(
      `Cannot put an update of shape ${
        formatShape(update.shape)
      } in "${name}": current shape is ${formatShape(x.shape)}`,
      { expected: `the same shape, but for a shorter axis ${axis}` },
    );
  }
}
