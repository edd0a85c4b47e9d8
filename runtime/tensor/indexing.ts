/**
 * Reading and adding at indices that are data.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../core/errors.ts";
import { type DType, isIntegerDType } from "../device/dtypes.ts";
import {
  checkShape,
  formatShape,
  normalizeAxis,
  sameShape,
} from "../device/shapes.ts";
import { arange, tensor } from "./creation.ts";
import { equal } from "./elementwise.ts";
import { expandDims } from "./movement.ts";
import { apply, axisOption, castTo } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** A tensor of indices, or a list that becomes one. */
export type Indices = Tensor | readonly number[];

function toIndices(name: string, indices: Indices): Tensor {
  if (!("node" in indices)) return tensor(indices, { dtype: "i32" });
  if (!isIntegerDType(indices.dtype)) {
    throw new DTypeError(
      `Cannot use dtype "${indices.dtype}" as indices in "${name}"`,
      {
        expected: "an integer dtype",
        actual: `"${indices.dtype}"`,
        hint: 'Use cast, for example cast(indices, "i32")',
      },
    );
  }
  return indices;
}

/**
 * Slices of a tensor at indices along an axis. Negative indices count from the
 * end; those outside are an error when the tensor is read.
 *
 * @param x The tensor.
 * @param indices Whole numbers, of any shape, which takes the axis's place.
 * @param options `axis`, 0 by default.
 * @returns The slices.
 * @throws {DTypeError} When indices are not whole numbers.
 * @throws {ShapeError} When the axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4], [5, 6]]);
 * console.log(await wf.take(x, [2, 0, -1]).toArray()); // [[5, 6], [1, 2], [5, 6]]
 * ```
 */
export function take<D extends DType>(
  x: Tensor<D>,
  indices: Indices,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const axis = normalizeAxis("take", axisOption("take", options) ?? 0, x.ndim);
  const at = toIndices("take", indices);
  const shape = [
    ...x.shape.slice(0, axis),
    ...at.shape,
    ...x.shape.slice(axis + 1),
  ];
  return apply("take", { axis }, [x, at], x.dtype, shape);
}

/**
 * One element for each index: for the last axis `result[…, j] = x[…,
 * indices[…, j]]`.
 *
 * @param x The tensor.
 * @param indices Whole numbers in the shape of `x` but for the axis.
 * @param options `axis`, the last one by default.
 * @returns The elements, in the shape of `indices`.
 * @throws {DTypeError} When indices are not whole numbers.
 * @throws {ShapeError} When shapes do not fit.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 3], [9, 5]]);
 * const best = wf.argmax(x, { axis: 1, keepDims: true });
 * console.log(await wf.takeAlongAxis(x, best).toArray()); // [[3], [9]]
 * ```
 */
export function takeAlongAxis<D extends DType>(
  x: Tensor<D>,
  indices: Tensor,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const axis = normalizeAxis(
    "takeAlongAxis",
    axisOption("takeAlongAxis", options) ?? -1,
    x.ndim,
  );
  const at = toIndices("takeAlongAxis", indices);
  checkAlong("takeAlongAxis", x, at, axis);
  return apply("takeAlongAxis", { axis }, [x, at], x.dtype, at.shape);
}

function checkAlong(name: string, x: Tensor, at: Tensor, axis: number): void {
  const fits = x.ndim === at.ndim &&
    x.shape.every((length, k) => k === axis || length === at.shape[k]);
  if (!fits) {
    throw new ShapeError(
      `Cannot use indices of shape ${
        formatShape(at.shape)
      } in "${name}": current shape is ${formatShape(x.shape)}`,
      { expected: `the same shape but for axis ${axis}` },
    );
  }
}

/**
 * A tensor with slices added at indices along an axis; what meets at one index
 * adds up.
 *
 * @param x The tensor that is added to.
 * @param indices Whole numbers, of any shape.
 * @param updates The slices, shaped as {@linkcode take} would give them.
 * @param options `axis`, 0 by default.
 * @returns The sums, in the shape of `x`.
 * @throws {DTypeError} When indices are not whole numbers.
 * @throws {ShapeError} When shapes do not fit.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const counts = wf.scatterAdd(wf.zeros([3]), [0, 2, 2], wf.ones([3]));
 * console.log(await counts.toArray()); // [1, 0, 2]
 * ```
 */
export function scatterAdd<D extends DType>(
  x: Tensor<D>,
  indices: Indices,
  updates: Tensor<D>,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const axis = normalizeAxis(
    "scatterAdd",
    axisOption("scatterAdd", options) ?? 0,
    x.ndim,
  );
  const at = toIndices("scatterAdd", indices);
  const shape = [
    ...x.shape.slice(0, axis),
    ...at.shape,
    ...x.shape.slice(axis + 1),
  ];
  checkUpdates("scatterAdd", x, updates, shape);
  return apply("scatterAdd", { axis }, [x, at, updates], x.dtype, x.shape);
}

/**
 * A tensor with elements added at indices along an axis, the counterpart of
 * {@linkcode takeAlongAxis}; what meets at one index adds up.
 *
 * @param x The tensor that is added to.
 * @param indices Whole numbers in the shape of `x` but for the axis.
 * @param updates The elements, in the shape of `indices`.
 * @param options `axis`, the last one by default.
 * @returns The sums, in the shape of `x`.
 * @throws {DTypeError} When indices are not whole numbers.
 * @throws {ShapeError} When shapes do not fit.
 */
export function scatterAddAlongAxis<D extends DType>(
  x: Tensor<D>,
  indices: Tensor,
  updates: Tensor<D>,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const name = "scatterAddAlongAxis";
  const axis = normalizeAxis(name, axisOption(name, options) ?? -1, x.ndim);
  const at = toIndices(name, indices);
  checkAlong(name, x, at, axis);
  checkUpdates(name, x, updates, at.shape);
  return apply(name, { axis }, [x, at, updates], x.dtype, x.shape);
}

function checkUpdates(
  name: string,
  x: Tensor,
  updates: Tensor,
  shape: readonly number[],
): void {
  if (!sameShape(updates.shape, shape) || updates.dtype !== x.dtype) {
    throw new ShapeError(
      `Cannot add updates in "${name}": current type is ${updates}`,
      { expected: `dtype "${x.dtype}" and shape ${formatShape(shape)}` },
    );
  }
}

/**
 * Ones at indices along a new last axis, zeros elsewhere.
 *
 * @param indices Whole numbers; one outside of the range gives zeros only.
 * @param depth Length of the new axis.
 * @param options `dtype`; f32 by default.
 * @returns The shape of `indices` and one axis more, of length `depth`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.oneHot([2, 0], 3).toArray()); // [[0, 0, 1], [1, 0, 0]]
 * ```
 */
export function oneHot<D extends DType = "f32">(
  indices: Indices,
  depth: number,
  options: { readonly dtype?: D } = {},
): Tensor<D> {
  checkShape("oneHot", [depth]);
  const at = castTo(toIndices("oneHot", indices), "i32");
  const places = arange(depth, undefined, 1, { dtype: "i32" });
  const hit = equal(expandDims(at, -1), places);
  return castTo(hit, options.dtype ?? "f32" as D);
}
