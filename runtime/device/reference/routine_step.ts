/**
 * Calls of routines: hands compact inputs to the implementation.
 *
 * @module
 */

import { DTypeError } from "../../core/errors.ts";
import type { TypedArray } from "../dtypes.ts";
import { attributesOf, type TensorSpec } from "../graph.ts";
import type { RoutineAttributes } from "../primitives.ts";
import type { PlanBuilder } from "./builder.ts";
import type { Work } from "../clock.ts";
import type { KernelRequest } from "./kernels.ts";
import { REFERENCE_ROUTINES } from "./routines/mod.ts";
import { type View, wholeView } from "./views.ts";

/** What an implementation is given. */
export interface RoutineCall {
  /** The inputs, row-major; they must not be written to. */
  readonly inputs: readonly TypedArray[];
  /** Types of the inputs. */
  readonly inputSpecs: readonly TensorSpec[];
  /** Types of the results. */
  readonly outputSpecs: readonly TensorSpec[];
  /** Attributes of the call. */
  readonly attributes: RoutineAttributes;
}

/**
 * Implementation of a routine: a generator that yields about every
 * millisecond (nothing needs to be yielded, `yield;` will do) and returns one
 * row-major array a result, of the dtype of its spec.
 */
export type ReferenceRoutine = (call: RoutineCall) => Work<TypedArray[]>;

/**
 * Plans a `routine`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The views of its results.
 */
export function planRoutine(
  builder: PlanBuilder,
  request: KernelRequest,
): readonly View[] {
  const { node, index } = request;
  const { name, attributes } = attributesOf(node, "routine");
  const implementation = REFERENCE_ROUTINES[name];
  if (implementation === undefined) {
    throw new DTypeError(
      `Cannot run the routine "${name}" on the device "reference"`,
      { hint: "Add it to runtime/device/reference/routines/mod.ts" },
    );
  }
  const inputSpecs = node.inputs.map(({ dtype, shape }) => ({ dtype, shape }));
  const outputSpecs = node.outputs!;
  const sources = request.inputs.map((view, k) =>
    builder.compact(view, inputSpecs[k]!.dtype, index)
  );
  const views = outputSpecs.map((spec) => {
    let size = 1;
    for (const length of spec.shape) size *= length;
    return wholeView(builder.newSlot(size), spec.shape);
  });
  builder.step(
    name,
    index,
    sources,
    views.map((view) => view.slot),
    function* (buffers) {
      const made = yield* implementation({
        inputs: sources.map((view) => buffers[view.slot]!),
        inputSpecs,
        outputSpecs,
        attributes,
      });
      views.forEach((view, k) => buffers[view.slot] = made[k]!);
    },
  );
  return views;
}
