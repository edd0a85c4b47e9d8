/**
 * Sorting, and the largest elements.
 *
 * @module
 */

import { sizeOf } from "../../../device/shapes.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WasmRoutine } from "./routine.ts";
import { keysOf } from "./sort_keys.ts";
import { sortModule, sortScratch } from "./sort_module.ts";

/** Elements of a row, for each byte of keys, below which counting is too slow. */
const LEAST_LENGTH = 16;
/** Elements below which the host is as fast. */
const LEAST_ELEMENTS = 256;
/** Elements of a row above which one thread would be busy for too long. */
const MOST_LENGTH = 2 ** 21;
/** Part of a row that must be wanted, or searching for it is faster. */
const LEAST_PART = 1 / 64;
/** Nanoseconds an element and digit. */
const RATE = 3;

/**
 * The order that sorts each row.
 *
 * @param step The call.
 * @returns The routine; nothing for few elements.
 */
export function argsortRoutine(step: RoutineStep): WasmRoutine | undefined {
  return sortRoutine(step, step.attributes["descending"] === true);
}

/**
 * The positions of the largest, or smallest, elements of each row.
 *
 * @param step The call.
 * @returns The routine; nothing where few are wanted.
 */
export function argTopKRoutine(step: RoutineStep): WasmRoutine | undefined {
  const length = step.inputSpecs[0]!.shape.at(-1)!;
  const kept = step.outputSpecs[0]!.shape.at(-1)!;
  return kept < length * LEAST_PART
    ? undefined
    : sortRoutine(step, step.attributes["largest"] === true);
}

function sortRoutine(
  step: RoutineStep,
  descending: boolean,
): WasmRoutine | undefined {
  const { dtype, shape } = step.inputSpecs[0]!;
  const length = shape.at(-1)!;
  const kept = step.outputSpecs[0]!.shape.at(-1)!;
  const rows = sizeOf(shape.slice(0, -1));
  if (rows * length < LEAST_ELEMENTS || kept === 0) return undefined;
  const { digits } = keysOf(dtype);
  if (length > MOST_LENGTH || length < LEAST_LENGTH * digits) return undefined;
  const kernel = {
    phases: [{
      bytes: sortModule(dtype, descending),
      items: rows,
      grain: 1,
      sizes: [length, kept],
      scratchBytes: sortScratch(dtype, length),
      itemNanoseconds: length * RATE * digits,
    }],
    temporaries: [],
  };
  return (context) =>
    context.run(kernel, {
      operands: [context.inputs[0]!],
      outputs: [context.outputs[0]!],
    });
}
