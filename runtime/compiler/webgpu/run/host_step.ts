/**
 * Routines that have no kernels on a GPU: their inputs are read back, the host
 * computes on WebAssembly, and the outputs are uploaded.
 *
 * @module
 */

import { allocate, byteSize, type DType } from "../../../device/dtypes.ts";
import { hostStorage, type Storage } from "../../../device/graph.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import { bytesOf, writePadded } from "../../../device/webgpu/uploads.ts";
import type { PreparedProgram } from "../../backend.ts";
import type { BufferSpec, Program, RoutineStep } from "../../ir/kernel.ts";
import { wasmBackend } from "../../wasm/backend.ts";
import type { Range } from "./ranges.ts";

/** Programs of single routines, on the host. */
const prepared = new WeakMap<RoutineStep, Promise<PreparedProgram>>();

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
  let program = prepared.get(step);
  if (program === undefined) {
    program = wasmBackend.prepare(programOf(step));
    prepared.set(step, program);
  }
  const leaves = await Promise.all(
    step.inputSpecs.map(({ dtype, shape }, k) =>
      readRange(connection, inputs[k]!, dtype, sizeOf(shape))
    ),
  );
  const made = await (await program).run(leaves, [], {
    signal,
    blame: () => undefined,
  });
  for (const [k, storage] of made.entries()) {
    const array = storage.array ?? await storage.read();
    const { buffer, offset } = outputs[k]!;
    writePadded(connection.device.queue, buffer, offset, bytesOf(array));
    storage.dispose();
  }
}

/** A program whose only step is a routine. */
function programOf(step: RoutineStep): Program {
  const specOf =
    (role: BufferSpec["role"]) =>
    ({ dtype, shape }: RoutineStep["inputSpecs"][number]): BufferSpec => ({
      dtype,
      size: sizeOf(shape),
      role,
    });
  const count = step.inputSpecs.length;
  const inputs = step.inputSpecs.map((_, k) => k);
  const outputs = step.outputSpecs.map((_, k) => count + k);
  return {
    buffers: [
      ...step.inputSpecs.map(specOf("leaf")),
      ...step.outputSpecs.map(specOf("result")),
    ],
    leaves: inputs.map((buffer) => ({ buffer, leaf: buffer })),
    scalars: [],
    steps: [{ ...step, inputs, outputs }],
    results: outputs,
  };
}

async function readRange(
  { reader }: WebGpuConnection,
  { buffer, offset }: Range,
  dtype: DType,
  size: number,
): Promise<Storage> {
  const array = allocate(dtype, size);
  if (size > 0) {
    const bytes = new Uint8Array(array.buffer, 0, size * byteSize(dtype));
    await reader.read(buffer, bytes, offset);
  }
  return hostStorage(array);
}
