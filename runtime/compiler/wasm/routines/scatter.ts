/**
 * Adding at indices.
 *
 * @module
 */

import { NumericalError } from "../../../core/errors.ts";
import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import { byteSize } from "../../../device/dtypes.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WasmKernel } from "../abi.ts";
import type { WasmRoutine } from "./routine.ts";
import { scatterModule, type ScatterType } from "./scatter_module.ts";

/** Bytes of a row that an item should own at least, so that cache lines do. */
const LEAST_BYTES = 256;
/** Items that give all threads something to do. */
const ITEMS = 64;

/**
 * Routines that add slices, or elements, at indices.
 *
 * @param step The call: the first input, the indices, what is added.
 * @returns The routine; nothing for dtypes that need other arithmetic.
 */
export function scatterRoutine(step: RoutineStep): WasmRoutine | undefined {
  const type = TYPES[step.outputSpecs[0]!.dtype];
  if (type === undefined || step.inputSpecs[1]!.dtype !== "i32") {
    return undefined;
  }
  const kernel = kernelOf(step, type);
  if (kernel === undefined) return undefined;
  const count = sizeOf(step.inputSpecs[1]!.shape);
  const length = step.outputSpecs[0]!.shape[axisOf(step)]!;
  return async (context) => {
    const [, indices] = context.inputs;
    const { buffer } = context.memory;
    await checkIndices(
      step.name,
      new Int32Array(buffer, indices, count),
      length,
    );
    await context.run(kernel, {
      operands: context.inputs,
      outputs: context.outputs,
    });
  };
}

const TYPES: Readonly<Record<string, ScatterType>> = {
  f32: "f32",
  f64: "f64",
  i32: "i32",
  u32: "i32",
};

function axisOf({ attributes }: RoutineStep): number {
  return Number(attributes["axis"]);
}

function kernelOf(
  step: RoutineStep,
  type: ScatterType,
): WasmKernel | undefined {
  const { dtype, shape } = step.outputSpecs[0]!;
  const axis = axisOf(step);
  const before = sizeOf(shape.slice(0, axis));
  const along = shape[axis]!;
  const after = sizeOf(shape.slice(axis + 1));
  const single = step.name === "scatterAddAlongAxis";
  const indices = step.inputSpecs[1]!.shape;
  const count = single ? indices[axis]! : sizeOf(indices);
  if (before * along * after === 0) return undefined;
  const least = LEAST_BYTES / byteSize(dtype);
  const share = Math.ceil(after * before / ITEMS / least) * least;
  const width = Math.min(after, share);
  const blocks = Math.ceil(after / width);
  return {
    phases: [{
      bytes: scatterModule(type, single),
      items: before * blocks,
      grain: 1,
      sizes: [count, along, after, width, blocks],
      scratchBytes: 0,
      itemNanoseconds: along * (2 + 0.3 * width) +
        count * (4 + width * (single ? 2 : 0.5)),
    }],
    temporaries: [],
  };
}

/** Indices that are checked between two looks at the clock. */
const SLICE = 2 ** 20;

/** Refuses an index outside of its axis. */
async function checkIndices(
  name: string,
  indices: Int32Array,
  length: number,
): Promise<void> {
  for (let start = 0; start < indices.length; start += SLICE) {
    if (start > 0 && sliceIsOver()) await nextSlice(undefined);
    for (const index of indices.subarray(start, start + SLICE)) {
      if (index < -length || index >= length) {
        throw outside(name, index, length);
      }
    }
  }
}

function outside(name: string, index: number, length: number): NumericalError {
  return new NumericalError(
    `Cannot use index ${index} in "${name}": current length of the axis is ${length}`,
    { expected: `an index from ${-length} to ${length - 1}` },
  );
}
