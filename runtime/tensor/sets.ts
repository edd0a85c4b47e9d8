/**
 * The different elements of a tensor. How many there are depends on the data, so
 * these functions compute the tensor and give promises.
 *
 * @module
 */

import type { DType } from "../device/dtypes.ts";
import { ones, zeros } from "./creation.ts";
import { notEqual, subtract } from "./elementwise.ts";
import { scatterAdd, take } from "./indexing.ts";
import { argsort } from "./linear_algebra/mod.ts";
import { concat, flatten, reshape, slice } from "./movement.ts";
import { castTo, constant } from "./node.ts";
import { realize } from "./realize.ts";
import { cumulativeSum } from "./reductions.ts";
import { positionsOf } from "./searching.ts";
import type { Tensor } from "./tensor.ts";

/** What {@linkcode uniqueAll} finds. */
export interface UniqueAll<D extends DType> {
  /** The different elements, ascending, `[k]`. */
  readonly values: Tensor<D>;
  /** Where each of them is first, counted row-major, i32 `[k]`. */
  readonly indices: Tensor<"i32">;
  /** Which of `values` each element is, i32, in the shape of the tensor. */
  readonly inverseIndices: Tensor<"i32">;
  /** How often each of them comes, i32 `[k]`. */
  readonly counts: Tensor<"i32">;
}

/**
 * The different elements of a tensor, where they are first, which of them each
 * element is, and how often they come. -0 equals 0; each NaN differs from all
 * others and comes last.
 *
 * @param x The tensor.
 * @returns Values, positions, inverse positions and counts.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { values, inverseIndices, counts } = await wf.uniqueAll(wf.tensor([5, 3, 5]));
 * console.log(await values.toArray(), await counts.toArray()); // [3, 5] [1, 2]
 * console.log(await inverseIndices.toArray()); // [1, 0, 1]
 * ```
 */
export async function uniqueAll<D extends DType>(
  x: Tensor<D>,
): Promise<UniqueAll<D>> {
  const whole = { dtype: "i32" } as const;
  if (x.size === 0) {
    const none = zeros([0], whole);
    const inverseIndices = zeros(x.shape, whole);
    return { values: flatten(x), indices: none, inverseIndices, counts: none };
  }
  const flat = flatten(x);
  const order = argsort(flat);
  await realize(x, order);
  const sorted = take(flat, order);
  const first = concat([
    castTo(ones([1], whole), "bool"),
    notEqual(slice(sorted, [1]), slice(sorted, [0, -1])),
  ]);
  const starts = await positionsOf(first);
  const groups = subtract(cumulativeSum(castTo(first, "i32")), 1);
  const inverse = scatterAdd(zeros([x.size], whole), order, groups);
  const ends = concat([slice(starts, [1]), constant(x.size, "i32", [1])]);
  const indices = take(order, starts);
  return {
    values: take(flat, indices),
    indices,
    inverseIndices: reshape(inverse, x.shape),
    counts: subtract(ends, starts),
  };
}

/**
 * The different elements of a tensor; see {@linkcode uniqueAll}.
 *
 * @param x The tensor.
 * @returns The elements, ascending, `[k]`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const values = await wf.uniqueValues(wf.tensor([5, 3, 5]));
 * console.log(await values.toArray()); // [3, 5]
 * ```
 */
export async function uniqueValues<D extends DType>(
  x: Tensor<D>,
): Promise<Tensor<D>> {
  return (await uniqueAll(x)).values;
}

/**
 * The different elements of a tensor, and how often they come; see
 * {@linkcode uniqueAll}.
 *
 * @param x The tensor.
 * @returns Values and counts, each `[k]`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { counts } = await wf.uniqueCounts(wf.tensor([5, 3, 5]));
 * console.log(await counts.toArray()); // [1, 2]
 * ```
 */
export async function uniqueCounts<D extends DType>(
  x: Tensor<D>,
): Promise<Pick<UniqueAll<D>, "values" | "counts">> {
  const { values, counts } = await uniqueAll(x);
  return { values, counts };
}

/**
 * The different elements of a tensor, and which of them each element is; see
 * {@linkcode uniqueAll}.
 *
 * @param x The tensor.
 * @returns Values `[k]`, and positions among them in the shape of the tensor.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { values, inverseIndices } = await wf.uniqueInverse(wf.tensor([5, 3, 5]));
 * console.log(await wf.take(values, inverseIndices).toArray()); // [5, 3, 5]
 * ```
 */
export async function uniqueInverse<D extends DType>(
  x: Tensor<D>,
): Promise<Pick<UniqueAll<D>, "values" | "inverseIndices">> {
  const { values, inverseIndices } = await uniqueAll(x);
  return { values, inverseIndices };
}
