/**
 * What a device must offer so that compiled programs run on it.
 *
 * @module
 */

import type { KernelRecord, LateKernels } from "../device/device.ts";
import type { DType } from "../device/dtypes.ts";
import type { Storage } from "../device/graph.ts";
import type { Program } from "./ir/kernel.ts";
import type { Tuning } from "./tuning/tuning.ts";

/** How one run of a program is steered. */
export interface RunOptions {
  /** Stops the run; it then rejects with a `CancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each kernel, where its time is known. */
  readonly onKernel?: ((record: KernelRecord) => void) | undefined;
  /** Takes kernels instead where a device would have to wait for their times. */
  readonly lateKernels?: LateKernels | undefined;
  /** Whether leaves that the program writes over have to stay as they are. */
  readonly keepLeaves?: boolean | undefined;
  /**
   * Paths of the ops that the nodes of the graph are charged to, by position
   * in the graph's order.
   */
  readonly blame: (node: number) => readonly string[] | undefined;
}

/** How programs are compiled. */
export interface PrepareOptions {
  /**
   * Whether products of f16 factors may be added up in f16 over a part of the
   * sum, where the device can.
   */
  readonly halfSums: boolean;
  /** Chooses kernels where size rules do not. */
  readonly tuning: Tuning;
}

/** A program that is ready to run, over and over, on new data. */
export interface PreparedProgram {
  /**
   * Runs it. The event loop is never blocked for long.
   *
   * @param leaves Data of the program's leaves, in the order of
   * `program.leaves`, from any device.
   * @param scalars Numbers of the program's scalars, in their order.
   * @param options Signal and trace.
   * @returns Data of the program's results, one storage a result; a leaf that
   * is a result comes back as it was. The data of leaves that the program writes
   * over are gone once it has begun, unless others hold them, too.
   */
  run(
    leaves: readonly Storage[],
    scalars: readonly number[],
    options: RunOptions,
  ): Promise<Storage[]>;
}

/** A device that runs compiled programs. */
export interface Backend {
  /** The name it is chosen by. */
  readonly name: string;
  /**
   * Whether it computes in a dtype.
   *
   * @param dtype The dtype.
   */
  supports(dtype: DType): boolean;
  /**
   * Compiles a program.
   *
   * @param program The program.
   * @param options How; by rules and in full precision by default.
   * @returns The program, ready to run.
   */
  prepare(
    program: Program,
    options?: PrepareOptions,
  ): Promise<PreparedProgram>;
}
