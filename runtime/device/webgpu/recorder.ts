/**
 * Records commands and submits them: one encoder and one pass for many
 * dispatches. Between dispatches of a pass what one wrote is seen by the next.
 *
 * @module
 */

import type { WebGpuConnection } from "./connection.ts";
import { KernelTimer } from "./kernel_timer.ts";

/** Milliseconds of work after which a submit is worth while. */
const SUBMIT_MILLISECONDS = 50;
/** Dispatches of a submit at most. */
const MAX_DISPATCHES = 4096;

/** Records the commands of one run. */
export class CommandRecorder {
  readonly #connection: WebGpuConnection;
  readonly #label: string;
  readonly #timer: KernelTimer | undefined;
  readonly #errors: Promise<GPUError | null>[] = [];
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: GPUComputePipeline | undefined;
  #estimate = 0;
  #dispatches = 0;
  #submits = 0;

  /**
   * @param connection Where the commands run.
   * @param label What they do, for people.
   * @param isTimed Whether each dispatch is timed, which costs a pass each.
   */
  constructor(connection: WebGpuConnection, label: string, isTimed: boolean) {
    this.#connection = connection;
    this.#label = label;
    this.#timer = isTimed ? new KernelTimer(connection) : undefined;
  }

  /** Whether what is recorded should be submitted before more is. */
  get isFull(): boolean {
    if (this.#dispatches >= (this.#timer?.capacity ?? MAX_DISPATCHES)) {
      return true;
    }
    const { pacer } = this.#connection;
    return pacer.corrected(this.#estimate) >= SUBMIT_MILLISECONDS;
  }

  /** Number of submits so far. */
  get submits(): number {
    return this.#submits;
  }

  /**
   * Records commands and submits them.
   *
   * @param record Calls {@linkcode CommandRecorder.dispatch}; must not wait.
   * @returns What `record` returns.
   */
  submit<T>(record: () => T): T {
    const { device, pacer } = this.#connection;
    device.pushErrorScope("validation");
    try {
      const result = record();
      const encoder = this.#encoder;
      if (encoder !== undefined) {
        this.#pass?.end();
        this.#timer?.resolve(encoder);
        const now = performance.now();
        device.queue.submit([encoder.finish()]);
        pacer.submitted(this.#estimate, now);
        this.#submits++;
      }
      return result;
    } finally {
      this.#encoder = undefined;
      this.#pass = undefined;
      this.#pipeline = undefined;
      this.#estimate = 0;
      this.#dispatches = 0;
      this.#errors.push(device.popErrorScope());
    }
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
    const pass = this.#beginPass(label);
    if (this.#pipeline !== pipeline) {
      pass.setPipeline(pipeline);
      this.#pipeline = pipeline;
    }
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
    this.#estimate += estimate;
    this.#dispatches++;
    if (this.#timer !== undefined) {
      this.#timer.note(estimate);
      pass.end();
      this.#pass = undefined;
      this.#pipeline = undefined;
    }
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
   * Refuses to go on when commands were wrong or the device is gone.
   *
   * @throws {WeftError} When something was wrong.
   */
  async check(): Promise<void> {
    const errors = await Promise.all(this.#errors);
    this.#errors.length = 0;
    const error = errors.find((one) => one !== null);
    if (error !== undefined) throw await this.#connection.explain(error);
    this.#connection.check();
  }

  /** Gives what was needed for timing back. */
  destroy(): void {
    this.#timer?.destroy();
  }

  #beginPass(label: string): GPUComputePassEncoder {
    const encoder = this.#encoder ??= this.#connection.device
      .createCommandEncoder({ label: this.#label });
    if (this.#timer !== undefined) {
      return encoder.beginComputePass({
        label,
        ...this.#timer.writes(),
      });
    }
    return this.#pass ??= encoder.beginComputePass({ label: this.#label });
  }
}
