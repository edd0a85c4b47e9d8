/**
 * Kernels of slices whose place is data: copies of blocks. A start from which a
 * slice would reach out of its axis is moved to the nearest end.
 *
 * @module
 */

import { allocate } from "../dtypes.ts";
import { OPERATIONS_PER_LOOK } from "../clock.ts";
import type { PlanBuilder } from "./builder.ts";
import { compactInputs } from "./gather.ts";
import { axisOf, type KernelRequest, splitAtAxis } from "./kernels.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Plans a `dynamicSlice`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planDynamicSlice(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const [source, start] = compactInputs(builder, request) as [View, View];
  const axis = axisOf(node);
  const { before, along, after } = splitAtAxis(node.inputs[0]!, axis);
  const length = node.shape[axis]!;
  const slot = builder.newSlot(node.size);
  builder.step(node.op, index, [source, start], [slot], function* (buffers) {
    const x = buffers[source.slot]!;
    const first = clamped(buffers[start.slot]![0]!, along - length);
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    let work = 0;
    for (let row = 0; row < before; row++) {
      const from = (row * along + first) * after;
      out.set(x.subarray(from, from + length * after), row * length * after);
      work += length * after + 8;
      if (work > OPERATIONS_PER_LOOK) {
        work = 0;
        yield;
      }
    }
  });
  return wholeView(slot, node.shape);
}

/**
 * Plans a `dynamicUpdateSlice`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planDynamicUpdateSlice(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const inputs = compactInputs(builder, request) as [View, View, View];
  const [source, part, start] = inputs;
  const axis = axisOf(node);
  const { before, along, after } = splitAtAxis(node, axis);
  const length = node.inputs[1]!.shape[axis]!;
  const slot = builder.newSlot(node.size);
  builder.step(node.op, index, inputs, [slot], function* (buffers) {
    const update = buffers[part.slot]!;
    const first = clamped(buffers[start.slot]![0]!, along - length);
    const out = buffers[source.slot]!.slice();
    buffers[slot] = out;
    let work = 0;
    for (let row = 0; row < before; row++) {
      const from = row * length * after;
      const rows = update.subarray(from, from + length * after);
      out.set(rows, (row * along + first) * after);
      work += length * after + 8;
      if (work > OPERATIONS_PER_LOOK) {
        work = 0;
        yield;
      }
    }
  });
  return wholeView(slot, node.shape);
}

function clamped(start: number, most: number): number {
  return Math.max(0, Math.min(most, start));
}
