/**
 * Tells how long kernels took, and whose they are.
 *
 * @module
 */

import type { KernelRecord } from "../../../device/device.ts";
import type { RunOptions } from "../../backend.ts";
import type { Charged } from "./plan.ts";

/** The trace of one run. */
export class KernelTrace {
  readonly #onKernel: (record: KernelRecord) => void;
  readonly #blame: RunOptions["blame"];
  #dispatches: Charged[] = [];

  /**
   * @param onKernel Is told of each kernel.
   * @param blame Finds the op that a node is charged to.
   */
  constructor(
    onKernel: (record: KernelRecord) => void,
    blame: RunOptions["blame"],
  ) {
    this.#onKernel = onKernel;
    this.#blame = blame;
  }

  /** Notes a dispatch, whose time is not known yet. */
  readonly note = (charged: Charged): void => {
    this.#dispatches.push(charged);
  };

  /**
   * Tells of the kernels whose dispatches were noted.
   *
   * @param times Milliseconds of each dispatch.
   */
  tell(times: readonly number[]): void {
    const dispatches = this.#dispatches;
    this.#dispatches = [];
    let milliseconds = 0;
    dispatches.forEach((charged, k) => {
      milliseconds += times[k] ?? 0;
      // Dispatches of one kernel follow each other.
      if (dispatches[k + 1] === charged) return;
      this.add(charged, milliseconds);
      milliseconds = 0;
    });
  }

  /**
   * Tells of one kernel.
   *
   * @param charged The kernel.
   * @param milliseconds How long it took.
   */
  add({ bytes, name, node }: Charged, milliseconds: number): void {
    this.#onKernel({
      name,
      device: "webgpu",
      blame: this.#blame(node),
      milliseconds,
      bytes,
    });
  }
}
