/**
 * Calls of programs that were traced once.
 *
 * @module
 */

import { attributesOf } from "../graph.ts";
import type { PlanBuilder } from "./builder.ts";
import type { KernelRequest } from "./kernels.ts";
import { planOf, runPlan } from "./run.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Plans a `call`: the plan of the program, for the results that are wanted.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The views of its results; undefined for those that nobody wants.
 */
export function planCall(
  builder: PlanBuilder,
  request: KernelRequest,
): readonly (View | undefined)[] {
  const { node, index, wanted } = request;
  const { body } = attributesOf(node, "call");
  const { plan, order } = planOf(wanted.map((k) => body.outputs[k]!));
  const sources = request.inputs.map((view, k) =>
    builder.compact(view, node.inputs[k]!.dtype, index)
  );
  const views = new Array<View | undefined>(node.outputs!.length);
  const slots = wanted.map((k) => {
    const { shape } = node.outputs![k]!;
    const slot = builder.newSlot(body.outputs[k]!.size);
    views[k] = wholeView(slot, shape);
    return slot;
  });
  builder.step("call", index, sources, slots, function* (buffers) {
    const inputs = sources.map((view) => buffers[view.slot]!);
    const made = yield* runPlan(plan, order, inputs);
    slots.forEach((slot, k) => buffers[slot] = made[k]!);
  });
  return views;
}
