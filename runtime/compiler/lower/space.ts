/**
 * Index spaces of kernels over rows.
 *
 * @module
 */

import { type Shape, sizeOf } from "../../device/shapes.ts";

/** The index space of a group of rows. */
export interface Space {
  /** Lengths of the axes. */
  readonly shape: Shape;
  /** Axes that are reduced away: the inner ones. */
  readonly reduced: readonly number[];
  /** Length of one more axis: what a contraction sums over. */
  readonly depth?: number;
}

/** Points below which a kernel costs no more than starting another one. */
const TINY = 16_384;
/** Points of a row that one worker may walk several times. */
const LONG_ROW = 65_536;

/**
 * Whether several passes over rows, one after another, are a good kernel: not
 * where there are few rows that are very long.
 *
 * @param space The space.
 * @returns True when they are.
 */
export function isFriendlySpace({ shape, reduced }: Space): boolean {
  const size = sizeOf(shape);
  if (size <= TINY) return true;
  const inner = reduced.reduce((n, axis) => n * shape[axis]!, 1);
  const outer = size / inner;
  const long = shape.flatMap((n, axis) => n === 1 ? [] : [axis]);
  const own = reduced.filter((axis) => shape[axis] !== 1);
  const trailing = own.every((axis, k) =>
    axis === long[long.length - own.length + k]
  );
  return trailing ? inner <= LONG_ROW || outer >= 32 : outer >= 256;
}
