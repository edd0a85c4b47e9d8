/**
 * Tells how long kernels took, and whose they are.
 *
 * @module
 */

import type { KernelRecord, LateKernels } from "../../../device/device.ts";
import type { TimeListener } from "../../../device/webgpu/kernel_timer.ts";
import type { Pacer } from "../../../device/webgpu/pacer.ts";
import type { RunOptions } from "../../backend.ts";
import type { Charged } from "./plan.ts";

/** A kernel whose dispatches are not all timed yet. */
interface OpenKernel {
  readonly charged: Charged;
  /** What is told of it; nothing of the graph, which may be gone by then. */
  readonly record: Omit<KernelRecord, "milliseconds">;
  /** Milliseconds that its dispatches should take, uncorrected. */
  estimate: number;
  /** Milliseconds that they took, as far as is known. */
  milliseconds: number;
  /** Dispatches whose time is not known. */
  missing: number;
  /** Whether there may be more. */
  isOpen: boolean;
}

/** The trace of one run. */
export class KernelTrace {
  readonly #listener: Pick<LateKernels, "begun" | "ended">;
  readonly #blame: RunOptions["blame"];
  readonly #pacer: Pacer;
  #last: OpenKernel | undefined;

  /**
   * @param listener Is told of each kernel.
   * @param blame Finds the op that a node is charged to.
   * @param pacer Corrects estimates.
   */
  constructor(
    listener: Pick<LateKernels, "begun" | "ended">,
    blame: RunOptions["blame"],
    pacer: Pacer,
  ) {
    this.#listener = listener;
    this.#blame = blame;
    this.#pacer = pacer;
  }

  /**
   * Notes a dispatch, whose time is not known yet.
   *
   * @param charged What it is charged to.
   * @param estimate Milliseconds that it should take, uncorrected.
   * @returns Who is to be told of its time.
   */
  readonly note = (charged: Charged, estimate: number): TimeListener => {
    // Dispatches of one kernel follow each other.
    if (this.#last?.charged !== charged) {
      this.close();
      this.#last = {
        charged,
        record: this.#recordOf(charged),
        estimate: 0,
        milliseconds: 0,
        missing: 0,
        isOpen: true,
      };
    }
    const kernel = this.#last!;
    kernel.estimate += estimate;
    kernel.missing++;
    return (milliseconds, endedAt) => {
      kernel.milliseconds += milliseconds;
      kernel.missing--;
      if (kernel.isOpen || kernel.missing > 0) return;
      this.#listener.ended({
        ...kernel.record,
        milliseconds: kernel.milliseconds,
        endedAt,
      });
    };
  };

  /** Ends the kernel that was noted last. */
  close(): void {
    const kernel = this.#last;
    if (kernel === undefined) return;
    this.#last = undefined;
    kernel.isOpen = false;
    this.#listener.begun({
      ...kernel.record,
      milliseconds: this.#pacer.corrected(kernel.estimate),
    });
    if (kernel.missing > 0) return;
    const { milliseconds, record } = kernel;
    this.#listener.ended({ ...record, milliseconds });
  }

  /**
   * Tells of one kernel that ran on the host.
   *
   * @param charged The kernel.
   * @param milliseconds How long it took.
   */
  add(charged: Charged, milliseconds: number): void {
    this.close();
    const record = { ...this.#recordOf(charged), milliseconds };
    this.#listener.begun(record);
    this.#listener.ended(record);
  }

  #recordOf(
    { bytes, name, node }: Charged,
  ): Omit<KernelRecord, "milliseconds"> {
    return { name, device: "webgpu", blame: this.#blame(node), bytes };
  }
}
