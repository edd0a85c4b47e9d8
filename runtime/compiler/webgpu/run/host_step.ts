/**
 * Routines that have no kernels on a GPU: their inputs are read back, the host
 * computes, and the outputs are uploaded.
 *
 * @module
 */

import { runSliced } from "../../../device/clock.ts";
import {
  allocate,
  byteSize,
  type DType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import { bytesOf, writePadded } from "../../../device/webgpu/uploads.ts";
import { hostRoutine } from "../../host_routine.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { Range } from "./ranges.ts";

/**
 * Runs a routine on the host.
 *
 * @param connection Where its data are.
 * @param step The routine.
 * @param inputs Where its inputs lie.
 * @param outputs Where its outputs go.
 * @param signal Stops it.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function runOnHost(
  connection: WebGpuConnection,
  step: RoutineStep,
  inputs: readonly Range[],
  outputs: readonly Range[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const arrays = await Promise.all(
    step.inputSpecs.map(({ dtype, shape }, k) =>
      readRange(connection, inputs[k]!, dtype, sizeOf(shape))
    ),
  );
  const made = await runSliced(hostRoutine(step, arrays), signal);
  made.forEach((array, k) => {
    const { buffer, offset } = outputs[k]!;
    writePadded(connection.device.queue, buffer, offset, bytesOf(array));
  });
}

async function readRange(
  { reader }: WebGpuConnection,
  { buffer, offset }: Range,
  dtype: DType,
  size: number,
): Promise<TypedArray> {
  const array = allocate(dtype, size);
  if (size === 0) return array;
  const bytes = new Uint8Array(array.buffer, 0, size * byteSize(dtype));
  await reader.read(buffer, bytes, offset);
  return array;
}
