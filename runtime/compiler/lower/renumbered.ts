/**
 * Steps over other buffers.
 *
 * @module
 */

import type { Operand, Step } from "../ir/kernel.ts";
import { buffersRead, buffersWritten } from "../memory_plan.ts";

/**
 * A step over other buffers.
 *
 * @param step The step.
 * @param names For each buffer the one that takes its place.
 * @param isInPlace Whether it writes over a value, which it then says.
 * @returns The step; the same one where nothing changes.
 */
export function renumbered(
  step: Step,
  names: readonly number[],
  isInPlace: boolean,
): Step {
  const used = [...buffersRead(step), ...buffersWritten(step)];
  if (!isInPlace && used.every((buffer) => names[buffer] === buffer)) {
    return step;
  }
  const all = (buffers: readonly number[]) =>
    buffers.map((buffer) => names[buffer]!);
  const some = (buffers: readonly (number | undefined)[]) =>
    buffers.map((buffer) => buffer === undefined ? undefined : names[buffer]!);
  switch (step.kind) {
    case "routine":
      return { ...step, inputs: all(step.inputs), outputs: all(step.outputs) };
    case "hostLoop":
      return {
        ...step,
        carries: all(step.carries),
        sequences: all(step.sequences),
        captured: all(step.captured),
        finals: some(step.finals),
        stacked: some(step.stacked),
        history: some(step.history),
      };
    default: {
      const operands = (list: readonly Operand[]) =>
        list.map((one) => ({ ...one, buffer: names[one.buffer]! }));
      const note = "in place";
      return {
        ...step,
        operands: operands(step.operands),
        outputs: operands(step.outputs),
        cut: isInPlace && !step.cut.includes(note)
          ? `${step.cut}; ${note}`
          : step.cut,
      };
    }
  }
}
