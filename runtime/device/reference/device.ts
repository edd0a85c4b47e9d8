/**
 * The reference device: computes in double precision, rounds to the dtype at
 * each primitive, on the main thread in slices.
 *
 * @module
 */

import type { Device, ExecutionOptions } from "../device.ts";
import { type GraphNode, hostStorage, type Storage } from "../graph.ts";
import { runSliced } from "./clock.ts";
import { planOf, runPlan } from "./run.ts";

/** The device that every other one is measured against. */
export const referenceDevice: Device = {
  name: "reference",
  supports: () => true,
  execute,
};

async function execute(
  roots: readonly GraphNode[],
  options: ExecutionOptions,
): Promise<Storage[]> {
  const { plan, order } = planOf(roots);
  const { onKernel } = options;
  const observe = onKernel === undefined
    ? undefined
    : (name: string, node: number, milliseconds: number, bytes: number) =>
      onKernel({
        name,
        device: "reference",
        blame: order[node]?.blame,
        milliseconds,
        bytes,
      });
  const arrays = await runSliced(
    runPlan(plan, order, [], observe),
    options.signal,
  );
  return arrays.map(hostStorage);
}
