/**
 * Records the commands of one run of a program. They go into the stream of
 * commands of the device.
 *
 * @module
 */

import type { Batch } from "./commands.ts";
import type { WebGpuConnection } from "./connection.ts";
import type { TimedPass, TimeListener } from "./kernel_timer.ts";

/** Milliseconds of work after which a run submits in its midst. */
const SUBMIT_MILLISECONDS = 50;
/** Dispatches of a submit at most. */
const MAX_DISPATCHES = 4096;

/**
 * How dispatches are timed: not at all, those of a pass together, or each in a
 * pass of its own, which takes longer.
 */
export type Timing = "none" | "shared" | "each";

/** Records the commands of one run. */
export class CommandRecorder {
  readonly #connection: WebGpuConnection;
  readonly #label: string;
  readonly #timing: Timing;
  /** The pass that the next dispatch may be part of. */
  #pass: TimedPass | undefined;
  #invalid: Promise<GPUError | null> | undefined;
  #batch: Batch;

  /**
   * @param connection Where the commands run.
   * @param label What they do, for people.
   * @param timing How dispatches are timed.
   */
  constructor(connection: WebGpuConnection, label: string, timing: Timing) {
    this.#connection = connection;
    this.#label = label;
    this.#batch = connection.commands.batch;
    this.#timing = timing;
  }

  /** The batch that the last commands are part of. */
  get batch(): Batch {
    return this.#batch;
  }

  /** Whether what is recorded should be submitted before more is. */
  get isFull(): boolean {
    const { dispatches, milliseconds } = this.#connection.commands;
    return dispatches >= MAX_DISPATCHES || milliseconds >= SUBMIT_MILLISECONDS;
  }

  /**
   * Records commands, and submits them where it is time for that.
   *
   * @param record Calls {@linkcode CommandRecorder.dispatch}; must not wait.
   * @returns What `record` returns.
   */
  submit<T>(record: () => T): T {
    const { commands } = this.#connection;
    this.#pass = undefined;
    const { invalid, result } = commands.record(this.#label, () => {
      const result = record();
      // What others record has no part in the time of this run.
      if (this.#pass !== undefined) commands.endPass();
      return result;
    });
    this.#invalid = invalid;
    this.#batch = commands.batch;
    if (commands.isDue) commands.flush();
    return result;
  }

  /**
   * Records one dispatch.
   *
   * @param pipeline What runs.
   * @param group What it runs on.
   * @param workgroups Number of workgroups along x, y and z.
   * @param estimate Milliseconds that it should take, uncorrected.
   * @param label What it does, for people.
   * @param listener Is told how long it took, where that is wanted.
   */
  dispatch(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    workgroups: readonly [number, number, number],
    estimate: number,
    label: string,
    listener: TimeListener | undefined,
  ): void {
    const { commands, timer } = this.#connection;
    if (listener !== undefined && this.#timing !== "none") {
      const isOpen = this.#timing === "shared" && commands.isInPass;
      const pass = isOpen ? this.#pass : undefined;
      this.#pass = pass ?? timer.begin(label);
      timer.note(this.#pass, estimate, listener);
    }
    commands.dispatch(pipeline, group, workgroups, estimate);
  }

  /**
   * Refuses to go on when commands were wrong or the device is gone, as far as
   * is known: what is submitted later is looked at when its results are read.
   *
   * @throws {WeftError} When something was wrong.
   */
  async check(): Promise<void> {
    const error = await this.#invalid;
    this.#invalid = undefined;
    if (error) throw await this.#connection.explain(error, [this.#label]);
    if (this.#batch.isSubmitted) await this.#batch.outcome;
    this.#batch.check();
    this.#connection.check();
  }
}
