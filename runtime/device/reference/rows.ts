/**
 * Kernels along one axis that are no plain reductions: the index of the extreme
 * and the running sum.
 *
 * @module
 */

import { allocate } from "../dtypes.ts";
import { attributesOf } from "../graph.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK } from "./clock.ts";
import { axisOf, type KernelRequest, splitAtAxis } from "./kernels.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Plans an `argmax` or `argmin`: the first extreme, and the first NaN before
 * any number.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planArgument(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const input = node.inputs[0]!;
  const source = builder.compact(request.inputs[0]!, input.dtype, index);
  const { before, along, after } = splitAtAxis(input, axisOf(node));
  const largest = node.op === "argmax";
  const slot = builder.newSlot(node.size);
  builder.step(node.op, index, [source], [slot], function* (buffers) {
    const x = buffers[source.slot]!;
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    let work = 0;
    for (let row = 0; row < before; row++) {
      for (let column = 0; column < after; column++) {
        const start = row * along * after + column;
        let best = x[start]!;
        let at = 0;
        for (let k = 1; k < along && best === best; k++) {
          const value = x[start + k * after]!;
          if (value !== value || (largest ? value > best : value < best)) {
            best = value;
            at = k;
          }
        }
        out[row * after + column] = at;
        work += along;
        if (work > OPERATIONS_PER_LOOK) {
          work = 0;
          yield;
        }
      }
    }
  });
  return wholeView(slot, node.shape);
}

/**
 * Plans a `cumulativeSum`, summed in double precision.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planCumulativeSum(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const source = builder.compact(request.inputs[0]!, node.dtype, index);
  const { axis, reverse } = attributesOf(node, "cumulativeSum");
  const { before, along, after } = splitAtAxis(node, axis);
  const slot = builder.newSlot(node.size);
  builder.step("cumulativeSum", index, [source], [slot], function* (buffers) {
    const x = buffers[source.slot]!;
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    let work = 0;
    for (let row = 0; row < before; row++) {
      for (let column = 0; column < after; column++) {
        const start = row * along * after + column;
        let total = 0;
        for (let step = 0; step < along; step++) {
          const at = start + (reverse ? along - 1 - step : step) * after;
          total += x[at]!;
          out[at] = total;
        }
        work += along;
        if (work > OPERATIONS_PER_LOOK) {
          work = 0;
          yield;
        }
      }
    }
  });
  return wholeView(slot, node.shape);
}
