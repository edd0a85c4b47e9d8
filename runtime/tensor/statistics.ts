/**
 * Running products, differences and quantiles.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../core/errors.ts";
import type { DType } from "../device/dtypes.ts";
import {
  formatShape,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
} from "../device/shapes.ts";
import { moveAxis } from "./axes.ts";
import { onesLike, tensor } from "./creation.ts";
import {
  add,
  equal,
  isFinite,
  isNaN,
  multiply,
  subtract,
  where,
} from "./elementwise.ts";
import { take } from "./indexing.ts";
import { sort } from "./linear_algebra/mod.ts";
import { concat, reshape, slice, type SliceSpec } from "./movement.ts";
import { axisOption, castTo, requireFloat, requireTensor } from "./node.ts";
import type { ReduceOptions } from "./reductions.ts";
import { scan } from "./scan.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Running product along an axis, rounded at each step. Its gradient is right
 * where elements are zero too.
 *
 * @param x The tensor.
 * @param options `axis` (0 by default), `reverse` to start at the end.
 * @returns The products, in the shape of `x`.
 * @throws {ShapeError} When the axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.cumulativeProd(wf.tensor([1, 2, 3])).toArray()); // [1, 2, 6]
 * ```
 */
export function cumulativeProd<D extends DType>(
  x: Tensor<D>,
  options: { readonly axis?: number; readonly reverse?: boolean } = {},
): Tensor<D> {
  requireTensor("cumulativeProd", x);
  const along = axisOption("cumulativeProd", options) ?? 0;
  const axis = normalizeAxis("cumulativeProd", along, x.ndim);
  if (x.size === 0) return x;
  const rows = moveAxis(x, axis, 0);
  const [, products] = scan(
    (carry: Tensor<D>, row: Tensor<D>): [Tensor<D>, Tensor<D>] => {
      const next = multiply(carry, row);
      return [next, next];
    },
    onesLike(slice(rows, 0)),
    rows,
    { reverse: options.reverse ?? false },
  );
  return moveAxis(products, 0, axis);
}

/** What {@linkcode diff} takes beside the tensor. */
export interface DiffOptions<D extends DType> {
  /** The axis; the last one by default. */
  readonly axis?: number;
  /** How often differences are taken; 1 by default. */
  readonly order?: number;
  /** What is put before the first element. */
  readonly prepend?: Tensor<D>;
  /** What is put after the last element. */
  readonly append?: Tensor<D>;
}

/**
 * Differences of neighbours along an axis.
 *
 * @param x Numbers, of at least one axis.
 * @param options `axis` (the last one by default), `order` (1), and what is put
 * before and after, alike but for the length of the axis.
 * @returns The differences; the axis is shorter by `order`, at least 0.
 * @throws {DTypeError} When the dtype is bool.
 * @throws {ParameterError} When the order is negative or not whole.
 * @throws {ShapeError} When the axis is out of range or a border does not fit.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1, 4, 9, 16]);
 * console.log(await wf.diff(x).toArray()); // [3, 5, 7]
 * console.log(await wf.diff(x, { order: 2 }).toArray()); // [2, 2]
 * ```
 */
export function diff<D extends DType>(
  x: Tensor<D>,
  options: DiffOptions<D> = {},
): Tensor<D> {
  requireTensor("diff", x);
  if (x.dtype === "bool") {
    throw new DTypeError('Cannot take differences of dtype "bool"', {
      expected: "a dtype of numbers",
      actual: '"bool"',
      hint: 'Use cast, for example cast(x, "i32")',
    });
  }
  const { order = 1, prepend, append } = options;
  if (!Number.isSafeInteger(order) || order < 0) {
    throw new ParameterError(`Cannot take differences of order ${order}`, {
      expected: "a whole number that is not negative",
      actual: String(order),
    });
  }
  const axis = normalizeAxis(
    "diff",
    axisOption("diff", options) ?? -1,
    x.ndim,
  );
  const borders = [prepend, x, append].filter((one) => one !== undefined);
  let result = concat(borders, { axis });
  const whole = new Array<SliceSpec>(axis).fill(null);
  for (let turn = 0; turn < order && result.shape[axis]! > 0; turn++) {
    result = subtract(
      slice(result, ...whole, [1]),
      slice(result, ...whole, [0, -1]),
    );
  }
  return result;
}

/**
 * The number below which a given part of the elements lies, interpolated
 * linearly between the two nearest elements as NumPy does by default. NaN where
 * there is one among the elements. The gradient goes to those two.
 *
 * @param x Floats.
 * @param probability From 0 to 1.
 * @param options Axes; all by default.
 * @returns The quantiles, within a rounding of the larger of the two elements.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When a probability is not from 0 to 1.
 * @throws {ShapeError} When there is nothing to take it of.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([4, 1, 3, 2]);
 * console.log(await wf.quantile(x, 0.5).item()); // 2.5
 * console.log(await wf.quantile(x, [0, 0.25, 1]).toArray()); // [1, 1.75, 4]
 * ```
 */
export function quantile<D extends DType>(
  x: Tensor<D>,
  probability: number,
  options?: ReduceOptions,
): Tensor<D>;
/**
 * Several quantiles at once, from one sort.
 *
 * @param x Floats.
 * @param probabilities Each from 0 to 1.
 * @param options Axes; all by default.
 * @returns The quantiles, one after the other along a new first axis.
 */
export function quantile<D extends DType>(
  x: Tensor<D>,
  probabilities: readonly number[],
  options?: ReduceOptions,
): Tensor<D>;
export function quantile<D extends DType>(
  x: Tensor<D>,
  probabilities: number | readonly number[],
  options: ReduceOptions = {},
): Tensor<D> {
  requireFloat("quantile", x);
  const parts = [probabilities].flat() as number[];
  for (const part of parts) {
    if (!(part >= 0 && part <= 1)) {
      throw new ParameterError(`Cannot take the quantile at ${part}`, {
        expected: "a probability from 0 to 1",
        actual: String(part),
      });
    }
  }
  const along = axisOption("quantile", options);
  const axes = normalizeAxes("quantile", along, x.ndim);
  const kept = reducedShape(x.shape, axes, options.keepDims === true);
  const rows = sort(reshape(
    moveAxis(x, axes, axes.map((_, k) => k - axes.length)),
    [...reducedShape(x.shape, axes, false), lengthOf(x, axes)],
  ));
  const found = interpolate(rows, parts);
  return typeof probabilities === "number"
    ? reshape(found, kept)
    : reshape(moveAxis(found, -1, 0), [parts.length, ...kept]);
}

function lengthOf(x: Tensor, axes: readonly number[]): number {
  const length = axes.reduce((count, axis) => count * x.shape[axis]!, 1);
  if (length === 0) {
    throw new ShapeError(
      `Cannot take "quantile" over nothing: current shape is ${
        formatShape(x.shape)
      }`,
      { expected: "at least one element along the axes" },
    );
  }
  return length;
}

/** Quantiles `[..., k]` of sorted rows `[..., n]`. */
function interpolate<D extends DType>(
  rows: Tensor<D>,
  parts: readonly number[],
): Tensor<D> {
  const last = rows.shape.at(-1)! - 1;
  const places = parts.map((part) => part * last);
  const floors = places.map(Math.floor);
  const shares = places.map((place, k) => place - floors[k]!);
  // A share of 0 must not meet the next element, which may be infinite.
  const ceilings = places.map(Math.ceil);
  const low = take(rows, floors, { axis: -1 });
  const high = take(rows, ceilings, { axis: -1 });
  const share = castTo(tensor(shares, { dtype: "f64" }), rows.dtype);
  const distance = subtract(high, low);
  // The distance of infinities, and of the largest numbers, is no number.
  const far = add(
    multiply(low, subtract(1, share)),
    multiply(high, share),
  );
  const value = where(
    isFinite(distance),
    add(low, multiply(distance, share)),
    where(equal(low, high), low, far),
  );
  // NaN is sorted last.
  return where(isNaN(take(rows, [last], { axis: -1 })), NaN, value);
}

/**
 * The middle element, or the mean of the two in the middle; NaN where there is
 * one among the elements.
 *
 * @param x Floats.
 * @param options Axes; all by default.
 * @returns The medians.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ShapeError} When there is nothing to take it of.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[9, 1, 2], [4, 4, 8]]);
 * console.log(await wf.median(x, { axis: 1 }).toArray()); // [2, 4]
 * ```
 */
export function median<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions = {},
): Tensor<D> {
  return quantile(x, 0.5, options);
}
