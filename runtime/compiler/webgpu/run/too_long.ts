/**
 * Tensors that are too long for the buffers or the bindings of a GPU.
 *
 * @module
 */

import {
  CancelledError,
  DeviceLostError,
  WeftError,
} from "../../../core/errors.ts";
import { megabytes } from "../../../device/explain.ts";
import type { WebGpuCapabilities } from "../../../device/webgpu/adapter.ts";
import type { Program, Step } from "../../ir/kernel.ts";
import { buffersRead, buffersWritten } from "../../memory_plan.ts";
import type { Charged } from "./plan.ts";
import { bytesOfSpec } from "./ranges.ts";

/**
 * Bytes of the longest buffer that a step uses itself.
 *
 * @param program The program of the step.
 * @param step The step.
 * @returns The bytes; 0 where it uses none.
 */
export function longestOf({ buffers }: Program, step: Step): number {
  let most = 0;
  for (const buffer of buffersRead(step)) {
    most = Math.max(most, bytesOfSpec(buffers[buffer]!));
  }
  for (const buffer of buffersWritten(step)) {
    most = Math.max(most, bytesOfSpec(buffers[buffer]!));
  }
  return most;
}

/**
 * Bytes of the longest buffer of a program and of the programs inside of it.
 *
 * @param program The program.
 * @returns The bytes; 0 where it has none.
 */
export function longestOfAll(program: Program): number {
  let most = 0;
  for (const spec of program.buffers) most = Math.max(most, bytesOfSpec(spec));
  for (const step of program.steps) {
    if (step.kind === "hostLoop") {
      most = Math.max(most, longestOfAll(step.body));
    }
  }
  return most;
}

/**
 * The step to blame for a buffer.
 *
 * @param program The program.
 * @param bytes Length of the buffer.
 * @returns The first step that uses a buffer as long, or the last one.
 */
export function stepThatUses(
  program: Program,
  bytes: number,
): Charged {
  const { steps } = program;
  const step = steps.find((one) => longestOf(program, one) >= bytes) ??
    steps.at(-1);
  if (step === undefined) return { name: "copy", node: -1, bytes };
  const name = step.kind === "hostLoop" ? "scan" : step.name;
  return { name, node: step.node, bytes };
}

/**
 * The error for a step that the GPU cannot run as a tensor is too long, and the
 * host cannot run either.
 *
 * @param capabilities What the GPU can do.
 * @param name Name of the step.
 * @param bytes Bytes of the tensor.
 * @param cause What went wrong on the host.
 * @returns The error to throw.
 */
export function tooLongError(
  capabilities: WebGpuCapabilities,
  name: string,
  bytes: number,
  cause: unknown,
): unknown {
  if (cause instanceof CancelledError || cause instanceof DeviceLostError) {
    return cause;
  }
  const { description, maxBufferSize, maxStorageBufferBindingSize } =
    capabilities;
  const [what, limit] = bytes > maxBufferSize
    ? ["buffer", maxBufferSize]
    : ["binding", maxStorageBufferBindingSize];
  return new WeftError(
    `Cannot compute "${name}" with a tensor of ${megabytes(bytes)} ` +
      'on the devices "webgpu" and "wasm"',
    {
      expected: `at most ${megabytes(limit)} in a ${what} of the GPU`,
      actual: `"${description}"`,
      hint: "Cut the tensor in pieces, or use smaller batches",
      cause,
    },
  );
}
