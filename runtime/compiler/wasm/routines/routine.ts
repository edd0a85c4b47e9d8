/**
 * What routines of the `wasm` device are: drivers on the host that run kernels
 * over memory, one after another.
 *
 * @module
 */

import type { WasmKernel } from "../abi.ts";

/** Where the buffers of one run of a kernel lie. */
export interface KernelAddresses {
  /** Addresses of the operands. */
  readonly operands: readonly number[];
  /** Addresses of the outputs. */
  readonly outputs: readonly number[];
}

/** What a routine works with while it runs. */
export interface WasmRoutineContext {
  /** The memory of the device; shared with the threads. */
  readonly memory: WebAssembly.Memory;
  /** What it holds now. */
  readonly buffer: SharedArrayBuffer;
  /** Addresses of the inputs. */
  readonly inputs: readonly number[];
  /** Addresses of the outputs. */
  readonly outputs: readonly number[];
  /**
   * Reserves memory, which is given back when the routine ends.
   *
   * @param bytes How much.
   * @returns Its address, a multiple of 64.
   */
  allocate(bytes: number): number;
  /**
   * Runs a kernel on all threads. The phases of the kernel may be given with
   * other numbers of items and other sizes at each call.
   *
   * @param kernel The kernel.
   * @param addresses Where its buffers lie.
   * @param scalars Its scalars; none by default.
   */
  run(
    kernel: WasmKernel,
    addresses: KernelAddresses,
    scalars?: readonly number[],
  ): Promise<void>;
}

/** A routine for inputs of known types, ready to run. */
export type WasmRoutine = (context: WasmRoutineContext) => Promise<void>;
