/**
 * Records the commands of one run of a program. They go into the stream of
 * commands of the device; only where dispatches are timed are they submitted by
 * themselves.
 *
 * @module
 */

import type { Batch } from "./commands.ts";
import type { WebGpuConnection } from "./connection.ts";
import { KernelTimer } from "./kernel_timer.ts";

/** Milliseconds of work after which a run submits in its midst. */
const SUBMIT_MILLISECONDS = 50;
/** Dispatches of a submit at most. */
const MAX_DISPATCHES = 4096;

/** Records the commands of one run. */
export class CommandRecorder {
  readonly #connection: WebGpuConnection;
  readonly #label: string;
  readonly #timer: KernelTimer | undefined;
  #invalid: Promise<GPUError | null> | undefined;
  #batch: Batch;

  /**
   * @param connection Where the commands run.
   * @param label What they do, for people.
   * @param isTimed Whether each dispatch is timed, which costs a pass each.
   */
  constructor(connection: WebGpuConnection, label: string, isTimed: boolean) {
    this.#connection = connection;
    this.#label = label;
    this.#batch = connection.commands.batch;
    this.#timer = isTimed ? new KernelTimer(connection) : undefined;
  }

  /** The batch that the last commands are part of. */
  get batch(): Batch {
    return this.#batch;
  }

  /** Whether what is recorded should be submitted before more is. */
  get isFull(): boolean {
    const { dispatches, milliseconds } = this.#connection.commands;
    return dispatches >= (this.#timer?.capacity ?? MAX_DISPATCHES) ||
      milliseconds >= SUBMIT_MILLISECONDS;
  }

  /**
   * Records commands, and submits them where it is time for that.
   *
   * @param record Calls {@linkcode CommandRecorder.dispatch}; must not wait.
   * @returns What `record` returns.
   */
  submit<T>(record: () => T): T {
    const { commands } = this.#connection;
    const timer = this.#timer;
    if (timer !== undefined) commands.flush();
    const { invalid, result } = commands.record(this.#label, record);
    this.#invalid = invalid;
    this.#batch = commands.batch;
    if (timer !== undefined && commands.dispatches > 0) {
      commands.encode((encoder) => timer.resolve(encoder));
      commands.flush();
    } else if (commands.isDue) commands.flush();
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
   */
  dispatch(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    workgroups: readonly [number, number, number],
    estimate: number,
    label: string,
  ): void {
    const { commands } = this.#connection;
    const timer = this.#timer;
    if (timer !== undefined) {
      commands.beginPass({ label, ...timer.writes() });
      timer.note(estimate);
    }
    commands.dispatch(pipeline, group, workgroups, estimate);
  }

  /**
   * Milliseconds of each dispatch since the last call; waits for the GPU.
   *
   * @param signal Ends the wait.
   * @returns The times, in order; none when dispatches are not timed.
   */
  times(signal: AbortSignal | undefined): Promise<readonly number[]> {
    return this.#timer?.times(signal) ?? Promise.resolve([]);
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

  /** Gives what was needed for timing back. */
  destroy(): void {
    this.#timer?.destroy();
  }
}
