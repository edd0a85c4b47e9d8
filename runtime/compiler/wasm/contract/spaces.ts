/**
 * Contractions as matrix products: which axes make up the rows and the columns
 * of the result, and which number independent products.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { axesOf } from "../../ir/index_arithmetic.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import { type Arithmetic, lanesFor } from "./arithmetic.ts";
import { prefersAcross } from "./directions.ts";
import { blockLanes } from "./short_ways.ts";

/** Axes that are walked as one, the last of them fastest. */
export interface Space {
  /** Numbers of the kernel's axes. */
  readonly axes: readonly number[];
  /** Lengths of the axes. */
  readonly lengths: readonly number[];
  /** Product of the lengths. */
  readonly size: number;
}

/** A contraction, its axes sorted by their parts in it. */
export interface ContractSpaces {
  /** The factor that uses the rows. */
  readonly left: Expr;
  /** The factor that uses the columns. */
  readonly right: Expr;
  /** Axes that number independent products. */
  readonly batch: Space;
  /** Rows: one of the axes m and n, and batch axes that `right` does not use. */
  readonly rows: Space;
  /** Columns: the other one, and batch axes that `left` does not use. */
  readonly columns: Space;
  /** Number of the axis that is summed over. */
  readonly inner: number;
  /** Its length. */
  readonly depth: number;
}

/** Rows that are computed at once where there are few. */
export const THIN_ROWS = 4;
/** Rows up to which a large right factor is not packed. */
const FEW_ROWS = 8;
/** Bytes of a right factor that is large. */
const LARGE_BYTES = 64 * 1024;

/**
 * Whether a contraction has so few rows that its right factor is read once,
 * rather than packed.
 *
 * @param spaces Its axes.
 * @param arithmetic How products are summed.
 * @returns True when it has.
 */
export function isThin(
  { columns, depth, right, rows }: ContractSpaces,
  { bytes, lanes }: Arithmetic,
): boolean {
  if (lanesFor([right]) < lanes || columns.size < rows.size) return false;
  if (rows.size <= THIN_ROWS) return true;
  return rows.size <= FEW_ROWS && isPlain(right) &&
    columns.size * depth * bytes >= LARGE_BYTES;
}

/** Whether a factor costs no more to read twice than to store and load. */
function isPlain({ args, op }: Expr): boolean {
  return op === "load" || (op === "cast" && args[0]!.op === "load");
}

/**
 * Sorts the axes of a contraction. A factor that is shared by a batch makes the
 * batch a part of the other side, so that it is packed once and tiles are full.
 * The factors change places where tiles then are better filled.
 *
 * @param kernel The contraction.
 * @param arithmetic How products are summed.
 * @returns The axes by their parts.
 */
export function spacesOf(
  kernel: ContractKernel,
  arithmetic: Arithmetic,
): ContractSpaces {
  const straight = sorted(kernel, arithmetic, false);
  const turned = sorted(kernel, arithmetic, true);
  if (isThin(straight, arithmetic)) return straight;
  if (isThin(turned, arithmetic)) return turned;
  const isFuller = fullness(turned, arithmetic) >
    1.25 * fullness(straight, arithmetic);
  return isFuller && !isCutBadly(kernel, turned, arithmetic)
    ? turned
    : straight;
}

/**
 * Whether the left factor has short ways for vectors over its rows, which panels
 * of rows cut through: those of columns do not.
 */
function isCutBadly(
  kernel: ContractKernel,
  spaces: ContractSpaces,
  arithmetic: Arithmetic,
): boolean {
  const { left, rows } = spaces;
  return prefersAcross(spaces, arithmetic, left, rows) &&
    blockLanes(kernel, left, rows.axes.at(-1)!) > arithmetic.lanes;
}

function sorted(
  kernel: ContractKernel,
  arithmetic: Arithmetic,
  turned: boolean,
): ContractSpaces {
  const { axes } = kernel;
  const inner = axes.length - 1;
  const [left, right] = turned ? [kernel.b, kernel.a] : [kernel.a, kernel.b];
  const [row, column] = turned
    ? [inner - 1, inner - 2]
    : [inner - 2, inner - 1];
  const leftAxes = axesOf(left);
  const rightAxes = axesOf(right);
  // Vectors must not reach from one axis into the next.
  const joins = axes[column]! % arithmetic.columns === 0;
  const batch: number[] = [];
  const rows: number[] = [];
  const columns: number[] = [];
  for (let axis = 0; axis < inner - 2; axis++) {
    if (!rightAxes.has(axis)) rows.push(axis);
    else if (!leftAxes.has(axis) && joins) columns.push(axis);
    else batch.push(axis);
  }
  const space = (numbers: readonly number[]): Space => {
    const lengths = numbers.map((axis) => axes[axis]!);
    const size = lengths.reduce((product, length) => product * length, 1);
    return { axes: numbers, lengths, size };
  };
  return {
    left,
    right,
    batch: space(batch),
    rows: space([...rows, row]),
    columns: space([...columns, column]),
    inner,
    depth: axes[inner]!,
  };
}

/** Part of the arithmetic that is not wasted on the edges of tiles. */
function fullness(
  { rows, columns }: ContractSpaces,
  arithmetic: Arithmetic,
): number {
  const part = (size: number, tile: number) =>
    size / (Math.ceil(size / tile) * tile);
  return part(columns.size, arithmetic.columns) *
    part(rows.size, arithmetic.rows);
}
