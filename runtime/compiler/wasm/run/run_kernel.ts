/**
 * Runs a kernel outside of a program: for routines, whose kernels are chosen
 * while they run.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { CompiledModule } from "../../../device/wasm/module.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import type { WasmKernel } from "../abi.ts";
import type { KernelAddresses } from "../routines/routine.ts";
import { jobOf, layoutOf, writeScalars, writeSizes } from "./kernel_job.ts";

/**
 * Runs a kernel.
 *
 * @param runtime Memory, modules and threads.
 * @param kernel The kernel.
 * @param addresses Where its buffers lie.
 * @param scalars Its scalars, which it reads as f64.
 * @param signal Stops it.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function runKernel(
  runtime: WasmRuntime,
  kernel: WasmKernel,
  addresses: KernelAddresses,
  scalars: readonly number[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { memory, pool } = runtime;
  const modules = await modulesOf(runtime, kernel);
  const blocks: number[] = [];
  const allocate = async (bytes: number): Promise<number> => {
    const address = await memory.allocate(bytes);
    blocks.push(address);
    return address;
  };
  try {
    const temporaries: number[] = [];
    for (const bytes of kernel.temporaries) {
      temporaries.push(await allocate(bytes));
    }
    const buffers = [
      ...addresses.operands,
      ...addresses.outputs,
      ...temporaries,
    ];
    const dtypes = scalars.map((): DType => "f64");
    for (const [k, phase] of kernel.phases.entries()) {
      const layout = layoutOf({
        operands: addresses.operands.length,
        outputs: addresses.outputs.length,
        temporaries: temporaries.length,
        scalars: dtypes,
      }, phase);
      const parameters = await allocate(layout.byteLength);
      memory.words.set(buffers, parameters / 4);
      writeSizes(memory, parameters, layout, phase);
      writeScalars(memory, parameters + layout.scalars, dtypes, scalars);
      await pool.reserveScratch(phase.scratchBytes);
      await pool.run(jobOf(phase, modules[k]!, parameters), signal);
    }
  } finally {
    for (const address of blocks) memory.free(address);
  }
}

/** The modules of a kernel's phases; found at once from the second time on. */
async function modulesOf(
  { modules }: WasmRuntime,
  { phases }: WasmKernel,
): Promise<readonly CompiledModule[]> {
  const texts = phases.map(({ bytes }) => bytes);
  const known = texts.map((bytes) => modules.known(bytes));
  return known.every((module) => module !== undefined)
    ? known
    : await modules.compile(texts);
}
