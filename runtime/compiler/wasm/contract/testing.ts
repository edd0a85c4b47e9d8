/**
 * Runs rendered kernels in one thread, for tests.
 *
 * @module
 */

import { allocate, byteSize, type TypedArray } from "../../../device/dtypes.ts";
import type { Kernel } from "../../ir/kernel.ts";
import { ParameterLayout, type WasmKernel, writeScalar } from "../abi.ts";

/** The export of a module. */
type Run = (
  parameters: number,
  begin: number,
  end: number,
  scratch: number,
) => void;

/** A kernel whose modules are instantiated and whose data lie in memory. */
export interface LoadedKernel {
  /** Runs all phases. */
  run(): void;
  /** Copies what the outputs hold. */
  read(): TypedArray[];
}

/**
 * Loads a rendered kernel into a memory of its own.
 *
 * @param kernel What was rendered.
 * @param rendered Its phases.
 * @param operands Data of its operands.
 * @param scalars Its scalars.
 * @returns The kernel, ready to run.
 */
export function loadKernel(
  kernel: Pick<Kernel, "operands" | "outputs" | "scalars">,
  rendered: WasmKernel,
  operands: readonly TypedArray[],
  scalars: readonly number[] = [],
): LoadedKernel {
  let used = 64;
  const reserve = (bytes: number): number => {
    const address = used;
    used += Math.ceil((bytes + 1) / 64) * 64;
    return address;
  };
  const inputs = operands.map((array) => reserve(array.byteLength));
  const outputs = kernel.outputs.map(({ dtype, size }) =>
    reserve(byteSize(dtype) * size)
  );
  const temporaries = rendered.temporaries.map(reserve);
  const scratch = reserve(
    Math.max(...rendered.phases.map((phase) => phase.scratchBytes)),
  );
  const layouts = rendered.phases.map((phase) => {
    const layout = new ParameterLayout(
      inputs.length,
      outputs.length,
      temporaries.length,
      phase.sizes.length,
      scalars.length,
    );
    return { layout, address: reserve(layout.byteLength) };
  });
  const pages = Math.ceil(used / 65536);
  const memory = new WebAssembly.Memory({
    initial: pages,
    maximum: 65536,
    shared: true,
  });
  const view = new DataView(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  operands.forEach((array, k) =>
    bytes.set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
      inputs[k]!,
    )
  );
  const runs = rendered.phases.map((phase, k) => {
    const { layout, address } = layouts[k]!;
    [...inputs, ...outputs, ...temporaries].forEach((value, slot) =>
      view.setUint32(address + 4 * slot, value, true)
    );
    phase.sizes.forEach((value, slot) =>
      view.setInt32(address + layout.sizes + 4 * slot, value, true)
    );
    scalars.forEach((value, slot) =>
      writeScalar(
        view,
        address + layout.scalars + 8 * slot,
        kernel.scalars[slot]!.dtype,
        value,
      )
    );
    const module = new WebAssembly.Module(phase.bytes);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    const run = instance.exports["run"] as unknown as Run;
    return () => run(address, 0, phase.items, scratch);
  });
  return {
    run: () => runs.forEach((run) => run()),
    read: () =>
      kernel.outputs.map(({ dtype, size }, k) => {
        const made = allocate(dtype, size);
        const target = new Uint8Array(made.buffer);
        target.set(bytes.subarray(outputs[k]!, outputs[k]! + made.byteLength));
        return made;
      }),
  };
}
