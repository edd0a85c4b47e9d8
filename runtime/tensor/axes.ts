/**
 * Rearranging axes, and broadcasting several tensors to one shape.
 *
 * @module
 */

import { ShapeError } from "../core/errors.ts";
import type { DType } from "../device/dtypes.ts";
import {
  broadcastShapes as commonShape,
  checkShape,
  formatShape,
  normalizeAxis,
  type Shape,
} from "../device/shapes.ts";
import { permuteDims, slice, type SliceSpec } from "./movement.ts";
import { axisOption, expandTo } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Moves axes to other places; the rest keep their order.
 *
 * @param x The tensor.
 * @param source Which axis or axes; negative from the end.
 * @param destination Where each of them goes; negative from the end.
 * @returns The tensor with its axes in the new order.
 * @throws {ShapeError} When an axis is out of range or comes twice, or there are
 * not as many places as axes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.zeros([2, 3, 4]);
 * console.log(wf.moveAxis(x, 0, -1).shape); // [3, 4, 2]
 * console.log(wf.moveAxis(x, [0, 1], [1, 0]).shape); // [3, 2, 4]
 * ```
 */
export function moveAxis<D extends DType>(
  x: Tensor<D>,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor<D> {
  const from = [source].flat().map((axis) =>
    normalizeAxis("moveAxis", axis, x.ndim)
  );
  const to = [destination].flat().map((axis) =>
    normalizeAxis("moveAxis", axis, x.ndim)
  );
  const fits = from.length === to.length &&
    new Set(from).size === from.length && new Set(to).size === to.length;
  if (!fits) {
    throw new ShapeError(
      `Cannot move axes ${formatShape(from)} to ${formatShape(to)}`,
      {
        expected: "as many places as axes, each of them once",
        actual: `${from.length} axes and ${to.length} places`,
      },
    );
  }
  const rest = x.shape.map((_, axis) => axis).filter((axis) =>
    !from.includes(axis)
  );
  const order = x.shape.map((_, place) => {
    const moved = to.indexOf(place);
    return moved === -1 ? rest.shift()! : from[moved]!;
  });
  return permuteDims(x, order);
}

/**
 * Exchanges two axes. For the last two see {@linkcode transpose}.
 *
 * @param x The tensor.
 * @param first One axis; negative from the end.
 * @param second The other.
 * @returns The tensor with the two exchanged.
 * @throws {ShapeError} When an axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(wf.swapAxes(wf.zeros([2, 3, 4]), 0, -1).shape); // [4, 3, 2]
 * ```
 */
export function swapAxes<D extends DType>(
  x: Tensor<D>,
  first: number,
  second: number,
): Tensor<D> {
  const one = normalizeAxis("swapAxes", first, x.ndim);
  const other = normalizeAxis("swapAxes", second, x.ndim);
  const order = x.shape.map((_, axis) =>
    axis === one ? other : axis === other ? one : axis
  );
  return permuteDims(x, order);
}

/**
 * The slices of a tensor along an axis: what {@linkcode stack} joined.
 *
 * @param x The tensor.
 * @param options `axis`, 0 by default.
 * @returns The slices in order, without the axis.
 * @throws {ShapeError} When the axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const [left, right] = wf.unstack(wf.tensor([[1, 2], [3, 4]]), { axis: 1 });
 * console.log(await left!.toArray(), await right!.toArray()); // [1, 3] [2, 4]
 * ```
 */
export function unstack<D extends DType>(
  x: Tensor<D>,
  options: { readonly axis?: number } = {},
): Tensor<D>[] {
  const axis = normalizeAxis(
    "unstack",
    axisOption("unstack", options) ?? 0,
    x.ndim,
  );
  const whole: SliceSpec[] = new Array<SliceSpec>(axis).fill(null);
  return Array.from(
    { length: x.shape[axis]! },
    (_, index) => slice(x, ...whole, index),
  );
}

/**
 * The shape that shapes broadcast to: aligned at the last axis, lengths must be
 * equal or 1.
 *
 * @param shapes The shapes.
 * @returns The common shape; `[]` of none.
 * @throws {ShapeError} When two lengths differ and neither is 1, or a length is
 * no whole number.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(wf.broadcastShapes([2, 1], [3], [])); // [2, 3]
 * ```
 */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  for (const shape of shapes) checkShape("broadcastShapes", shape);
  return [...commonShape("broadcastShapes", ...shapes)];
}

/** The tensors of a list, each with its dtype, as a mutable tuple. */
export type BroadcastTensors<T extends readonly Tensor[]> = {
  -readonly [K in keyof T]: T[K];
};

/**
 * Repeats tensors to their common shape. Their dtypes may differ and stay.
 *
 * @param tensors The tensors.
 * @returns One tensor each, all of one shape.
 * @throws {ShapeError} When shapes do not broadcast.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const [a, b] = wf.broadcastTensors(wf.ones([2, 1]), wf.ones([3]));
 * console.log(a.shape, b.shape); // [2, 3] [2, 3]
 * ```
 */
export function broadcastTensors<T extends readonly Tensor[]>(
  ...tensors: T
): BroadcastTensors<T> {
  const shape = commonShape(
    "broadcastTensors",
    ...tensors.map((one) => one.shape),
  );
  return tensors.map((one) => expandTo(one, shape)) as BroadcastTensors<T>;
}
