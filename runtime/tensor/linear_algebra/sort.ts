/**
 * Sorting, and the largest elements.
 *
 * @module
 */

import { ShapeError } from "../../core/errors.ts";
import type { DType } from "../../device/dtypes.ts";
import { formatShape, normalizeAxis } from "../../device/shapes.ts";
import { takeAlongAxis } from "../indexing.ts";
import { permuteDims } from "../movement.ts";
import { defineRoutine } from "../routine.ts";
import type { I32, Tensor } from "../tensor.ts";

const argsortRows = defineRoutine({
  name: "argsort",
  outputs: ([x]) => [{ dtype: "i32", shape: x!.shape }],
});

const argTopKRows = defineRoutine({
  name: "argTopK",
  outputs: ([x], { k }) => [
    { dtype: "i32", shape: [...x!.shape.slice(0, -1), Number(k)] },
  ],
});

/** How {@linkcode sort} and {@linkcode argsort} order. */
export interface SortOptions {
  /** Axis to sort along; default the last one. */
  readonly axis?: number;
  /** Largest first; default false. */
  readonly descending?: boolean;
}

/**
 * Positions that sort a tensor along an axis. Stable in both directions; NaN comes
 * last in both.
 *
 * @param x The tensor, of at least one axis.
 * @param options Axis and direction.
 * @returns Positions along the axis, i32, of the shape of `x`.
 * @throws {ShapeError} There is no such axis.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.argsort(wf.tensor([3, 1, 2])).toArray()); // [1, 2, 0]
 * ```
 */
export function argsort(x: Tensor, options: SortOptions = {}): I32 {
  const { axis = -1, descending = false } = options;
  const at = normalizeAxis("argsort", axis, x.ndim);
  return alongLastAxis(
    x,
    at,
    (rows) => argsortRows([rows], { descending })[0] as I32,
  );
}

/**
 * Sorts along an axis; NaN comes last. The gradient goes to where each element
 * came from.
 *
 * @param x The tensor, of at least one axis.
 * @param options Axis and direction.
 * @returns The sorted tensor, of the same shape.
 * @throws {ShapeError} There is no such axis.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const sorted = wf.sort(wf.tensor([3, 1, 2]), { descending: true });
 * console.log(await sorted.toArray()); // [3, 2, 1]
 * ```
 */
export function sort<D extends DType>(
  x: Tensor<D>,
  options: SortOptions = {},
): Tensor<D> {
  return takeAlongAxis(x, argsort(x, options), { axis: options.axis ?? -1 });
}

/** Along what {@linkcode topK} looks, and for what. */
export interface TopKOptions {
  /** Axis to look along; default the last one. */
  readonly axis?: number;
  /** False takes the smallest elements, smallest first; default true. */
  readonly largest?: boolean;
}

/** The elements that {@linkcode topK} found. */
export interface TopK<D extends DType> {
  /** The elements, largest first. */
  readonly values: Tensor<D>;
  /** Their positions along the axis. */
  readonly indices: I32;
}

/**
 * The `k` largest elements along an axis, largest first. Of equal elements the
 * first ones are taken; NaN only where nothing else is left. The gradient goes to
 * where each element came from.
 *
 * @param x The tensor, of at least one axis.
 * @param k How many, from 0 to the length of the axis.
 * @param options Axis, and whether largest or smallest.
 * @returns Values and positions; the axis has length `k`.
 * @throws {ShapeError} There is no such axis, or it is shorter than `k`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { values, indices } = wf.topK(wf.tensor([5, 9, 7]), 2);
 * console.log(await values.toArray(), await indices.toArray()); // [9, 7] [1, 2]
 * ```
 */
export function topK<D extends DType>(
  x: Tensor<D>,
  k: number,
  options: TopKOptions = {},
): TopK<D> {
  const { axis = -1, largest = true } = options;
  const at = normalizeAxis("topK", axis, x.ndim);
  const length = x.shape[at]!;
  if (!Number.isInteger(k) || k < 0 || k > length) {
    throw new ShapeError(`Cannot take the top ${k} of ${length} elements`, {
      expected: `a whole number from 0 to ${length}`,
      actual: `k of ${k} along axis ${at} of shape ${formatShape(x.shape)}`,
    });
  }
  const indices = alongLastAxis(
    x,
    at,
    (rows) => argTopKRows([rows], { k, largest })[0] as I32,
  );
  return { values: takeAlongAxis(x, indices, { axis: at }), indices };
}

/** Calls a function with an axis moved to the end, and moves its result's back. */
function alongLastAxis(
  x: Tensor,
  axis: number,
  body: (rows: Tensor) => I32,
): I32 {
  const last = x.ndim - 1;
  if (axis === last) return body(x);
  const axes = Array.from({ length: x.ndim }, (_, i) => i);
  axes[axis] = last;
  axes[last] = axis;
  return permuteDims(body(permuteDims(x, axes)), axes);
}
