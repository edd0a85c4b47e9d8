/**
 * Contractions as matrix products: which axes make up the rows and the columns
 * of the result, and which number independent products.
 *
 * @module
 */

import { axesOf } from "../../ir/index_arithmetic.ts";
import type { ContractKernel } from "../../ir/kernel.ts";

/** Axes that are walked as one, the last of them fastest. */
export interface Space {
  /** Numbers of the kernel's axes. */
  readonly axes: readonly number[];
  /** Lengths of the axes. */
  readonly lengths: readonly number[];
  /** Product of the lengths. */
  readonly size: number;
}

/** The axes of a contraction, sorted by their parts in it. */
export interface ContractSpaces {
  /** Axes that number independent products. */
  readonly batch: Space;
  /** Rows: the axis m, and batch axes that the right factor does not use. */
  readonly rows: Space;
  /** Columns: the axis n, and batch axes that the left factor does not use. */
  readonly columns: Space;
  /** Number of the axis that is summed over. */
  readonly inner: number;
  /** Its length. */
  readonly depth: number;
}

/**
 * Sorts the axes of a contraction. A factor that is shared by a batch makes the
 * batch a part of the other side, so that it is packed once and tiles are full.
 *
 * @param kernel The contraction.
 * @param columns Columns of a tile: the axis n must hold whole tiles, or other
 * axes do not join the columns.
 * @returns The axes by their parts.
 */
export function spacesOf(
  kernel: ContractKernel,
  columns: number,
): ContractSpaces {
  const { axes } = kernel;
  const inner = axes.length - 1;
  const left = axesOf(kernel.a);
  const right = axesOf(kernel.b);
  const joins = axes[inner - 1]! % columns === 0;
  const parts: Record<"batch" | "rows" | "columns", number[]> = {
    batch: [],
    rows: [],
    columns: [],
  };
  for (let axis = 0; axis < inner - 2; axis++) {
    if (!right.has(axis)) parts.rows.push(axis);
    else if (!left.has(axis) && joins) parts.columns.push(axis);
    else parts.batch.push(axis);
  }
  parts.rows.push(inner - 2);
  parts.columns.push(inner - 1);
  const space = (numbers: readonly number[]): Space => {
    const lengths = numbers.map((axis) => axes[axis]!);
    const size = lengths.reduce((product, length) => product * length, 1);
    return { axes: numbers, lengths, size };
  };
  return {
    batch: space(parts.batch),
    rows: space(parts.rows),
    columns: space(parts.columns),
    inner,
    depth: axes[inner]!,
  };
}
