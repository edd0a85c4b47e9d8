/**
 * Arithmetic on shapes, strides and axes.
 *
 * @module
 */

import { ShapeError } from "../core/errors.ts";

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/**
 * Number of elements.
 *
 * @param shape The shape.
 * @returns The product of its lengths; 1 for a scalar.
 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis]!;
  return size;
}

/**
 * Row-major strides in elements.
 *
 * @param shape The shape.
 * @returns One stride an axis; axes of length 1 have stride 0.
 */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    strides[axis] = length === 1 ? 0 : stride;
    stride *= length;
  }
  return strides;
}

/**
 * Whether two shapes are equal.
 *
 * @param a One shape.
 * @param b The other.
 * @returns True when they have the same lengths in the same order.
 */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) {
    if (a[axis] !== b[axis]) return false;
  }
  return true;
}

/**
 * A shape as people write it.
 *
 * @param shape The shape.
 * @returns For example `[2, 3]`.
 */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The shape that shapes broadcast to by NumPy's rule: aligned at the last
 * axis, lengths must be equal or 1.
 *
 * @param name Name of the operation, for the error.
 * @param shapes The shapes.
 * @returns The common shape.
 * @throws {ShapeError} When two lengths differ and neither is 1.
 */
export function broadcastShapes(name: string, ...shapes: Shape[]): Shape {
  let result: Shape = shapes[0] ?? [];
  for (let index = 1; index < shapes.length; index++) {
    result = broadcastPair(name, result, shapes[index]!);
  }
  return result;
}

function broadcastPair(name: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        `Cannot broadcast for "${name}": current shapes are ${
          formatShape(a)
        } and ${formatShape(b)}`,
        {
          expected: "lengths that are equal or 1, aligned at the last axis",
          actual: `${left} and ${right} at axis ${axis - rank} from the end`,
          hint: "Use reshape or expandDims to line the axes up",
        },
      );
    }
    result[axis] = left === 1 ? right : left;
  }
  return result;
}

/**
 * An axis counted from the start.
 *
 * @param name Name of the operation, for the error.
 * @param axis The axis; negative counts from the end.
 * @param rank Number of axes.
 * @returns The axis in `[0, rank)`.
 * @throws {ShapeError} When there is no such axis.
 */
export function normalizeAxis(
  name: string,
  axis: number,
  rank: number,
): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= rank) {
    throw new ShapeError(
      `Cannot use axis ${axis} in "${name}": current number of axes is ${rank}`,
      {
        expected: rank === 0
          ? "no axis, as the tensor is a scalar"
          : `a whole number from ${-rank} to ${rank - 1}`,
        actual: String(axis),
      },
    );
  }
  return result;
}

/**
 * Axes counted from the start, ascending; all axes when none are given.
 *
 * @param name Name of the operation, for the error.
 * @param axis One axis, several, or undefined for all.
 * @param rank Number of axes.
 * @returns The axes, ascending.
 * @throws {ShapeError} When an axis does not exist or comes twice.
 */
export function normalizeAxes(
  name: string,
  axis: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axis === "number" ? [axis] : axis;
  const axes = list.map((one) => normalizeAxis(name, one, rank));
  axes.sort((a, b) => a - b);
  for (let index = 1; index < axes.length; index++) {
    if (axes[index] === axes[index - 1]) {
      throw new ShapeError(
        `Cannot use axis ${axes[index]} twice in "${name}"`,
        { expected: "each axis at most once", actual: formatShape(list) },
      );
    }
  }
  return axes;
}

/**
 * The shape left when axes are reduced away.
 *
 * @param shape The shape.
 * @param axes The axes, counted from the start, ascending.
 * @param keepDims Whether they stay with length 1.
 * @returns The shape.
 */
export function reducedShape(
  shape: Shape,
  axes: readonly number[],
  keepDims: boolean,
): number[] {
  const result: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (!axes.includes(axis)) result.push(shape[axis]!);
    else if (keepDims) result.push(1);
  }
  return result;
}

/**
 * Refuses a number where a shape belongs, which untyped code may pass.
 *
 * @param name Name of the operation, for the error.
 * @param shape The shape.
 * @throws {ShapeError} When it is no list.
 */
export function requireList(name: string, shape: Shape): void {
  if (Array.isArray(shape)) return;
  throw new ShapeError(`Cannot use ${String(shape)} as a shape in "${name}"`, {
    expected: "a list of lengths",
    actual: typeof shape,
    hint: `Write [${String(shape)}]`,
  });
}

/**
 * Checks that a shape is a list of whole numbers that are not negative.
 *
 * @param name Name of the operation, for the error.
 * @param shape The shape.
 * @throws {ShapeError} When a length is not one.
 */
export function checkShape(name: string, shape: Shape): void {
  requireList(name, shape);
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new ShapeError(
        `Cannot use ${formatShape(shape)} as a shape in "${name}"`,
        {
          expected: "whole numbers that are not negative",
          actual: String(length),
        },
      );
    }
  }
}
