/**
 * Counting and finding elements.
 *
 * @module
 */

import { ShapeError } from "../core/errors.ts";
import { type DType, isFloatDType } from "../device/dtypes.ts";
import { broadcastShapes, formatShape } from "../device/shapes.ts";
import { arange, zeros } from "./creation.ts";
import {
  add,
  floorDivide,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  minimum,
  notEqual,
  remainder,
  subtract,
  where,
} from "./elementwise.ts";
import { scatterAdd, take, takeAlongAxis } from "./indexing.ts";
import { flatten, slice } from "./movement.ts";
import { castTo, expandTo, unify } from "./node.ts";
import { realize } from "./realize.ts";
import { cumulativeSum, type ReduceOptions, sum } from "./reductions.ts";
import type { Tensor } from "./tensor.ts";

/**
 * How many elements are not 0; NaN is not 0.
 *
 * @param x Numbers or booleans.
 * @param options Axes; all by default.
 * @returns The counts, i32.
 * @throws {ShapeError} When an axis is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[0, 2], [3, 4]]);
 * console.log(await wf.countNonzero(x, { axis: 0 }).toArray()); // [1, 2]
 * ```
 */
export function countNonzero(
  x: Tensor,
  options: ReduceOptions = {},
): Tensor<"i32"> {
  return sum(notEqual(x, 0), options);
}

/**
 * Where elements are not 0: one tensor of positions for each axis, in row-major
 * order. How many there are depends on the data, so this computes `x` and waits
 * for it.
 *
 * @param x Numbers or booleans, of at least one axis.
 * @returns Positions along each axis, i32, all of one length.
 * @throws {ShapeError} When `x` is a scalar.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const [rows, columns] = await wf.nonzero(wf.tensor([[0, 2], [3, 4]]));
 * console.log(await rows!.toArray(), await columns!.toArray()); // [0, 1, 1] [1, 0, 1]
 * ```
 */
export async function nonzero(x: Tensor): Promise<Tensor<"i32">[]> {
  if (x.ndim === 0) {
    throw new ShapeError("Cannot find what is not zero in a scalar", {
      expected: "at least one axis",
      actual: formatShape(x.shape),
      hint: "Use reshape(x, [1]) first",
    });
  }
  await realize(x);
  let rest = await positionsOf(flatten(notEqual(x, 0)));
  const found: Tensor<"i32">[] = [];
  for (let axis = x.ndim - 1; axis >= 0; axis--) {
    const length = x.shape[axis]!;
    found.unshift(remainder(rest, length));
    rest = floorDivide(rest, length);
  }
  return found;
}

/**
 * Where booleans along one axis hold; their number is computed at once.
 *
 * @param mask The booleans, `[n]`.
 * @returns Positions, ascending, i32.
 */
export async function positionsOf(
  mask: Tensor<"bool">,
): Promise<Tensor<"i32">> {
  const whole = { dtype: "i32" } as const;
  if (mask.size === 0) return zeros([0], whole);
  const ranks = cumulativeSum(castTo(mask, "i32"));
  await realize(ranks);
  const count = await slice(ranks, -1).item();
  // What does not hold goes to a last place that is cut off.
  const places = where(mask, subtract(ranks, 1), count);
  const all = arange(mask.size, undefined, 1, whole);
  const kept = scatterAdd(
    zeros([count + 1], whole),
    places,
    where(mask, all, 0),
  );
  return slice(kept, [0, count]);
}

/** How {@linkcode searchSorted} searches. */
export interface SearchSortedOptions {
  /** Whether to stand before equal elements ("left", the default) or after. */
  readonly side?: "left" | "right";
  /** Positions that sort the table, as `argsort` gives; sorted if not given. */
  readonly sorter?: Tensor;
}

/**
 * Where values would be put into a sorted table so that it stays sorted. NaN is
 * larger than all else, as in `sort`. One search takes about `log2(n)` reads of
 * the table; nothing is computed before the result is read.
 *
 * @param table `[n]`, ascending; or one table for each row, `[..., n]`.
 * @param values Any shape for one table; else `[..., m]`, leading axes
 * broadcast.
 * @param options `side`, "left" by default, and `sorter`.
 * @returns Positions from 0 to `n`, i32, in the shape of `values`.
 * @throws {DTypeError} When dtypes differ.
 * @throws {ShapeError} When the table is a scalar or leading axes do not
 * broadcast.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const table = wf.tensor([1, 2, 2, 3]);
 * const values = wf.tensor([0, 2, 9]);
 * console.log(await wf.searchSorted(table, values).toArray()); // [0, 1, 4]
 * console.log(await wf.searchSorted(table, values, { side: "right" }).toArray()); // [0, 3, 4]
 * ```
 */
export function searchSorted<D extends DType>(
  table: Tensor<D>,
  values: Tensor<D>,
  options: SearchSortedOptions = {},
): Tensor<"i32"> {
  const { side = "left", sorter } = options;
  if (table.ndim === 0 || (table.ndim > 1 && values.ndim === 0)) {
    throw new ShapeError(
      `Cannot search a table of shape ${formatShape(table.shape)}`,
      {
        expected: "[n], or [..., n] with values [..., m]",
        actual: `values of shape ${formatShape(values.shape)}`,
      },
    );
  }
  // Refuses two dtypes with the error of all other operations.
  if (table.dtype !== values.dtype) unify("searchSorted", [table, values]);
  const ordered = sorter === undefined ? table : takeAlongAxis(table, sorter);
  const { rows, sought } = alignTables(ordered, values);
  const length = rows.shape.at(-1)!;
  let found = zeros(sought.shape, { dtype: "i32" });
  if (length === 0) return found;
  for (let step = 2 ** Math.floor(Math.log2(length)); step >= 1; step /= 2) {
    const next = add(found, step);
    const at = subtract(minimum(next, length), 1);
    const element = rows.ndim === 1 ? take(rows, at) : takeAlongAxis(rows, at);
    const before = side === "left"
      ? precedes(element, sought)
      : logicalNot(precedes(sought, element));
    found = where(logicalAnd(lessEqual(next, length), before), next, found);
  }
  return found;
}

/** Brings tables and values to one batch, unless there is one table for all. */
function alignTables<D extends DType>(
  table: Tensor<D>,
  values: Tensor<D>,
): { rows: Tensor<D>; sought: Tensor<D> } {
  if (table.ndim === 1) return { rows: table, sought: values };
  const leading = broadcastShapes(
    "searchSorted",
    table.shape.slice(0, -1),
    values.shape.slice(0, -1),
  );
  return {
    rows: expandTo(table, [...leading, table.shape.at(-1)!]),
    sought: expandTo(values, [...leading, values.shape.at(-1)!]),
  };
}

/** Whether `a` comes before `b` in a sorted table, where NaN is last. */
function precedes<D extends DType>(
  a: Tensor<D>,
  b: Tensor<D>,
): Tensor<"bool"> {
  const smaller = less(a, b);
  return isFloatDType(a.dtype)
    ? logicalOr(smaller, logicalAnd(isNaN(b), logicalNot(isNaN(a))))
    : smaller;
}
