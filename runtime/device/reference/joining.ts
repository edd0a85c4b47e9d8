/**
 * Kernels of `pad` and `concat`: copies of blocks into a larger field.
 *
 * @module
 */

import { allocate, type TypedArray } from "../dtypes.ts";
import { attributesOf } from "../graph.ts";
import { contiguousStrides, type Shape } from "../shapes.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK, type Work } from "../clock.ts";
import type { KernelRequest } from "./kernels.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Plans a `pad`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planPad(builder: PlanBuilder, request: KernelRequest): View {
  const { node, index } = request;
  const { before, value } = attributesOf(node, "pad");
  const source = request.inputs[0]!;
  const slot = builder.newSlot(node.size);
  builder.step("pad", index, [source], [slot], (buffers) => {
    const out = allocate(node.dtype, node.size);
    if (!Object.is(value, 0)) out.fill(value);
    buffers[slot] = out;
    return placeBlock(out, node.shape, before, buffers[source.slot]!, source);
  });
  return wholeView(slot, node.shape);
}

/**
 * Plans a `concat`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planConcat(builder: PlanBuilder, request: KernelRequest): View {
  const { node, index, inputs } = request;
  const { axis } = attributesOf(node, "concat");
  const slot = builder.newSlot(node.size);
  builder.step("concat", index, inputs, [slot], function* (buffers) {
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    const before = node.shape.map(() => 0);
    for (const view of inputs) {
      yield* placeBlock(out, node.shape, before, buffers[view.slot]!, view);
      before[axis]! += view.shape[axis]!;
    }
  });
  return wholeView(slot, node.shape);
}

/** Copies a view to the place `before` of a row-major field. */
function* placeBlock(
  out: TypedArray,
  shape: Shape,
  before: readonly number[],
  source: TypedArray,
  view: View,
): Work {
  const strides = contiguousStrides(shape);
  let start = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    // A stride of 0 stands for an axis of length 1, where nothing is padded.
    start += before[axis]! * strides[axis]!;
  }
  if (view.shape.includes(0)) return;
  const last = view.shape.length - 1;
  if (last < 0) {
    out[start] = source[view.offset]!;
    return;
  }
  const rowLength = view.shape[last]!;
  const rowStride = view.strides[last]!;
  const counter = new Array<number>(last).fill(0);
  let from = view.offset;
  let to = start;
  let work = 0;
  for (;;) {
    for (let k = 0; k < rowLength; k++) {
      out[to + k] = source[from + k * rowStride]!;
    }
    work += rowLength + 4;
    if (work > OPERATIONS_PER_LOOK) {
      work = 0;
      yield;
    }
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      from += view.strides[axis]!;
      to += strides[axis]!;
      if (++counter[axis]! < view.shape[axis]!) break;
      from -= view.shape[axis]! * view.strides[axis]!;
      to -= view.shape[axis]! * strides[axis]!;
      counter[axis] = 0;
    }
    if (axis < 0) return;
  }
}
