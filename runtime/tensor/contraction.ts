/**
 * Products that sum over shared axes.
 *
 * @module
 */

import { ShapeError } from "../core/errors.ts";
import type { DType } from "../device/dtypes.ts";
import {
  broadcastShapes,
  formatShape,
  normalizeAxis,
  sizeOf,
} from "../device/shapes.ts";
import { multiply } from "./elementwise.ts";
import { expandDims, permuteDims, reshape } from "./movement.ts";
import { apply, axisOption, expandTo, requireTensor, unify } from "./node.ts";
import { sum } from "./reductions.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Matrix product by NumPy's rules: leading axes are batches and broadcast; a
 * vector on the left is a row, on the right a column, and its axis disappears.
 *
 * @param a `[…, m, k]` or `[k]`.
 * @param b `[…, k, n]` or `[k]`.
 * @returns `[…, m, n]` without the axes of vectors.
 * @throws {ShapeError} When the shared axis differs.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[1, 2], [3, 4]]);
 * console.log(await wf.matmul(a, wf.eye(2)).toArray()); // [[1, 2], [3, 4]]
 * console.log(await wf.matmul(a, wf.tensor([1, 1])).toArray()); // [3, 7]
 * ```
 */
export function matmul<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
): Tensor<D> {
  checkDTypes("matmul", a, b);
  if (a.ndim === 0 || b.ndim === 0) throw mismatch(a, b);
  const left = a.ndim === 1 ? expandDims(a, 0) : a;
  const right = b.ndim === 1 ? expandDims(b, 1) : b;
  const [m, k] = left.shape.slice(-2) as [number, number];
  const [shared, n] = right.shape.slice(-2) as [number, number];
  if (k !== shared) throw mismatch(a, b);
  const batch = broadcastShapes(
    "matmul",
    left.shape.slice(0, -2),
    right.shape.slice(0, -2),
  );
  const shape = [...batch, m, n];
  const product = apply(
    "matmul",
    {},
    [expandTo(left, [...batch, m, k]), expandTo(right, [...batch, k, n])],
    a.dtype,
    shape,
  );
  if (a.ndim > 1 && b.ndim > 1) return product;
  const kept = [...batch];
  if (a.ndim > 1) kept.push(m);
  if (b.ndim > 1) kept.push(n);
  return reshape(product, kept);
}

/** Refuses two dtypes with the error of all other operations. */
function checkDTypes<D extends DType>(
  name: string,
  a: Tensor<D>,
  b: Tensor<D>,
): void {
  requireTensor(name, a);
  requireTensor(name, b);
  if (a.dtype !== b.dtype) unify(name, [a, b]);
}

function mismatch(a: Tensor, b: Tensor): ShapeError {
  return new ShapeError(
    `Cannot multiply matrices: current shapes are ${formatShape(a.shape)} and ${
      formatShape(b.shape)
    }`,
    {
      expected: "[…, m, k] and […, k, n]",
      actual: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      hint: "Use transpose or reshape to line up the shared axis",
    },
  );
}

/**
 * Sum of products along one axis.
 *
 * @param a One tensor.
 * @param b The other; broadcast.
 * @param options `axis`, the last one by default.
 * @returns The sums, without the axis.
 * @throws {ShapeError} When shapes do not broadcast.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4]]);
 * console.log(await wf.vecdot(x, x).toArray()); // [5, 25]
 * ```
 */
export function vecdot<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options: { readonly axis?: number } = {},
): Tensor<D> {
  const product = multiply(a, b);
  const axis = normalizeAxis(
    "vecdot",
    axisOption("vecdot", options) ?? -1,
    product.ndim,
  );
  return sum(product, { axis }) as Tensor<D>;
}

/**
 * All products of two vectors: `[m]` and `[n]` give `[m, n]`.
 *
 * @param a The rows.
 * @param b The columns.
 * @returns The products.
 * @throws {ShapeError} When one is not a vector.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.outer(wf.tensor([1, 2]), wf.tensor([3, 4])).toArray()); // [[3, 4], [6, 8]]
 * ```
 */
export function outer<D extends DType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError(
      `Cannot take the outer product: current shapes are ${
        formatShape(a.shape)
      } and ${formatShape(b.shape)}`,
      { expected: "two vectors", hint: "Use flatten first" },
    );
  }
  return multiply(expandDims(a, 1), expandDims(b, 0));
}

/**
 * Sums products over pairs of axes.
 *
 * @param a One tensor.
 * @param b The other.
 * @param axes A number of axes (last of `a` with first of `b`), or the axes of
 * each that belong together.
 * @returns What is left of the axes of `a`, then of those of `b`.
 * @throws {ShapeError} When the axes that belong together differ.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.ones([2, 3, 4]);
 * const b = wf.ones([3, 4, 5]);
 * console.log(wf.tensordot(a, b).shape); // [2, 5]
 * ```
 */
export function tensordot<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor<D> {
  const [left, right] = typeof axes === "number"
    ? [range(a.ndim - axes, a.ndim), range(0, axes)]
    : [
      axes[0].map((axis) => normalizeAxis("tensordot", axis, a.ndim)),
      axes[1].map((axis) => normalizeAxis("tensordot", axis, b.ndim)),
    ];
  const fits = left.length === right.length &&
    left.every((axis, k) => a.shape[axis] === b.shape[right[k]!]);
  if (!fits) throw mismatch(a, b);
  const freeLeft = range(0, a.ndim).filter((axis) => !left.includes(axis));
  const freeRight = range(0, b.ndim).filter((axis) => !right.includes(axis));
  const shared = left.reduce((size, axis) => size * a.shape[axis]!, 1);
  const rows = freeLeft.map((axis) => a.shape[axis]!);
  const columns = freeRight.map((axis) => b.shape[axis]!);
  const product = matmul(
    reshape(permuteDims(a, [...freeLeft, ...left]), [sizeOf(rows), shared]),
    reshape(permuteDims(b, [...right, ...freeRight]), [
      shared,
      sizeOf(columns),
    ]),
  );
  return reshape(product, [...rows, ...columns]);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, k) => from + k);
}
