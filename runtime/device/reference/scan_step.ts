/**
 * Plans of `scan`: the plan of one step, run in a loop over slices.
 *
 * @module
 */

import { allocate, type TypedArray } from "../dtypes.ts";
import { attributesOf, type GraphNode } from "../graph.ts";
import { sizeOf } from "../shapes.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK } from "./clock.ts";
import type { KernelRequest } from "./kernels.ts";
import { planOf, runPlan } from "./run.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Plans a `scan`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The views of its results; undefined for those that nobody wants.
 */
export function planScan(
  builder: PlanBuilder,
  request: KernelRequest,
): readonly (View | undefined)[] {
  const { node, index, wanted } = request;
  const scan = attributesOf(node, "scan");
  const { body, carries, sequences, length, reverse } = scan;
  const sources = request.inputs.map((view, k) =>
    builder.compact(view, node.inputs[k]!.dtype, index)
  );
  const specs = node.outputs!;
  const views = specs.map((spec, k) =>
    wanted.includes(k)
      ? wholeView(builder.newSlot(sizeOf(spec.shape)), spec.shape)
      : undefined
  );
  const writes = views.flatMap((view) => view === undefined ? [] : [view.slot]);
  const outputs = body.outputs.length - carries;
  const { plan, order } = planOf(body.outputs);
  const cost = bodyCost(order);
  builder.step("scan", index, sources, writes, function* (buffers) {
    const inputs = sources.map((view) => buffers[view.slot]!);
    let state = inputs.slice(0, carries);
    const captured = inputs.slice(carries + sequences);
    const results = specs.map((spec, k) =>
      views[k] === undefined || k < carries
        ? undefined
        : allocate(spec.dtype, sizeOf(spec.shape))
    );
    let work = 0;
    for (let step = 0; step < length; step++) {
      const at = reverse ? length - 1 - step : step;
      const slices = inputs.slice(carries, carries + sequences).map((array) =>
        slice(array, at, length)
      );
      for (let k = 0; k < carries; k++) {
        put(results[carries + outputs + k], at, state[k]!);
      }
      const leaves = [...state, ...slices, ...captured];
      const made = yield* runPlan(plan, order, leaves);
      state = made.slice(0, carries);
      for (let k = 0; k < outputs; k++) {
        put(results[carries + k], at, made[carries + k]!);
      }
      work += cost;
      if (work > OPERATIONS_PER_LOOK) {
        work = 0;
        yield;
      }
    }
    views.forEach((view, k) => {
      if (view !== undefined) buffers[view.slot] = results[k] ?? state[k]!;
    });
  });
  return views;
}

function slice(array: TypedArray, at: number, length: number): TypedArray {
  const size = array.length / length;
  return array.subarray(at * size, (at + 1) * size) as TypedArray;
}

function put(
  field: TypedArray | undefined,
  at: number,
  part: TypedArray,
): void {
  field?.set(part, at * part.length);
}

/** Elementary operations of one step, roughly, with the cost of each kernel. */
function bodyCost(order: readonly GraphNode[]): number {
  let cost = 0;
  for (const node of order) cost += node.size + 200;
  return cost;
}
