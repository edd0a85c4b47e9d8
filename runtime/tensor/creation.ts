/**
 * Making tensors from numbers, lists, typed arrays and rules.
 *
 * @module
 */

import {
  DataError,
  DTypeError,
  ParameterError,
  ShapeError,
} from "../core/errors.ts";
import {
  allocate,
  type AnyTypedArray,
  type DType,
  dtypeOfArray,
  holds,
  INTEGER_RANGE,
  isFloatDType,
  isIntegerDType,
  type TypedArray,
} from "../device/dtypes.ts";
import { GraphNode, hostStorage } from "../device/graph.ts";
import {
  checkShape,
  formatShape,
  type Shape,
  sizeOf,
} from "../device/shapes.ts";
import { currentBlame } from "./blame.ts";
import {
  add,
  greaterEqual,
  lessEqual,
  multiply,
  where,
} from "./elementwise.ts";
import { reshape } from "./movement.ts";
import { apply, castTo, constant, expandTo } from "./node.ts";
import { Tensor } from "./tensor.ts";

/** Lists of numbers or booleans in lists, all of one length at each depth. */
export type NestedList =
  | number
  | boolean
  | readonly NestedList[]
  | readonly number[];

/** The dtype that a typed array keeps when it becomes a tensor. */
export type DTypeOfArray<A extends AnyTypedArray> = A extends Float64Array
  ? "f64"
  : A extends Float32Array ? "f32"
  : A extends Float16Array ? "f16"
  : A extends Int32Array ? "i32"
  : A extends Uint32Array ? "u32"
  : A extends Int8Array ? "i8"
  : "u8";

/**
 * A tensor of given numbers, which are copied.
 *
 * @param data A number, nested lists (f32 unless said otherwise; booleans give
 * bool), or a typed array, which keeps its dtype.
 * @param options `dtype`; and `shape` for data in row-major order.
 * @returns The tensor.
 * @throws {ShapeError} When lists are ragged or the shape does not fit.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[1, 2], [3, 4]], { dtype: "f64" });
 * const b = wf.tensor(new Float64Array(6), { shape: [2, 3] });
 * console.log(String(a), String(b)); // Tensor<f64>[2, 2] Tensor<f64>[2, 3]
 * ```
 */
export function tensor<A extends AnyTypedArray>(
  data: A,
  options?: { readonly dtype?: undefined; readonly shape?: Shape },
): Tensor<DTypeOfArray<A>>;
/**
 * A tensor of given numbers in a dtype of your choice.
 *
 * @param data A number, nested lists, or a typed array, whose elements are
 * converted.
 * @param options `dtype`; and `shape` for data in row-major order.
 * @returns The tensor.
 * @throws {ShapeError} When lists are ragged or the shape does not fit.
 * @throws {DataError} When an integer dtype gets a number with a fraction.
 */
export function tensor<D extends DType>(
  data: NestedList | AnyTypedArray,
  options: { readonly dtype: D; readonly shape?: Shape },
): Tensor<D>;
/**
 * A bool tensor of given booleans, which are copied.
 *
 * @param data A boolean, or nested lists.
 * @param options `shape` for data in row-major order.
 * @returns The tensor.
 * @throws {ShapeError} When lists are ragged or the shape does not fit.
 */
export function tensor(
  data: boolean | readonly boolean[] | readonly (readonly boolean[])[],
  options?: { readonly dtype?: undefined; readonly shape?: Shape },
): Tensor<"bool">;
/**
 * An f32 tensor of given numbers, which are copied.
 *
 * @param data A number, or nested lists.
 * @param options `shape` for data in row-major order.
 * @returns The tensor.
 * @throws {ShapeError} When lists are ragged or the shape does not fit.
 */
export function tensor(
  data: number | readonly number[] | readonly NestedList[],
  options?: { readonly dtype?: undefined; readonly shape?: Shape },
): Tensor<"f32">;
export function tensor(
  data: NestedList | AnyTypedArray,
  options: {
    readonly dtype?: DType | undefined;
    readonly shape?: Shape | undefined;
  } = {},
): Tensor {
  if (ArrayBuffer.isView(data)) return fromArray(data, options);
  const { flat, shape } = flatten(data);
  const dtype = options.dtype ??
    (flat.length > 0 && flat.every((x) => typeof x === "boolean")
      ? "bool"
      : "f32");
  const array = allocate(dtype, flat.length);
  for (let index = 0; index < flat.length; index++) {
    array[index] = checkedElement(flat[index]!, dtype);
  }
  return fromOwned(array, dtype, fitShape(options.shape ?? shape, flat.length));
}

function fromArray(
  data: AnyTypedArray,
  options: {
    readonly dtype?: DType | undefined;
    readonly shape?: Shape | undefined;
  },
): Tensor {
  const own = dtypeOfArray(data);
  if (own === undefined) {
    throw new DTypeError(
      `Cannot make a tensor from a "${
        (data as ArrayBufferView).constructor.name
      }"`,
      {
        expected:
          "Float64Array, Float32Array, Float16Array, Int32Array, Uint32Array, Int8Array or Uint8Array",
      },
    );
  }
  const shape = fitShape(options.shape ?? [data.length], data.length);
  const dtype = options.dtype ?? own;
  if (dtype === own) return fromOwned(data.slice() as TypedArray, own, shape);
  const array = allocate(dtype, data.length);
  for (let index = 0; index < data.length; index++) {
    array[index] = checkedElement(data[index]!, dtype);
  }
  return fromOwned(array, dtype, shape);
}

/** A number as it may stand in a tensor of a dtype. */
function checkedElement(value: unknown, dtype: DType): number {
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new DTypeError(
      `Cannot make a tensor from ${
        typeof value === "string" ? `the text "${value}"` : String(value)
      }`,
      {
        expected: "numbers or booleans",
        actual: value === null ? "null" : `a ${typeof value}`,
        hint: "Convert it first, and choose what stands for missing values",
      },
    );
  }
  const number = Number(value);
  if (dtype === "bool") return number !== 0 ? 1 : 0;
  if (!holds(dtype, number)) {
    throw new DataError(
      `Cannot make an "${dtype}" tensor from ${number}`,
      {
        expected: isIntegerDType(dtype)
          ? `whole numbers from ${INTEGER_RANGE[dtype].join(" to ")}`
          : "numbers",
        actual: String(number),
        hint: 'Use another dtype, or a float tensor and cast(x, "i32")',
      },
    );
  }
  return number;
}

/**
 * A tensor that takes an array over without copying it.
 *
 * @param array The data, row-major; nobody may write to them afterwards.
 * @param dtype Their dtype.
 * @param shape Their shape.
 * @returns The tensor.
 */
export function fromOwned<D extends DType>(
  array: TypedArray,
  dtype: D,
  shape: Shape,
): Tensor<D> {
  const node = new GraphNode("data", {}, [], dtype, shape, currentBlame());
  node.realize(hostStorage(array));
  return new Tensor<D>(node);
}

function fitShape(shape: Shape, size: number): Shape {
  checkShape("tensor", shape);
  if (sizeOf(shape) !== size) {
    throw new ShapeError(
      `Cannot make a tensor of shape ${
        formatShape(shape)
      } from ${size} elements`,
      { expected: `${sizeOf(shape)} elements`, actual: `${size} elements` },
    );
  }
  return [...shape];
}

function flatten(
  data: NestedList,
): { flat: (number | boolean)[]; shape: number[] } {
  const shape: number[] = [];
  for (let level: NestedList = data; Array.isArray(level); level = level[0]!) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const flat: (number | boolean)[] = [];
  const visit = (level: NestedList, axis: number): void => {
    if (!Array.isArray(level)) {
      if (axis !== shape.length) throw ragged(axis, "a number", shape);
      flat.push(level as number | boolean);
      return;
    }
    if (level.length !== shape[axis]) {
      throw ragged(axis, `a list of ${level.length}`, shape);
    }
    for (const inner of level) visit(inner as NestedList, axis + 1);
  };
  visit(data, 0);
  return { flat, shape };
}

function ragged(axis: number, actual: string, shape: Shape): ShapeError {
  return new ShapeError("Cannot make a tensor from ragged lists", {
    expected: axis < shape.length
      ? `a list of ${shape[axis]} at depth ${axis}`
      : `a number at depth ${axis}`,
    actual,
  });
}

/** Options of functions that make tensors; f32 when no dtype is given. */
export interface CreationOptions<D extends DType = DType> {
  /** The dtype; f32 by default. */
  readonly dtype?: D;
}

/**
 * A tensor that repeats one number.
 *
 * @param shape Its shape.
 * @param value The number.
 * @param options `dtype`, f32 by default.
 * @returns A tensor of the shape.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.full([2, 2], 0.5).toArray()); // [[0.5, 0.5], [0.5, 0.5]]
 * ```
 */
export function full<D extends DType = "f32">(
  shape: Shape,
  value: number,
  options: CreationOptions<D> = {},
): Tensor<D> {
  checkShape("full", shape);
  const dtype = dtypeOf(options);
  return constant(checkedElement(value, dtype), dtype, [...shape]);
}

function dtypeOf<D extends DType>(options: CreationOptions<D>): D {
  return options.dtype ?? "f32" as D;
}

/**
 * Zeros.
 *
 * @param shape The shape; `[]` for a scalar.
 * @param options `dtype`, f32 by default.
 * @returns Zeros.
 */
export function zeros<D extends DType = "f32">(
  shape: Shape,
  options: CreationOptions<D> = {},
): Tensor<D> {
  return full(shape, 0, options);
}
/**
 * Ones.
 *
 * @param shape The shape; `[]` for a scalar.
 * @param options `dtype`, f32 by default.
 * @returns Ones.
 */
export function ones<D extends DType = "f32">(
  shape: Shape,
  options: CreationOptions<D> = {},
): Tensor<D> {
  return full(shape, 1, options);
}
/**
 * Zeros of the shape and dtype of `x`.
 *
 * @param x The tensor whose shape and dtype are taken.
 * @returns A new tensor.
 */
export function zerosLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return constant(0, x.dtype, x.shape);
}
/**
 * Ones of the shape and dtype of `x`.
 *
 * @param x The tensor whose shape and dtype are taken.
 * @returns A new tensor.
 */
export function onesLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return constant(1, x.dtype, x.shape);
}
/**
 * One number in the shape and dtype of `x`.
 *
 * @param x The tensor whose shape and dtype are taken.
 * @param value The number.
 * @returns A new tensor.
 */
export function fullLike<D extends DType>(
  x: Tensor<D>,
  value: number,
): Tensor<D> {
  return constant(checkedElement(value, x.dtype), x.dtype, x.shape);
}

/** 0, 1, 2, … as a tensor. */
function iota<D extends DType>(length: number, dtype: D): Tensor<D> {
  return apply("iota", {}, [], dtype, [length]);
}

/**
 * Numbers from `start` up to, but without, `stop`.
 *
 * @param start First number; with one argument it is `stop`, and 0 the first.
 * @param stop End, not included.
 * @param step Difference; may be negative.
 * @param options `dtype`; f32 by default.
 * @returns The numbers, shape `[n]`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.arange(4).toArray()); // [0, 1, 2, 3]
 * console.log(await wf.arange(1, 0, -0.25, { dtype: "f64" }).toArray()); // [1, 0.75, 0.5, 0.25]
 * ```
 */
export function arange<D extends DType = "f32">(
  start: number,
  stop?: number,
  step = 1,
  options: CreationOptions<D> = {},
): Tensor<D> {
  const from = stop === undefined ? 0 : start;
  const to = stop ?? start;
  if (step === 0 || !Number.isFinite((to - from) / step)) {
    throw new ParameterError(
      `Cannot count from ${from} to ${to} by steps of ${step}`,
      { expected: "finite numbers and a step that is not 0" },
    );
  }
  const length = Math.max(0, Math.ceil((to - from) / step));
  const dtype = dtypeOf(options);
  const whole = Number.isInteger(from) && Number.isInteger(step);
  if (!isFloatDType(dtype) && !whole) {
    throw new DTypeError(`Cannot count by steps of ${step} in "${dtype}"`, {
      expected: "whole numbers",
      hint: 'Use { dtype: "f64" }',
    });
  }
  if (length > 0) {
    checkedElement(from, dtype);
    checkedElement(from + (length - 1) * step, dtype);
  }
  if (from === 0 && step === 1) return iota(length, dtype);
  return add(multiply(iota(length, dtype), step), from);
}

/**
 * Evenly spaced numbers, both ends included.
 *
 * @param start First number.
 * @param stop Last number.
 * @param count How many.
 * @param options `dtype`; f32 by default.
 * @returns The numbers, shape `[count]`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.linspace(0, 1, 5).toArray()); // [0, 0.25, 0.5, 0.75, 1]
 * ```
 */
export function linspace<D extends DType = "f32">(
  start: number,
  stop: number,
  count: number,
  options: CreationOptions<D> = {},
): Tensor<D> {
  checkShape("linspace", [count]);
  const dtype = dtypeOf(options);
  if (count === 1) return full([1], start, { dtype });
  const steps = iota(count, dtype);
  const rising = add(multiply(steps, (stop - start) / (count - 1)), start);
  // The last one is exact whatever the step was rounded to.
  return where(lessEqual(steps, count - 2), rising, stop);
}

/**
 * The matrix with ones on a diagonal.
 *
 * @param rows Number of rows.
 * @param columns Number of columns; as many as rows when not given.
 * @param options `dtype`, and `offset` of the diagonal (positive is above).
 * @returns The matrix.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.eye(2, 3).toArray()); // [[1, 0, 0], [0, 1, 0]]
 * ```
 */
export function eye<D extends DType = "f32">(
  rows: number,
  columns?: number,
  options: CreationOptions<D> & { readonly offset?: number } = {},
): Tensor<D> {
  const width = columns ?? rows;
  checkShape("eye", [rows, width]);
  const distance = diagonalDistance(rows, width, options.offset ?? 0);
  const dtype = dtypeOf(options);
  const on = where(
    apply("equal", {}, [distance, zerosLike(distance)], "bool", [rows, width]),
    constant(1, "i32"),
    0,
  );
  return castTo(on, dtype);
}

/** Column minus row minus offset. */
function diagonalDistance(
  rows: number,
  columns: number,
  offset: number,
): Tensor<"i32"> {
  const row = expandTo(reshape(iota(rows, "i32"), [rows, 1]), [rows, columns]);
  const column = expandTo(iota(columns, "i32"), [rows, columns]);
  return apply(
    "subtract",
    {},
    [column, add(row, offset)],
    "i32",
    [rows, columns],
  );
}

function triangle<D extends DType>(
  name: string,
  x: Tensor<D>,
  offset: number,
  lower: boolean,
): Tensor<D> {
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot take the triangle of a tensor in "${name}": current shape is ${
        formatShape(x.shape)
      }`,
      { expected: "at least two axes" },
    );
  }
  const distance = diagonalDistance(
    x.shape[x.ndim - 2]!,
    x.shape[x.ndim - 1]!,
    offset,
  );
  const keep = lower ? lessEqual(distance, 0) : greaterEqual(distance, 0);
  return where(keep, x, 0);
}

/**
 * The lower triangle of the last two axes; zeros above diagonal `offset`.
 *
 * @param x At least two axes.
 * @param offset 0 is the main diagonal, positive ones lie above it.
 * @returns The triangles, in the shape of `x`.
 * @throws {ShapeError} With fewer than two axes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.reshape(wf.arange(1, 5), [2, 2]);
 * console.log(await wf.tril(x).toArray()); // [[1, 0], [3, 4]]
 * console.log(await wf.triu(x, 1).toArray()); // [[0, 2], [0, 0]]
 * ```
 */
export function tril<D extends DType>(x: Tensor<D>, offset = 0): Tensor<D> {
  return triangle("tril", x, offset, true);
}
/**
 * The upper triangle of the last two axes; zeros below diagonal `offset`.
 *
 * @param x At least two axes.
 * @param offset 0 is the main diagonal, positive ones lie above it.
 * @returns The triangles, in the shape of `x`.
 * @throws {ShapeError} With fewer than two axes.
 */
export function triu<D extends DType>(x: Tensor<D>, offset = 0): Tensor<D> {
  return triangle("triu", x, offset, false);
}

/**
 * Matrices with given diagonals: `[…, n]` gives `[…, n, n]`.
 *
 * @param x The diagonals.
 * @returns The matrices, zero elsewhere.
 * @throws {ShapeError} For a scalar.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.diag(wf.tensor([1, 2])).toArray()); // [[1, 0], [0, 2]]
 * ```
 */
export function diag<D extends DType>(x: Tensor<D>): Tensor<D> {
  if (x.ndim === 0) {
    throw new ShapeError("Cannot make a diagonal matrix from a scalar", {
      expected: "at least one axis",
      hint: "Use reshape(x, [1])",
    });
  }
  const n = x.shape[x.ndim - 1]!;
  const distance = diagonalDistance(n, n, 0);
  const on = apply("equal", {}, [distance, zerosLike(distance)], "bool", [
    n,
    n,
  ]);
  return where(on, reshape(x, [...x.shape, 1]), 0);
}

/**
 * Coordinate matrices of a grid, row index first (`"ij"` order).
 *
 * @param axes The coordinates along each axis, one-dimensional.
 * @returns One tensor for each vector, all of one shape.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const [rows, columns] = wf.meshgrid(wf.arange(2), wf.arange(3));
 * console.log(await rows?.toArray()); // [[0, 0, 0], [1, 1, 1]]
 * console.log(await columns?.toArray()); // [[0, 1, 2], [0, 1, 2]]
 * ```
 */
export function meshgrid<D extends DType>(
  ...axes: readonly Tensor<D>[]
): Tensor<D>[] {
  const shape = axes.map((one) => one.size);
  return axes.map((one, axis) => {
    const wide = shape.map((length, k) => k === axis ? length : 1);
    return expandTo(reshape(one, wide), shape);
  });
}

/**
 * Whether a value is a tensor.
 *
 * @param value Any value.
 * @returns True for a tensor.
 */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
