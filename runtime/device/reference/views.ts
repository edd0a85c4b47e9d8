/**
 * Strided views of buffers. Movement primitives compute no data here: they are
 * arithmetic on offsets and strides, done once when a plan is made.
 *
 * @module
 */

import { contiguousStrides, type Shape, sizeOf } from "../shapes.ts";

/** Elements of one buffer, addressed by an offset and strides. */
export interface View {
  /** Which buffer of the plan. */
  readonly slot: number;
  /** First element. */
  readonly offset: number;
  /** Step of each axis, in elements; may be 0 or negative. */
  readonly strides: readonly number[];
  /** Lengths of the axes. */
  readonly shape: Shape;
}

/**
 * A view of a whole buffer in row-major order.
 *
 * @param slot The buffer.
 * @param shape The shape.
 * @returns The view.
 */
export function wholeView(slot: number, shape: Shape): View {
  return { slot, offset: 0, strides: contiguousStrides(shape), shape };
}

/**
 * Whether a view reads consecutive elements in row-major order.
 *
 * @param view The view.
 * @returns True when it does, whatever its offset.
 */
export function isContiguous(view: View): boolean {
  let expected = 1;
  for (let axis = view.shape.length - 1; axis >= 0; axis--) {
    const length = view.shape[axis]!;
    if (length === 0) return true;
    if (length !== 1) {
      if (view.strides[axis] !== expected) return false;
      expected *= length;
    }
  }
  return true;
}

/**
 * The view after a broadcast.
 *
 * @param view The view.
 * @param shape The shape it is broadcast to.
 * @returns The view, with stride 0 along new and repeated axes.
 */
export function expandView(view: View, shape: Shape): View {
  const lead = shape.length - view.shape.length;
  const strides = shape.map((length, axis) =>
    axis < lead || (view.shape[axis - lead] === 1 && length !== 1)
      ? 0
      : view.strides[axis - lead]!
  );
  return { ...view, strides, shape };
}

/**
 * The view with its axes reordered.
 *
 * @param view The view.
 * @param axes Which axis stands at each place.
 * @returns The view.
 */
export function permuteView(view: View, axes: readonly number[]): View {
  return {
    ...view,
    shape: axes.map((axis) => view.shape[axis]!),
    strides: axes.map((axis) => view.strides[axis]!),
  };
}

/**
 * A part of a view.
 *
 * @param view The view.
 * @param starts First index of each axis.
 * @param steps Step of each axis.
 * @param shape Shape of the part.
 * @returns The view.
 */
export function sliceView(
  view: View,
  starts: readonly number[],
  steps: readonly number[],
  shape: Shape,
): View {
  let offset = view.offset;
  for (let axis = 0; axis < shape.length; axis++) {
    offset += starts[axis]! * view.strides[axis]!;
  }
  const strides = view.strides.map((stride, axis) =>
    shape[axis] === 1 ? 0 : stride * steps[axis]!
  );
  return { slot: view.slot, offset, strides, shape };
}

/**
 * The view in another shape with the same elements in row-major order.
 *
 * @param view The view.
 * @param shape The shape, of the same size.
 * @returns The view, or undefined when strides cannot express it.
 */
export function reshapeView(view: View, shape: Shape): View | undefined {
  if (sizeOf(shape) === 0) {
    return { slot: view.slot, offset: 0, strides: shape.map(() => 0), shape };
  }
  // Merge the axes that follow one another in memory, then split them anew.
  const merged = mergeAxes(view.shape, [view.strides]);
  const strides = new Array<number>(shape.length).fill(0);
  let axis = shape.length - 1;
  for (let group = merged.shape.length - 1; group >= 0; group--) {
    let rest = merged.shape[group]!;
    let stride = merged.strides[0]![group]!;
    while (rest > 1) {
      while (axis >= 0 && shape[axis] === 1) axis--;
      const length = shape[axis]!;
      if (rest % length !== 0) return undefined;
      strides[axis] = stride;
      stride *= length;
      rest /= length;
      axis--;
    }
  }
  return { slot: view.slot, offset: view.offset, strides, shape };
}

/** A loop nest with as few axes as possible. */
export interface MergedAxes {
  /** Lengths, outermost first. */
  readonly shape: readonly number[];
  /** Strides of each operand. */
  readonly strides: readonly (readonly number[])[];
}

/**
 * Drops axes of length 1 and merges neighbours that every operand walks
 * through without a jump.
 *
 * @param shape Lengths of the loops.
 * @param strides Strides of each operand.
 * @returns The shorter loop nest.
 */
export function mergeAxes(
  shape: Shape,
  strides: readonly (readonly number[])[],
): MergedAxes {
  const lengths: number[] = [];
  const results: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const last = lengths.length - 1;
    const joins = last >= 0 &&
      strides.every((operand, index) =>
        results[index]![last] === operand[axis]! * length
      );
    if (joins) lengths[last]! *= length;
    else lengths.push(length);
    const at = lengths.length - 1;
    for (let index = 0; index < strides.length; index++) {
      results[index]![at] = strides[index]![axis]!;
    }
  }
  return { shape: lengths, strides: results };
}
