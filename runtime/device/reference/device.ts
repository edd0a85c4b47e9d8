/**
 * The reference device: computes in double precision, rounds to the dtype at
 * each primitive, on the main thread in slices.
 *
 * @module
 */

import { accountIsStale } from "../account.ts";
import type { Device, ExecutionOptions } from "../device.ts";
import { type GraphNode, hostStorage, type Storage } from "../graph.ts";
import type { TypedArray } from "../dtypes.ts";
import { blameNotFinite, firstNotFinite } from "./blame.ts";
import { nextTurn, runSliced, type Work } from "../clock.ts";
import { planOf, runPlan, type StepObserver } from "./run.ts";

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
  if (accountIsStale()) await nextTurn();
  const arrays = await runSliced(compute(roots, options), options.signal);
  return arrays.map(hostStorage);
}

function* compute(
  roots: readonly GraphNode[],
  { checkFinite, onKernel }: ExecutionOptions,
): Work<TypedArray[]> {
  const { plan, order } = planOf(roots);
  const arrays = yield* runPlan(
    plan,
    order,
    [],
    onKernel === undefined ? undefined : recordTo(onKernel, order),
  );
  if (checkFinite === true && arrays.some((one) => firstNotFinite(one) >= 0)) {
    yield* blameNotFinite(roots);
  }
  return arrays;
}

function recordTo(
  onKernel: NonNullable<ExecutionOptions["onKernel"]>,
  order: readonly GraphNode[],
): StepObserver {
  return (step, buffers, milliseconds) => {
    let bytes = 0;
    for (const slot of step.writes) bytes += buffers[slot]!.byteLength;
    onKernel({
      name: step.name,
      device: "reference",
      blame: order[step.node]!.blame,
      milliseconds,
      bytes,
    });
  };
}
