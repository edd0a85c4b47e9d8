/**
 * The interpreter of programs: see {@linkcode evaluateKernel}.
 *
 * @module
 */

import { allocate, type TypedArray } from "../../device/dtypes.ts";
import { evaluateKernel } from "./evaluate.ts";
import type { HostLoopStep, Program, RoutineStep } from "./kernel.ts";
import { hostRoutine } from "../host_routine.ts";

/**
 * Runs a program.
 *
 * @param program The program.
 * @param leaves Data of its leaf buffers, in the order of `program.leaves`.
 * @param scalars Its scalars.
 * @returns Data of its results.
 */
export function evaluateProgram(
  program: Program,
  leaves: readonly TypedArray[],
  scalars: readonly number[],
): TypedArray[] {
  const buffers = program.buffers.map(({ dtype, size }) =>
    allocate(dtype, size)
  );
  program.leaves.forEach(({ buffer }, k) => buffers[buffer] = leaves[k]!);
  for (const step of program.steps) {
    if (step.kind === "routine") evaluateRoutine(step, buffers);
    else if (step.kind === "hostLoop") evaluateHostLoop(step, buffers, scalars);
    else {
      const made = evaluateKernel(
        step,
        step.operands.map(({ buffer }) => buffers[buffer]!),
        step.scalars.map(({ scalar }) => scalars[scalar]!),
      );
      // Several kernels may fill one buffer, each its own part of it.
      step.outputs.forEach(({ buffer }, k) => buffers[buffer] = made[k]!);
    }
  }
  return program.results.map((buffer) => buffers[buffer]!);
}

function evaluateRoutine(step: RoutineStep, buffers: TypedArray[]): void {
  const inputs = step.inputs.map((buffer) => buffers[buffer]!);
  const work = hostRoutine(step, inputs);
  for (;;) {
    const next = work.next();
    if (next.done !== true) continue;
    step.outputs.forEach((buffer, k) => buffers[buffer] = next.value[k]!);
    return;
  }
}

function evaluateHostLoop(
  step: HostLoopStep,
  buffers: TypedArray[],
  scalars: readonly number[],
): void {
  const { body, carries, finals, history, length, sequences, stacked } = step;
  const read = (buffer: number) => buffers[buffer]!;
  let state = carries.map(read);
  const inner = step.scalars.map((scalar) => scalars[scalar]!);
  for (let k = 0; k < length; k++) {
    const at = step.reverse ? length - 1 - k : k;
    const slices = sequences.map((buffer) => {
      const whole = read(buffer);
      const size = whole.length / length;
      return whole.subarray(at * size, (at + 1) * size) as TypedArray;
    });
    const inputs = [...state, ...slices, ...step.captured.map(read)];
    const leaves = body.leaves.map(({ leaf }) => inputs[leaf]!);
    const made = evaluateProgram(body, leaves, inner);
    place(buffers, history, at, state);
    place(buffers, stacked, at, made.slice(carries.length));
    state = made.slice(0, carries.length);
  }
  finals.forEach((buffer, k) => {
    if (buffer !== undefined) buffers[buffer] = state[k]!;
  });
}

/** Puts slices into the stacked buffers that somebody asks for. */
function place(
  buffers: readonly TypedArray[],
  targets: readonly (number | undefined)[],
  at: number,
  slices: readonly TypedArray[],
): void {
  targets.forEach((buffer, k) => {
    if (buffer === undefined) return;
    const slice = slices[k]!;
    buffers[buffer]!.set(slice, at * slice.length);
  });
}
