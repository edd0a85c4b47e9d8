/**
 * What routines of the device work with.
 *
 * @module
 */

import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import type { WasmKernel } from "../abi.ts";
import type {
  KernelAddresses,
  WasmRoutineContext,
} from "../routines/routine.ts";
import { runKernel } from "./run_kernel.ts";

/** The context of one call of a routine. */
export class RoutineContext implements WasmRoutineContext {
  /** The memory of the device. */
  readonly memory: WebAssembly.Memory;
  /** Addresses of the inputs. */
  readonly inputs: readonly number[];
  /** Addresses of the outputs. */
  readonly outputs: readonly number[];
  readonly #runtime: WasmRuntime;
  readonly #signal: AbortSignal | undefined;
  readonly #blocks: number[] = [];

  /**
   * @param runtime Memory, modules and threads.
   * @param inputs Addresses of the inputs.
   * @param outputs Addresses of the outputs.
   * @param signal Stops the routine.
   */
  constructor(
    runtime: WasmRuntime,
    inputs: readonly number[],
    outputs: readonly number[],
    signal: AbortSignal | undefined,
  ) {
    this.memory = runtime.memory.memory;
    this.inputs = inputs;
    this.outputs = outputs;
    this.#runtime = runtime;
    this.#signal = signal;
  }

  /** What the memory holds now. */
  get buffer(): SharedArrayBuffer {
    return this.#runtime.memory.buffer;
  }

  /**
   * Reserves memory, which is given back when the routine ends.
   *
   * @param bytes How much.
   * @returns Its address, a multiple of 64.
   */
  allocate(bytes: number): number {
    const address = this.#runtime.memory.allocateNow(bytes);
    this.#blocks.push(address);
    return address;
  }

  /**
   * Runs a kernel on all threads.
   *
   * @param kernel The kernel.
   * @param addresses Where its buffers lie.
   * @param scalars Its scalars; none by default.
   */
  async run(
    kernel: WasmKernel,
    addresses: KernelAddresses,
    scalars: readonly number[] = [],
  ): Promise<void> {
    await runKernel(this.#runtime, kernel, addresses, scalars, this.#signal);
  }

  /** Gives back what the routine reserved. */
  free(): void {
    for (const address of this.#blocks) this.#runtime.memory.free(address);
    this.#blocks.length = 0;
  }
}
