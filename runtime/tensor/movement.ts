/**
 * Rearranging elements: no operation here does arithmetic.
 *
 * @module
 */

import { ParameterError, ShapeError } from "../core/errors.ts";
import type { DType } from "../device/dtypes.ts";
import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  requireList,
  sameShape,
  type Shape,
  sizeOf,
} from "../device/shapes.ts";
import { apply, axisOption, expandTo } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The same elements, row-major, in another shape.
 *
 * @param x The tensor.
 * @param shape The shape; one length may be -1 and is worked out.
 * @throws {ShapeError} When the numbers of elements differ.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.arange(6);
 * console.log(await wf.reshape(x, [2, -1]).toArray()); // [[0, 1, 2], [3, 4, 5]]
 * ```
 */
export function reshape<D extends DType>(
  x: Tensor<D>,
  shape: Shape,
): Tensor<D> {
  requireList("reshape", shape);
  const known = shape.filter((length) => length !== -1);
  const product = sizeOf(known);
  const open = shape.length - known.length;
  const rest = open === 1 && product > 0 ? x.size / product : NaN;
  const full = shape.map((length) => length === -1 ? rest : length);
  if (open > 1 || sizeOf(full) !== x.size || !full.every(Number.isInteger)) {
    throw new ShapeError(
      `Cannot reshape to ${formatShape(shape)}: current shape is ${
        formatShape(x.shape)
      }`,
      {
        expected: `a shape of ${x.size} elements, with at most one -1`,
        actual: open > 0
          ? `${open} lengths of -1 beside ${product} elements`
          : `${product} elements`,
      },
    );
  }
  checkShape("reshape", full);
  return sameShape(full, x.shape)
    ? x
    : apply("reshape", {}, [x], x.dtype, full);
}

/**
 * All elements along one axis.
 *
 * @param x The tensor.
 * @returns The same elements, row-major, shape `[size]`.
 */
export function flatten<D extends DType>(x: Tensor<D>): Tensor<D> {
  return reshape(x, [x.size]);
}

/**
 * Reorders the axes.
 *
 * @param x The tensor.
 * @param axes Which axis stands at each place; reversed when not given.
 * @returns The tensor with its axes in that order.
 * @throws {ShapeError} When an axis is missing or named twice.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(wf.permuteDims(wf.zeros([2, 3, 4]), [2, 0, 1]).shape); // [4, 2, 3]
 * ```
 */
export function permuteDims<D extends DType>(
  x: Tensor<D>,
  axes?: readonly number[],
): Tensor<D> {
  const order = (axes ?? x.shape.map((_, axis) => x.ndim - 1 - axis)).map((
    axis,
  ) => normalizeAxis("permuteDims", axis, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    throw new ShapeError(
      `Cannot permute axes to ${
        formatShape(order)
      }: current number of axes is ${x.ndim}`,
      { expected: "each axis exactly once" },
    );
  }
  if (order.every((axis, place) => axis === place)) return x;
  const shape = order.map((axis) => x.shape[axis]!);
  return apply("permute", { axes: order }, [x], x.dtype, shape);
}

/**
 * Swaps the last two axes.
 *
 * @param x At least two axes.
 * @returns `[…, m, n]` as `[…, n, m]`.
 * @throws {ShapeError} With fewer than two axes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.transpose(wf.tensor([[1, 2], [3, 4]])).toArray()); // [[1, 3], [2, 4]]
 * ```
 */
export function transpose<D extends DType>(x: Tensor<D>): Tensor<D> {
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot transpose the last two axes: current shape is ${
        formatShape(x.shape)
      }`,
      {
        expected: "at least two axes",
        hint: "Use expandDims or reshape first",
      },
    );
  }
  const axes = x.shape.map((_, axis) => axis);
  axes[x.ndim - 2] = x.ndim - 1;
  axes[x.ndim - 1] = x.ndim - 2;
  return permuteDims(x, axes);
}

/**
 * Inserts an axis of length 1.
 *
 * @param x The tensor.
 * @param axis Where the new axis stands in the result; negative from its end.
 * @returns The tensor with one axis more.
 * @throws {ShapeError} When the axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(wf.expandDims(wf.zeros([2, 3]), 1).shape); // [2, 1, 3]
 * ```
 */
export function expandDims<D extends DType>(
  x: Tensor<D>,
  axis: number,
): Tensor<D> {
  const at = normalizeAxis("expandDims", axis, x.ndim + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/**
 * Removes axes of length 1.
 *
 * @param x The tensor.
 * @param axis Which ones; all of length 1 when not given.
 * @returns The tensor without those axes.
 * @throws {ShapeError} When a named axis is longer than 1.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(wf.squeeze(wf.zeros([1, 3, 1]), 0).shape); // [3, 1]
 * ```
 */
export function squeeze<D extends DType>(
  x: Tensor<D>,
  axis?: number | readonly number[],
): Tensor<D> {
  const axes = axis === undefined
    ? x.shape.flatMap((length, k) => length === 1 ? [k] : [])
    : normalizeAxes("squeeze", axis, x.ndim);
  for (const one of axes) {
    if (x.shape[one] !== 1) {
      throw new ShapeError(
        `Cannot squeeze axis ${one}: current shape is ${formatShape(x.shape)}`,
        { expected: "length 1", actual: `length ${x.shape[one]}` },
      );
    }
  }
  return reshape(x, x.shape.filter((_, k) => !axes.includes(k)));
}

/**
 * Repeats axes of length 1 (and new leading ones) up to a shape.
 *
 * @param x The tensor.
 * @param shape The shape.
 * @returns The tensor in that shape.
 * @throws {ShapeError} When an axis of another length than 1 differs.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.broadcastTo(wf.tensor([1, 2]), [2, 2]).toArray()); // [[1, 2], [1, 2]]
 * ```
 */
export function broadcastTo<D extends DType>(
  x: Tensor<D>,
  shape: Shape,
): Tensor<D> {
  checkShape("broadcastTo", shape);
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new ShapeError(
      `Cannot broadcast to ${formatShape(shape)}: current shape is ${
        formatShape(x.shape)
      }`,
      { expected: "a shape with at least these axes, where not 1 as long" },
    );
  }
  return expandTo(x, [...shape]);
}

/**
 * What to take of one axis: an index (the axis disappears), `[start, stop,
 * step]` as in Python (ends may be left out or null, negative ones count from
 * the end, the step may be negative), or null for everything.
 */
export type SliceSpec =
  | number
  | null
  | readonly [
    start?: number | null,
    stop?: number | null,
    step?: number,
  ];

/**
 * A part of a tensor.
 *
 * @param x The tensor.
 * @param specs What to take of each axis from the first; the rest is whole.
 * @returns The part; an axis with an index is gone.
 * @throws {ShapeError} When there are more specs than axes, or an index is out of
 * range.
 * @throws {ParameterError} When a step is 0.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.reshape(wf.arange(12), [3, 4]);
 * const y = wf.slice(x, [1], [null, null, -1]); // rows from 1, columns reversed
 * console.log(await y.toArray()); // [ [ 7, 6, 5, 4 ], [ 11, 10, 9, 8 ] ]
 * ```
 */
export function slice<D extends DType>(
  x: Tensor<D>,
  ...specs: readonly SliceSpec[]
): Tensor<D> {
  if (specs.length > x.ndim) {
    throw new ShapeError(
      `Cannot slice ${specs.length} axes: current shape is ${
        formatShape(x.shape)
      }`,
      { expected: `at most ${x.ndim}`, actual: String(specs.length) },
    );
  }
  const starts: number[] = [];
  const steps: number[] = [];
  const shape: number[] = [];
  const dropped: number[] = [];
  x.shape.forEach((length, axis) => {
    const spec = specs[axis] ?? null;
    if (typeof spec === "number") {
      starts.push(normalizeIndex(spec, length, axis));
      steps.push(1);
      shape.push(1);
      dropped.push(axis);
      return;
    }
    const range = resolveRange(spec ?? [], length);
    starts.push(range.start);
    steps.push(range.step);
    shape.push(range.count);
  });
  const unchanged = sameShape(shape, x.shape) &&
    starts.every((start) => start === 0) && steps.every((step) => step === 1);
  const part = unchanged
    ? x
    : apply("slice", { starts, steps }, [x], x.dtype, shape);
  return reshape(part, shape.filter((_, axis) => !dropped.includes(axis)));
}

function normalizeIndex(index: number, length: number, axis: number): number {
  const at = index < 0 ? index + length : index;
  if (!Number.isInteger(index) || at < 0 || at >= length) {
    throw new ShapeError(
      `Cannot take index ${index} of axis ${axis}: current length is ${length}`,
      { expected: `a whole number from ${-length} to ${length - 1}` },
    );
  }
  return at;
}

function resolveRange(
  spec:
    | readonly [number?, number?, number?]
    | readonly (number | null | undefined)[],
  length: number,
): { start: number; step: number; count: number } {
  const step = spec[2] ?? 1;
  if (
    !Number.isInteger(step) || step === 0 || !whole(spec[0]) || !whole(spec[1])
  ) {
    throw new ParameterError(
      `Cannot slice by [${spec.map((one) => one ?? "null").join(", ")}]`,
      { expected: "whole numbers and a step that is not 0" },
    );
  }
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const clamp = (value: number) =>
    Math.min(Math.max(value < 0 ? value + length : value, low), high);
  const start = spec[0] == null ? (step > 0 ? low : high) : clamp(spec[0]);
  const stop = spec[1] == null ? (step > 0 ? high : low) : clamp(spec[1]);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return { start: count === 0 ? 0 : start, step, count };
}

function whole(value: number | null | undefined): boolean {
  return value == null || Number.isInteger(value);
}

/**
 * The diagonals of the last two axes: `[…, m, n]` gives `[…, min(m, n)]`.
 *
 * @param x Matrices.
 * @returns The diagonals.
 * @throws {ShapeError} With fewer than two axes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.diagonal(wf.tensor([[1, 2], [3, 4]])).toArray()); // [1, 4]
 * ```
 */
export function diagonal<D extends DType>(x: Tensor<D>): Tensor<D> {
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot take the diagonal: current shape is ${formatShape(x.shape)}`,
      { expected: "at least two axes" },
    );
  }
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const batch = x.shape.slice(0, -2);
  const count = Math.min(rows, columns);
  const flat = reshape(x, [...batch, rows * columns]);
  const specs: SliceSpec[] = batch.map(() => null);
  const stop = Math.max(0, (count - 1) * (columns + 1) + 1);
  return slice(flat, ...specs, [0, count === 0 ? 0 : stop, columns + 1]);
}

/**
 * Reverses axes; all of them when none are given.
 *
 * @param x The tensor.
 * @param options `axis`, one or several, negative from the end; default all.
 * @returns The tensor, backwards along them.
 * @throws {ShapeError} When an axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.flip(wf.arange(3)).toArray()); // [2, 1, 0]
 * ```
 */
export function flip<D extends DType>(
  x: Tensor<D>,
  options: { readonly axis?: number | readonly number[] } = {},
): Tensor<D> {
  const axes = normalizeAxes("flip", axisOption("flip", options), x.ndim);
  return slice(
    x,
    ...x.shape.map((_, k): SliceSpec =>
      axes.includes(k) ? [null, null, -1] : null
    ),
  );
}

/**
 * Joins tensors along an axis that they have.
 *
 * @param tensors At least one, alike but for the length of the axis.
 * @param options `axis`, 0 by default.
 * @returns The joined tensor.
 * @throws {ParameterError} When the list is empty.
 * @throws {ShapeError} When other axes differ.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2]]);
 * console.log(await wf.concat([x, x]).toArray()); // [[1, 2], [1, 2]]
 * console.log(await wf.concat([x, x], { axis: 1 }).toArray()); // [[1, 2, 1, 2]]
 * ```
 */
export function concat<D extends DType>(
  tensors: readonly Tensor<D>[],
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const first = tensors[0];
  if (first === undefined) {
    throw new ParameterError("Cannot join an empty list of tensors", {
      expected: "at least one tensor",
    });
  }
  const axis = normalizeAxis(
    "concat",
    axisOption("concat", options) ?? 0,
    first.ndim,
  );
  let length = 0;
  tensors.forEach((one, index) => {
    const fits = one.ndim === first.ndim && one.dtype === first.dtype &&
      one.shape.every((n, k) => k === axis || n === first.shape[k]);
    if (!fits) {
      throw new ShapeError(
        `Cannot join tensor ${index} along axis ${axis}: current type is ${one}`,
        { expected: `like ${first} but for axis ${axis}`, actual: String(one) },
      );
    }
    length += one.shape[axis]!;
  });
  if (tensors.length === 1) return first;
  const shape = first.shape.map((n, k) => k === axis ? length : n);
  return apply("concat", { axis }, tensors, first.dtype, shape);
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @param tensors At least one.
 * @param options `axis` of the result, 0 by default.
 * @returns The tensor with one axis more.
 * @throws {ParameterError} When the list is empty.
 * @throws {ShapeError} When shapes differ.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1, 2]);
 * console.log(await wf.stack([x, x], { axis: 1 }).toArray()); // [[1, 1], [2, 2]]
 * ```
 */
export function stack<D extends DType>(
  tensors: readonly Tensor<D>[],
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const axis = axisOption("stack", options) ?? 0;
  const wide = tensors.map((one) => expandDims(one, axis));
  const rank = wide[0]?.ndim ?? 1;
  tensors.forEach((one, index) => {
    if (!sameShape(one.shape, tensors[0]!.shape)) {
      throw new ShapeError(
        `Cannot stack tensor ${index}: current shape is ${
          formatShape(one.shape)
        }`,
        { expected: formatShape(tensors[0]!.shape) },
      );
    }
  });
  return concat(wide, { axis: normalizeAxis("stack", axis, rank) });
}

/**
 * Cuts a tensor along an axis.
 *
 * @param x The tensor.
 * @param sections A number of equal parts, or the length of each part.
 * @param options `axis`, 0 by default.
 * @returns The parts, in order.
 * @throws {ShapeError} When the parts do not fill the axis.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const parts = wf.split(wf.arange(5), [2, 3]);
 * console.log(parts.map(({ shape }) => shape)); // [[2], [3]]
 * ```
 */
export function split<D extends DType>(
  x: Tensor<D>,
  sections: number | readonly number[],
  options: { readonly axis?: number } = {},
): Tensor<D>[] {
  const axis = normalizeAxis(
    "split",
    axisOption("split", options) ?? 0,
    x.ndim,
  );
  const length = x.shape[axis]!;
  const parts = typeof sections === "number"
    ? new Array<number>(sections).fill(length / sections)
    : sections;
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (total !== length || !parts.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(
      `Cannot split axis ${axis} into ${
        typeof sections === "number" ? sections : formatShape(sections)
      } parts: current length is ${length}`,
      { expected: "whole parts that add up to the length" },
    );
  }
  let start = 0;
  return parts.map((part) => {
    const specs: SliceSpec[] = new Array(axis).fill(null);
    specs.push([start, start += part]);
    return slice(x, ...specs);
  });
}

/**
 * Puts a border around a tensor.
 *
 * @param x The tensor.
 * @param widths Elements before and after, for each axis.
 * @param options `value` of the border, 0 by default.
 * @returns The larger tensor.
 * @throws {ShapeError} When there is not one pair for each axis.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.pad(wf.tensor([1, 2]), [[1, 2]]).toArray()); // [0, 1, 2, 0, 0]
 * ```
 */
export function pad<D extends DType>(
  x: Tensor<D>,
  widths: readonly (readonly [before: number, after: number])[],
  options: { readonly value?: number } = {},
): Tensor<D> {
  const fits = widths.length === x.ndim &&
    widths.every((pair) =>
      pair.every((width) => Number.isInteger(width) && width >= 0)
    );
  if (!fits) {
    throw new ShapeError(
      `Cannot pad by ${JSON.stringify(widths)}: current shape is ${
        formatShape(x.shape)
      }`,
      { expected: "[before, after] for each axis, not negative" },
    );
  }
  const shape = x.shape.map((n, k) => n + widths[k]![0] + widths[k]![1]);
  if (sameShape(shape, x.shape)) return x;
  const before = widths.map((pair) => pair[0]);
  const value = options.value ?? 0;
  return apply("pad", { before, value }, [x], x.dtype, shape);
}

/**
 * Moves elements along an axis; what leaves at one end enters at the other.
 *
 * @param x The tensor.
 * @param shift Number of places; negative moves towards the start.
 * @param options `axis`, 0 by default.
 * @returns The tensor, moved.
 * @throws {ShapeError} When the axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.roll(wf.arange(4), 1).toArray()); // [3, 0, 1, 2]
 * ```
 */
export function roll<D extends DType>(
  x: Tensor<D>,
  shift: number,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const axis = normalizeAxis("roll", axisOption("roll", options) ?? 0, x.ndim);
  const length = x.shape[axis]!;
  if (length === 0) return x;
  const cut = length - (((shift % length) + length) % length);
  if (cut === length) return x;
  const [head, tail] = split(x, [cut, length - cut], { axis });
  return concat([tail!, head!], { axis });
}

/**
 * Repeats each element along an axis.
 *
 * @param x The tensor.
 * @param count How often.
 * @param options `axis`, 0 by default.
 * @returns The tensor, `count` times as long.
 * @throws {ShapeError} When the axis or the count is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.repeat(wf.tensor([1, 2]), 2).toArray()); // [1, 1, 2, 2]
 * ```
 */
export function repeat<D extends DType>(
  x: Tensor<D>,
  count: number,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  checkShape("repeat", [count]);
  const axis = normalizeAxis(
    "repeat",
    axisOption("repeat", options) ?? 0,
    x.ndim,
  );
  const wide = expandDims(x, axis + 1);
  const shape = [...wide.shape];
  shape[axis + 1] = count;
  const result = [...x.shape];
  result[axis]! *= count;
  return reshape(expandTo(wide, shape), result);
}

/**
 * Repeats a whole tensor along its axes.
 *
 * @param x The tensor.
 * @param counts How often along each axis, aligned at the last one.
 * @returns The larger tensor.
 * @throws {ShapeError} When a count is negative or not whole.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.tile(wf.tensor([1, 2]), [2, 2]).toArray()); // [[1, 2, 1, 2], [1, 2, 1, 2]]
 * ```
 */
export function tile<D extends DType>(
  x: Tensor<D>,
  counts: readonly number[],
): Tensor<D> {
  checkShape("tile", counts);
  const rank = Math.max(x.ndim, counts.length);
  const lengths = [...new Array(rank - x.ndim).fill(1), ...x.shape];
  const times = [...new Array(rank - counts.length).fill(1), ...counts];
  const wide = reshape(x, lengths.flatMap((length) => [1, length]));
  const shape = lengths.flatMap((length, k) => [times[k]!, length]);
  return reshape(
    expandTo(wide, shape),
    lengths.map((length, k) => length * times[k]!),
  );
}
