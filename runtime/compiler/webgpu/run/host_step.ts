/**
 * Steps that have no kernels on a GPU, or whose buffers are too long for it:
 * their inputs are read back, the host computes on WebAssembly, and the outputs
 * are uploaded.
 *
 * @module
 */

import { allocate, byteSize } from "../../../device/dtypes.ts";
import { hostStorage, type Storage } from "../../../device/graph.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import { bytesOf, uploadBytes } from "../../../device/webgpu/uploads.ts";
import type { PreparedProgram } from "../../backend.ts";
import type { BufferSpec, Program } from "../../ir/kernel.ts";
import { wasmBackend } from "../../wasm/backend.ts";
import type { HostStep } from "./plan.ts";
import type { Range } from "./ranges.ts";

/** Programs of single steps, on the host. */
const prepared = new WeakMap<HostStep, Promise<PreparedProgram>>();

/** A step to be run on the host. */
export interface HostRun {
  /** Where its data are. */
  readonly connection: WebGpuConnection;
  /** The step. */
  readonly step: HostStep;
  /** Where its inputs lie. */
  readonly inputs: readonly Range[];
  /** Where its outputs go. */
  readonly outputs: readonly Range[];
  /** Numbers that its scalars stand for. */
  readonly scalars: readonly number[];
  /** Stops it. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs a step on the host.
 *
 * @param run The step, and where its data are.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function runOnHost(run: HostRun): Promise<void> {
  const { connection, outputs, scalars, signal, step } = run;
  let made = prepared.get(step);
  if (made === undefined) {
    made = wasmBackend.prepare(programOf(step));
    prepared.set(step, made);
  }
  const program = await made;
  const leaves = await Promise.all(
    specsOf(step).inputs.map((spec, k) =>
      readRange(connection, run.inputs[k]!, spec)
    ),
  );
  const results = await program.run(leaves, scalars, {
    signal,
    blame: () => undefined,
  });
  for (const [k, storage] of results.entries()) {
    const array = storage.array ?? await storage.read();
    const { buffer, offset } = outputs[k]!;
    await uploadBytes(connection, buffer, bytesOf(array), offset);
    storage.dispose();
  }
}

/** A buffer of a step. */
type HostSpec = Pick<BufferSpec, "dtype" | "size">;

/** What a step reads and writes. */
function specsOf(
  step: HostStep,
): { readonly inputs: HostSpec[]; readonly outputs: HostSpec[] } {
  if (step.kind !== "routine") {
    return { inputs: [...step.operands], outputs: [...step.outputs] };
  }
  const specs = (list: typeof step.inputSpecs) =>
    list.map(({ dtype, shape }) => ({ dtype, size: sizeOf(shape) }));
  return { inputs: specs(step.inputSpecs), outputs: specs(step.outputSpecs) };
}

/** A program whose only step is this one. */
function programOf(step: HostStep): Program {
  const specs = specsOf(step);
  const count = specs.inputs.length;
  const inputs = specs.inputs.map((_, k) => k);
  const outputs = specs.outputs.map((_, k) => count + k);
  const scalars = step.kind === "routine" ? [] : step.scalars;
  return {
    buffers: [
      ...specs.inputs.map(roleOf("leaf")),
      ...specs.outputs.map(roleOf("result")),
    ],
    leaves: inputs.map((buffer) => ({ buffer, leaf: buffer })),
    scalars: scalars.map(({ dtype }, leaf) => ({ leaf, dtype })),
    steps: [
      step.kind === "routine" ? { ...step, inputs, outputs } : {
        ...step,
        operands: step.operands.map((one, k) => ({ ...one, buffer: k })),
        outputs: step.outputs.map((one, k) => ({ ...one, buffer: count + k })),
        scalars: scalars.map(({ dtype }, scalar) => ({ scalar, dtype })),
      },
    ],
    results: outputs,
  };
}

function roleOf(role: BufferSpec["role"]): (spec: HostSpec) => BufferSpec {
  return ({ dtype, size }) => ({ role, dtype, size });
}

async function readRange(
  { reader }: WebGpuConnection,
  { buffer, offset }: Range,
  { dtype, size }: HostSpec,
): Promise<Storage> {
  const array = allocate(dtype, size);
  if (size > 0) {
    const bytes = new Uint8Array(array.buffer, 0, size * byteSize(dtype));
    await reader.read(buffer, bytes, offset);
  }
  return hostStorage(array);
}
