/**
 * Parameter blocks: what a compiled kernel is told about one run.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { SharedMemory } from "../../../device/wasm/memory.ts";
import type { CompiledModule } from "../../../device/wasm/module.ts";
import type { Job } from "../../../device/wasm/pool.ts";
import { ParameterLayout, type WasmPhase, writeScalar } from "../abi.ts";

/** Numbers of the things that a kernel's parameter blocks name. */
export interface ParameterCounts {
  /** Number of operands. */
  readonly operands: number;
  /** Number of outputs. */
  readonly outputs: number;
  /** Number of temporaries. */
  readonly temporaries: number;
  /** Dtypes of the scalars. */
  readonly scalars: readonly DType[];
}

/**
 * Where things lie in the parameter block of a phase.
 *
 * @param counts What the block names.
 * @param phase The phase.
 * @returns The layout.
 */
export function layoutOf(
  counts: ParameterCounts,
  phase: WasmPhase,
): ParameterLayout {
  return new ParameterLayout(
    counts.operands,
    counts.outputs,
    counts.temporaries,
    phase.sizes.length,
    counts.scalars.length,
  );
}

/**
 * Writes the sizes of a phase, which never change.
 *
 * @param memory The memory.
 * @param parameters Address of the parameter block.
 * @param layout Where things lie in it.
 * @param phase The phase.
 */
export function writeSizes(
  memory: SharedMemory,
  parameters: number,
  layout: ParameterLayout,
  phase: WasmPhase,
): void {
  memory.words.set(phase.sizes, (parameters + layout.sizes) / 4);
}

/**
 * Writes scalars.
 *
 * @param memory The memory.
 * @param address Where the first one goes.
 * @param dtypes Their dtypes.
 * @param values The numbers.
 */
export function writeScalars(
  memory: SharedMemory,
  address: number,
  dtypes: readonly DType[],
  values: readonly number[],
): void {
  const { view } = memory;
  for (let k = 0; k < dtypes.length; k++) {
    writeScalar(view, address + 8 * k, dtypes[k]!, values[k]!);
  }
}

/**
 * A phase as work for the threads.
 *
 * @param phase The phase.
 * @param module Its module.
 * @param parameters Address of its parameter block.
 * @returns The job.
 */
export function jobOf(
  phase: WasmPhase,
  module: CompiledModule,
  parameters: number,
): Job {
  const { grain, itemNanoseconds, items, scratchBytes } = phase;
  return { module, parameters, items, grain, itemNanoseconds, scratchBytes };
}
