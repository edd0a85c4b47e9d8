/**
 * Kernels as steps.
 *
 * @module
 */

import type { ThreadPool } from "../../../device/wasm/pool.ts";
import type { Kernel } from "../../ir/kernel.ts";
import type { WasmKernel } from "../abi.ts";
import type { PreparedStep, Run } from "./step.ts";

/** A kernel that is ready to run. */
export class KernelStep implements PreparedStep {
  /** What it computes. */
  readonly name: string;
  /** Position of the node that it is charged to. */
  readonly node: number;
  /** Bytes that it writes. */
  readonly bytes: number;
  /** About how many nanoseconds one thread takes. */
  readonly nanoseconds: number;
  readonly #pool: ThreadPool;
  readonly #first: number;
  readonly #end: number;

  /**
   * @param pool The threads.
   * @param kernel The kernel.
   * @param compiled Its compiled form.
   * @param first Number of its first phase among those of the program.
   * @param bytes Bytes that it writes.
   */
  constructor(
    pool: ThreadPool,
    kernel: Kernel,
    compiled: WasmKernel,
    first: number,
    bytes: number,
  ) {
    this.name = kernel.name;
    this.node = kernel.node;
    this.bytes = bytes;
    this.nanoseconds = compiled.phases.reduce(
      (sum, { itemNanoseconds, items }) => sum + items * itemNanoseconds,
      0,
    );
    this.#pool = pool;
    this.#first = first;
    this.#end = first + compiled.phases.length;
  }

  /**
   * Runs its phases one after another.
   *
   * @param run The run.
   * @returns When they are done; undefined if they are already.
   */
  run(run: Run): Promise<void> | undefined {
    return this.#runFrom(run, this.#first);
  }

  #runFrom(
    { frame, options, scalars }: Run,
    first: number,
  ): Promise<void> | undefined {
    for (let k = first; k < this.#end; k++) {
      const wait = this.#pool.run(frame.jobs[k]!, options.signal);
      if (wait !== undefined) {
        return wait.then(() =>
          this.#runFrom({ frame, options, scalars }, k + 1)
        );
      }
    }
    return undefined;
  }
}
