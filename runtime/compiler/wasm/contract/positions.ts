/**
 * Positions along the axes of a space, from one number.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
import type { Space } from "./spaces.ts";
import { assign, modulo, over, type Whole } from "../assembler_terms.ts";

/** Variables that hold positions, by number of the axis. */
export type Positions = Map<number, Local>;

/**
 * Makes variables for positions along axes.
 *
 * @param to The function.
 * @param axes Numbers of the axes.
 * @returns The variables.
 */
export function positionsAlong(
  to: FunctionBuilder,
  axes: Iterable<number>,
): Positions {
  return new Map([...axes].map((axis) => [axis, to.local("i32")]));
}

/**
 * Sets the positions along the axes of a space.
 *
 * @param to The function.
 * @param space The space.
 * @param positions Variables of its axes; axes without one are not wanted.
 * @param index Position in the whole space.
 * @param lengthOf Gives the length of an axis.
 */
export function locate(
  to: FunctionBuilder,
  space: Space,
  positions: Positions,
  index: Local,
  lengthOf: (axis: number) => Whole,
): void {
  let rest = index;
  for (let k = space.axes.length - 1; k >= 0; k--) {
    const axis = space.axes[k]!;
    const position = positions.get(axis);
    if (k === 0) {
      if (position !== undefined) assign(to, position, rest);
      return;
    }
    const length = lengthOf(axis);
    if (position !== undefined) assign(to, position, modulo(rest, length));
    if (!space.axes.slice(0, k).some((one) => positions.has(one))) return;
    const next = to.local("i32");
    assign(to, next, over(rest, length));
    rest = next;
  }
}
