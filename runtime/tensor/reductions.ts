/**
 * Reductions over axes, and what is composed of them.
 *
 * @module
 */

import { ParameterError, ShapeError } from "../core/errors.ts";
import type { DType } from "../device/dtypes.ts";
import type { ReduceName } from "../device/primitives.ts";
import {
  formatShape,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
} from "../device/shapes.ts";
import {
  absolute,
  add,
  divide,
  equal,
  exp,
  isFinite,
  log,
  power,
  sqrt,
  square,
  stopGradient,
  subtract,
  where,
} from "./elementwise.ts";
import { reshape } from "./movement.ts";
import {
  apply,
  axisOption,
  castTo,
  requireBool,
  requireFloat,
  requireTensor,
} from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** Which axes a reduction takes away; all of them when none are given. */
export interface ReduceOptions {
  /** One axis or several; negative ones count from the end. */
  readonly axis?: number | readonly number[] | undefined;
  /** Whether reduced axes stay with length 1; false by default. */
  readonly keepDims?: boolean | undefined;
}

function reduce<D extends DType>(
  op: ReduceName,
  x: Tensor<D>,
  options: ReduceOptions,
): Tensor<D> {
  requireTensor(op, x);
  const axes = normalizeAxes(op, axisOption(op, options), x.ndim);
  const empty = axes.some((axis) => x.shape[axis] === 0);
  if (empty && (op === "max" || op === "min")) {
    throw new ShapeError(
      `Cannot take "${op}" over nothing: current shape is ${
        formatShape(x.shape)
      }`,
      { expected: "at least one element along each axis" },
    );
  }
  const result = axes.length === 0 ? x : apply(
    op,
    { axes },
    [x],
    x.dtype,
    reducedShape(x.shape, axes, false),
  );
  return options.keepDims === true
    ? reshape(result, reducedShape(x.shape, axes, true))
    : result;
}

/** Number of elements that go into each result. */
function countReduced(name: string, x: Tensor, options: ReduceOptions): number {
  let count = 1;
  for (const axis of normalizeAxes(name, axisOption(name, options), x.ndim)) {
    count *= x.shape[axis]!;
  }
  return count;
}

/**
 * How many booleans hold.
 *
 * @param x The booleans.
 * @param options Axes.
 * @returns The counts.
 */
export function sum(x: Tensor<"bool">, options?: ReduceOptions): Tensor<"i32">;
/**
 * Sum; long ones are added up in parts.
 *
 * @param x The tensor.
 * @param options Axes.
 * @returns The sums, of the tensor's dtype.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4]]);
 * console.log(await wf.sum(x).item()); // 10
 * console.log(await wf.sum(x, { axis: 0 }).toArray()); // [4, 6]
 * console.log(wf.sum(x, { axis: 1, keepDims: true }).shape); // [2, 1]
 * ```
 */
export function sum<D extends DType>(
  x: Tensor<D>,
  options?: ReduceOptions,
): Tensor<D>;
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  requireTensor("sum", x);
  return reduce("sum", x.dtype === "bool" ? castTo(x, "i32") : x, options);
}
/**
 * Product.
 *
 * @param x The tensor.
 * @param options Axes; all by default.
 * @returns The products; 1 of nothing.
 */
export function prod<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions = {},
): Tensor<D> {
  return reduce("prod", x, options);
}
/**
 * Arithmetic mean; NaN of nothing.
 *
 * @param x The tensor.
 * @param options Axes; all by default.
 * @returns The means.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.mean(wf.tensor([[1, 2], [3, 4]]), { axis: 1 }).toArray()); // [1.5, 3.5]
 * ```
 */
export function mean<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions = {},
): Tensor<D> {
  requireFloat("mean", x);
  const total = reduce("sum", x, options);
  return divide(total, countReduced("mean", x, options));
}

/** Options of {@linkcode variance} and {@linkcode std}. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count in the divisor: 0 by default, 1 is unbiased. */
  readonly correction?: number;
}

/**
 * Variance about the mean, in two passes.
 *
 * @param x The tensor.
 * @param options Axes, all by default, and `correction`, 0 by default.
 * @returns The variances.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1, 2, 3, 4]);
 * console.log(await wf.variance(x).item()); // 1.25
 * console.log(await wf.variance(x, { correction: 1 }).item()); // 1.6666666269302368 in f32
 * ```
 */
export function variance<D extends DType>(
  x: Tensor<D>,
  options: VarianceOptions = {},
): Tensor<D> {
  const centre = mean(x, { axis: options.axis, keepDims: true });
  const total = reduce("sum", square(subtract(x, centre)), options);
  const count = countReduced("variance", x, options);
  return divide(total, count - (options.correction ?? 0));
}
/**
 * Standard deviation; where it is 0, so is its gradient.
 *
 * @param x The tensor.
 * @param options Axes, all by default, and `correction`, 0 by default.
 * @returns The square roots of {@linkcode variance}.
 * @throws {DTypeError} When the dtype is not a float.
 */
export function std<D extends DType>(
  x: Tensor<D>,
  options: VarianceOptions = {},
): Tensor<D> {
  return rootOf(variance(x, options), sqrt);
}
/**
 * Largest element; NaN wins. The gradient is shared among equals.
 *
 * @param x The tensor.
 * @param options Axes; all by default.
 * @returns The largest elements.
 * @throws {ShapeError} When there is nothing to take it of.
 */
export function max<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions = {},
): Tensor<D> {
  return reduce("max", x, options);
}
/**
 * Smallest element; NaN wins. The gradient is shared among equals.
 *
 * @param x The tensor.
 * @param options Axes; all by default.
 * @returns The smallest elements.
 * @throws {ShapeError} When there is nothing to take it of.
 */
export function min<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions = {},
): Tensor<D> {
  return reduce("min", x, options);
}
/**
 * Whether any holds.
 *
 * @param x The tensor.
 * @param options Axes; all by default.
 * @returns Booleans; false of nothing.
 * @throws {DTypeError} When the dtype is not bool.
 */
export function any(
  x: Tensor<"bool">,
  options: ReduceOptions = {},
): Tensor<"bool"> {
  requireBool("any", x);
  return castTo(reduce("sum", castTo(x, "i32"), options), "bool");
}
/**
 * Whether all hold.
 *
 * @param x The tensor.
 * @param options Axes; all by default.
 * @returns Booleans; true of nothing.
 * @throws {DTypeError} When the dtype is not bool.
 */
export function all(
  x: Tensor<"bool">,
  options: ReduceOptions = {},
): Tensor<"bool"> {
  requireBool("all", x);
  return castTo(reduce("prod", castTo(x, "i32"), options), "bool");
}

/** Which axis an index is sought along. */
export interface ArgumentOptions {
  /** The axis; all elements in one row when not given. */
  readonly axis?: number;
  /** Whether the axis stays with length 1; false by default. */
  readonly keepDims?: boolean;
}

function argument(
  op: "argmax" | "argmin",
  x: Tensor,
  options: ArgumentOptions,
): Tensor<"i32"> {
  const source = axisOption(op, options) === undefined
    ? reshape(x, [x.size])
    : x;
  const axis = normalizeAxis(op, axisOption(op, options) ?? 0, source.ndim);
  if (source.shape[axis] === 0) {
    throw new ShapeError(
      `Cannot take "${op}" over nothing: current shape is ${
        formatShape(x.shape)
      }`,
      { expected: "at least one element along the axis" },
    );
  }
  const shape = reducedShape(source.shape, [axis], false);
  const result = apply(op, { axis }, [source], "i32", shape);
  if (options.keepDims !== true) return result;
  return reshape(
    result,
    options.axis === undefined
      ? x.shape.map(() => 1)
      : reducedShape(source.shape, [axis], true),
  );
}

/**
 * Index of the first largest element, or of the first NaN.
 *
 * @param x The tensor.
 * @param options `axis`, all elements in one row by default.
 * @returns The indices.
 * @throws {ShapeError} When there is nothing to take it of.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.argmax(wf.tensor([[1, 5, 2], [7, 0, 7]]), { axis: 1 }).toArray()); // [1, 0]
 * ```
 */
export function argmax(
  x: Tensor,
  options: ArgumentOptions = {},
): Tensor<"i32"> {
  return argument("argmax", x, options);
}
/**
 * Index of the first smallest element, or of the first NaN.
 *
 * @param x The tensor.
 * @param options `axis`, all elements in one row by default.
 * @returns The indices.
 * @throws {ShapeError} When there is nothing to take it of.
 */
export function argmin(
  x: Tensor,
  options: ArgumentOptions = {},
): Tensor<"i32"> {
  return argument("argmin", x, options);
}

/**
 * `log(sum(exp(x)))` without overflow.
 *
 * @param x The tensor.
 * @param options Axes; all by default.
 * @returns The logarithms; -Infinity where all are.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1000, 1000], { dtype: "f64" });
 * console.log(await wf.logSumExp(x).item()); // 1000.6931471805599
 * ```
 */
export function logSumExp<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions = {},
): Tensor<D> {
  requireFloat("logSumExp", x);
  const axis = axisOption("logSumExp", options);
  const highest = stopGradient(max(x, { axis, keepDims: true }));
  // An infinite maximum would give NaN when subtracted from itself.
  const shift = where(isFinite(highest), highest, 0);
  const total = reduce("sum", exp(subtract(x, shift)), options);
  const shape = total.shape;
  return add(log(total), reshape(shift, shape));
}

function oneAxis(axis: number | undefined): { axis: number; keepDims: true } {
  return { axis: axis ?? -1, keepDims: true };
}

/**
 * Exponentials that add up to 1.
 *
 * @param x Logits.
 * @param options `axis`, the last one by default.
 * @returns Numbers from 0 to 1 that sum to 1 along the axis.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.softmax(wf.tensor([0, 0], { dtype: "f64" })).toArray()); // [0.5, 0.5]
 * ```
 */
export function softmax<D extends DType>(
  x: Tensor<D>,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  requireFloat("softmax", x);
  const along = oneAxis(axisOption("softmax", options));
  const weights = exp(subtract(x, stopGradient(max(x, along))));
  return divide(weights, reduce("sum", weights, along));
}

/**
 * Logarithm of {@linkcode softmax}, without underflow.
 *
 * @param x Logits.
 * @param options `axis`, the last one by default.
 * @returns The logarithms.
 * @throws {DTypeError} When the dtype is not a float.
 */
export function logSoftmax<D extends DType>(
  x: Tensor<D>,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  requireFloat("logSoftmax", x);
  const along = oneAxis(axisOption("logSoftmax", options));
  const shifted = subtract(x, stopGradient(max(x, along)));
  return subtract(shifted, log(reduce("sum", exp(shifted), along)));
}

/**
 * Running sum along an axis.
 *
 * @param x The tensor.
 * @param options `axis` (0 by default), `reverse` to start at the end.
 * @returns The sums, in the shape of `x`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.cumulativeSum(wf.tensor([1, 2, 3])).toArray()); // [1, 3, 6]
 * ```
 */
export function cumulativeSum<D extends DType>(
  x: Tensor<D>,
  options: { readonly axis?: number; readonly reverse?: boolean } = {},
): Tensor<D> {
  const axis = normalizeAxis(
    "cumulativeSum",
    axisOption("cumulativeSum", options) ?? 0,
    x.ndim,
  );
  const reverse = options.reverse ?? false;
  return apply("cumulativeSum", { axis, reverse }, [x], x.dtype, x.shape);
}

/**
 * Vector norm over axes; where it is 0, so is its gradient.
 *
 * @param x The tensor.
 * @param options Axes, and `order`: 1, 2 (the default), another positive
 * number, or infinity.
 * @returns The norms.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When the order is not positive.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.norm(wf.tensor([3, 4])).item()); // 5
 * console.log(await wf.norm(wf.tensor([3, -4]), { order: 1 }).item()); // 7
 * ```
 */
export function norm<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions & { readonly order?: number } = {},
): Tensor<D> {
  requireFloat("norm", x);
  const order = options.order ?? 2;
  if (!(order > 0)) {
    throw new ParameterError(`Cannot take a norm of order ${order}`, {
      expected: "a positive number or infinity",
    });
  }
  if (order === Infinity) return reduce("max", absolute(x), options);
  if (order === 1) return reduce("sum", absolute(x), options);
  if (order === 2) return rootOf(reduce("sum", square(x), options), sqrt);
  return rootOf(
    reduce("sum", power(absolute(x), order), options),
    (total) => power(total, 1 / order),
  );
}

/** A root whose gradient at 0 is 0, the smallest of its subgradients. */
function rootOf<D extends DType>(
  total: Tensor<D>,
  root: (total: Tensor<D>) => Tensor<D>,
): Tensor<D> {
  const isZero = equal(total, 0);
  return where(isZero, 0, root(where(isZero, 1, total)));
}
