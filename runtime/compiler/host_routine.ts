/**
 * Routines on the host: what a device does with a routine that it has no kernels
 * for.
 *
 * @module
 */

import { DTypeError } from "../core/errors.ts";
import { allocate, type TypedArray } from "../device/dtypes.ts";
import type { Work } from "../device/clock.ts";
import {
  addElements,
  addSlices,
  type AxisLengths,
} from "../device/reference/gather.ts";
import { REFERENCE_ROUTINES } from "../device/reference/routines/mod.ts";
import { type Shape, sizeOf } from "../device/shapes.ts";
import type { RoutineStep } from "./ir/kernel.ts";

/**
 * Runs a routine on typed arrays.
 *
 * @param step The routine.
 * @param inputs Its inputs, row-major; they are not written to.
 * @returns Its outputs, as a generator that yields now and then.
 * @throws {DTypeError} When there is no such routine.
 */
export function* hostRoutine(
  step: RoutineStep,
  inputs: readonly TypedArray[],
): Work<TypedArray[]> {
  const { attributes, inputSpecs, name, outputSpecs } = step;
  if (name === "scatterAdd" || name === "scatterAddAlongAxis") {
    return [yield* scatter(step, inputs)];
  }
  const implementation = REFERENCE_ROUTINES[name];
  if (implementation === undefined) {
    throw new DTypeError(`Cannot run the routine "${name}"`, {
      hint: "Add it to runtime/device/reference/routines/mod.ts",
    });
  }
  return yield* implementation({ inputs, inputSpecs, outputSpecs, attributes });
}

function* scatter(
  { attributes, inputSpecs, name, outputSpecs }: RoutineStep,
  inputs: readonly TypedArray[],
): Work<TypedArray> {
  const axis = Number(attributes["axis"]);
  const total = Float64Array.from(inputs[0]!);
  const { dtype, shape } = outputSpecs[0]!;
  const [, at, updates] = inputs as [TypedArray, TypedArray, TypedArray];
  if (name === "scatterAdd") {
    yield* addSlices(total, at, updates, lengthsAt(shape, axis));
  } else {
    const lengths = lengthsAt(inputSpecs[1]!.shape, axis);
    yield* addElements(total, at, updates, lengths, shape[axis]!);
  }
  const out = allocate(dtype, total.length);
  out.set(total);
  return out;
}

function lengthsAt(shape: Shape, axis: number): AxisLengths {
  return {
    before: sizeOf(shape.slice(0, axis)),
    along: shape[axis]!,
    after: sizeOf(shape.slice(axis + 1)),
  };
}
