/**
 * Gradients of movement and of reading and adding at indices.
 *
 * @module
 */

import { attributesOf } from "../../device/graph.ts";
import type { Shape } from "../../device/shapes.ts";
import { dynamicSlice, dynamicUpdateSlice } from "../dynamic_slice.ts";
import {
  scatterAdd,
  scatterAddAlongAxis,
  take,
  takeAlongAxis,
} from "../indexing.ts";
import {
  expandDims,
  flip,
  pad,
  permuteDims,
  reshape,
  slice,
  type SliceSpec,
} from "../movement.ts";
import { constant } from "../node.ts";
import { sum } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";
import type { GradientRule } from "./rule.ts";

/** Sums what a broadcast has repeated. */
function sumTo(x: Tensor, shape: Shape): Tensor {
  const lead = x.ndim - shape.length;
  const axes = x.shape.flatMap((length, axis) =>
    axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : []
  );
  return reshape(axes.length === 0 ? x : sum(x, { axis: axes }), shape);
}

/** Puts a slice back at its place in a field of zeros. */
function unslice(
  x: Tensor,
  starts: readonly number[],
  steps: readonly number[],
  shape: Shape,
): Tensor {
  let result = x;
  for (let axis = 0; axis < shape.length; axis++) {
    const step = Math.abs(steps[axis]!);
    const count = x.shape[axis]!;
    if (count === 0) continue;
    if (steps[axis]! < 0) result = flip(result, { axis });
    if (step > 1) result = spread(result, axis, step);
    const first = steps[axis]! > 0
      ? starts[axis]!
      : starts[axis]! - (count - 1) * step;
    const after = shape[axis]! - first - result.shape[axis]!;
    result = padAxis(result, axis, first, after);
  }
  return result.size === 0 ? constant(0, x.dtype, shape) : result;
}

/** Inserts `step - 1` zeros between the elements of an axis. */
function spread(x: Tensor, axis: number, step: number): Tensor {
  const wide = padAxis(expandDims(x, axis + 1), axis + 1, 0, step - 1);
  const length = x.shape[axis]! * step;
  const shape = x.shape.map((n, k) => k === axis ? length : n);
  return sliceAxis(reshape(wide, shape), axis, 0, length - step + 1);
}

function padAxis(x: Tensor, axis: number, before: number, after: number) {
  return pad(
    x,
    x.shape.map((_, k): [number, number] =>
      k === axis ? [before, after] : [0, 0]
    ),
  );
}

/** Elements `from` up to `to` of an axis. */
function sliceAxis(x: Tensor, axis: number, from: number, to: number): Tensor {
  const specs: SliceSpec[] = new Array(axis).fill(null);
  return slice(x, ...specs, [from, to]);
}

function zerosLikeInput(x: Tensor): Tensor {
  return constant(0, x.dtype, x.shape);
}

/** Rules by primitive. */
export const MOVEMENT_RULES: Readonly<Record<string, GradientRule>> = {
  alias: ({ node, cotangent }) => [
    attributesOf(node, "alias").stop ? undefined : cotangent,
  ],
  reshape: ({ inputs: [x], cotangent }) => [reshape(cotangent, x!.shape)],
  expand: ({ inputs: [x], cotangent }) => [sumTo(cotangent, x!.shape)],
  permute: ({ node, cotangent }) => {
    const { axes } = attributesOf(node, "permute");
    const inverse = new Array<number>(axes.length);
    axes.forEach((axis, place) => inverse[axis] = place);
    return [permuteDims(cotangent, inverse)];
  },
  slice: ({ node, inputs: [x], cotangent }) => {
    const { starts, steps } = attributesOf(node, "slice");
    return [unslice(cotangent, starts, steps, x!.shape)];
  },
  pad: ({ node, inputs: [x], cotangent }) => {
    const { before } = attributesOf(node, "pad");
    return [
      slice(
        cotangent,
        ...x!.shape.map((length, axis): SliceSpec => [
          before[axis]!,
          before[axis]! + length,
        ]),
      ),
    ];
  },
  concat: ({ node, inputs, cotangent }) => {
    const { axis } = attributesOf(node, "concat");
    let start = 0;
    return inputs.map((x) =>
      sliceAxis(cotangent, axis, start, start += x.shape[axis]!)
    );
  },
  take: ({ node, inputs: [x, at], cotangent }) => {
    const { axis } = attributesOf(node, "take");
    return [scatterAdd(zerosLikeInput(x!), at!, cotangent, { axis })];
  },
  takeAlongAxis: ({ node, inputs: [x, at], cotangent }) => {
    const { axis } = attributesOf(node, "takeAlongAxis");
    return [scatterAddAlongAxis(zerosLikeInput(x!), at!, cotangent, { axis })];
  },
  dynamicSlice: ({ node, inputs: [x, start], cotangent }) => {
    const { axis } = attributesOf(node, "dynamicSlice");
    const field = zerosLikeInput(x!);
    return [dynamicUpdateSlice(field, cotangent, start!, { axis })];
  },
  dynamicUpdateSlice: (
    { node, inputs: [, update, start], cotangent, needs },
  ) => {
    const { axis } = attributesOf(node, "dynamicUpdateSlice");
    const zeros = zerosLikeInput(update!);
    return [
      needs[0]
        ? dynamicUpdateSlice(cotangent, zeros, start!, { axis })
        : undefined,
      needs[1]
        ? dynamicSlice(cotangent, start!, update!.shape[axis]!, { axis })
        : undefined,
    ];
  },
  scatterAdd: ({ node, inputs: [, at], cotangent, needs }) => {
    const { axis } = attributesOf(node, "scatterAdd");
    return [
      cotangent,
      undefined,
      needs[2] ? take(cotangent, at!, { axis }) : undefined,
    ];
  },
  scatterAddAlongAxis: ({ node, inputs: [, at], cotangent, needs }) => {
    const { axis } = attributesOf(node, "scatterAddAlongAxis");
    return [
      cotangent,
      undefined,
      needs[2] ? takeAlongAxis(cotangent, at!, { axis }) : undefined,
    ];
  },
};
