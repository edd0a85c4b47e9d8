/**
 * The stream of commands of a device. Runs of several programs are recorded into
 * one encoder and submitted together, as a submit takes far longer than a small
 * kernel. What is recorded is submitted when enough of it is there, when data are
 * read, and at the latest at the next turn of the event loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Pacer } from "./pacer.ts";
import { StagedWrites } from "./staged_writes.ts";

/** When recorded work is submitted although nobody reads its results yet. */
export interface Patience {
  /** From so many dispatches on. */
  readonly dispatches: number;
  /** From so many milliseconds of work on, as far as can be told. */
  readonly milliseconds: number;
}

const PATIENCE: Patience = { dispatches: 32, milliseconds: 1 };

/** Commands that are submitted together. */
export class Batch {
  /** Counts the batches of a device. */
  readonly id: number;
  /** Kept when it is known whether the commands were right. */
  readonly outcome: Promise<void>;
  /** What is wrong with them, once that is known. */
  error: Error | undefined;
  /** Whether they were handed to the device. */
  isSubmitted = false;
  /** What they do, for people. */
  readonly labels: Set<string> = new Set();
  /** Keeps {@linkcode Batch.outcome}. */
  readonly settle: () => void;

  /**
   * @param id Its number.
   */
  constructor(id: number) {
    this.id = id;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.outcome = promise;
    this.settle = resolve;
  }

  /**
   * Refuses to go on when the commands were wrong, as far as is known.
   *
   * @throws {WeftError} When they were.
   */
  check(): void {
    if (this.error !== undefined) throw this.error;
  }
}

/** What commands need of their device. */
export interface CommandWorld {
  /** The device. */
  readonly device: GPUDevice;
  /** Is told of what is submitted. */
  readonly pacer: Pacer;
  /** Makes an error of this device out of another; `labels` tell what failed. */
  explain(error: unknown, labels: Iterable<string>): Promise<Error>;
}

/** Records commands and submits them in batches. */
export class Commands {
  /** How long recorded work waits. */
  patience: Patience = PATIENCE;
  /** Records what belongs to the end of each submit. */
  beforeSubmit: ((encoder: GPUCommandEncoder) => void) | undefined;
  readonly #world: CommandWorld;
  readonly #staged: StagedWrites;
  /** Batches of which is not known yet whether they are right. */
  readonly #unsettled = new Set<Batch>();
  #batch: Batch;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: GPUComputePipeline | undefined;
  #estimate = 0;
  #dispatches = 0;
  #isScheduled = false;

  /**
   * @param world What it needs of the device.
   */
  constructor(world: CommandWorld) {
    this.#world = world;
    this.#staged = new StagedWrites(world.device);
    this.#batch = this.#open(0);
  }

  /** The batch that commands are recorded into. */
  get batch(): Batch {
    return this.#batch;
  }

  /** Dispatches that are not submitted yet. */
  get dispatches(): number {
    return this.#dispatches;
  }

  /** Milliseconds that they should take. */
  get milliseconds(): number {
    return this.#world.pacer.corrected(this.#estimate);
  }

  /** Whether dispatches go on with the pass that is open. */
  get isInPass(): boolean {
    return this.#pass !== undefined;
  }

  /** Whether it is time to submit. */
  get isDue(): boolean {
    const { dispatches, milliseconds } = this.patience;
    return this.#dispatches >= dispatches || this.milliseconds >= milliseconds;
  }

  /**
   * Records what a program does.
   *
   * @param label What it does, for people.
   * @param body Records it; must not wait.
   * @returns What `body` returns, and what is wrong with its bindings.
   */
  record<T>(
    label: string,
    body: () => T,
  ): { readonly result: T; readonly invalid: Promise<GPUError | null> } {
    const { device } = this.#world;
    device.pushErrorScope("validation");
    let invalid: Promise<GPUError | null> | undefined;
    try {
      const result = body();
      this.#batch.labels.add(label);
      invalid = device.popErrorScope();
      return { result, invalid };
    } finally {
      if (invalid === undefined) void device.popErrorScope();
    }
  }

  /**
   * Records one dispatch. Between dispatches what one wrote is seen by the next.
   *
   * @param pipeline What runs.
   * @param group What it runs on.
   * @param workgroups Number of workgroups along x, y and z.
   * @param estimate Milliseconds that it should take, uncorrected.
   */
  dispatch(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    workgroups: readonly [number, number, number],
    estimate: number,
  ): void {
    const pass = this.#pass ??= this.#begin().beginComputePass();
    if (this.#pipeline !== pipeline) {
      pass.setPipeline(pipeline);
      this.#pipeline = pipeline;
    }
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    this.#estimate += estimate;
    this.#dispatches++;
  }

  /**
   * Makes the next dispatches a pass of their own.
   *
   * @param descriptor What is particular to it.
   */
  beginPass(descriptor: GPUComputePassDescriptor): void {
    this.endPass();
    this.#pass = this.#begin().beginComputePass(descriptor);
  }

  /** Makes the next dispatches part of another pass. */
  endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#pipeline = undefined;
  }

  /**
   * Records a copy from one buffer to another.
   *
   * @param source Where from.
   * @param from First byte there, a multiple of 4.
   * @param target Where to.
   * @param to First byte there, a multiple of 4.
   * @param bytes How many, a multiple of 4.
   */
  copy(
    source: GPUBuffer,
    from: number,
    target: GPUBuffer,
    to: number,
    bytes: number,
  ): void {
    this.endPass();
    this.#begin().copyBufferToBuffer(source, from, target, to, bytes);
  }

  /**
   * Writes a few bytes to a buffer, after all that was recorded so far.
   *
   * @param target The buffer.
   * @param offset First byte there, a multiple of 4.
   * @param bytes The bytes, a multiple of 4.
   */
  write(
    target: GPUBuffer,
    offset: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): void {
    if (!this.#staged.fits(bytes.length)) this.flush();
    // The queue writes before it does what is submitted later.
    if (this.#encoder === undefined) {
      this.#world.device.queue.writeBuffer(target, offset, bytes);
      return;
    }
    this.endPass();
    this.#staged.record(this.#encoder, target, offset, bytes);
  }

  /**
   * Records what brings timestamps to where they can be read.
   *
   * @param record Does so.
   */
  encode(record: (encoder: GPUCommandEncoder) => void): void {
    this.endPass();
    record(this.#begin());
  }

  /** Submits what is recorded. */
  flush(): void {
    const encoder = this.#encoder;
    if (encoder === undefined) return;
    const { device, pacer } = this.#world;
    const batch = this.#batch;
    const estimate = this.#estimate;
    const now = performance.now();
    let thrown: unknown;
    device.pushErrorScope("validation");
    try {
      this.endPass();
      this.beforeSubmit?.(encoder);
      this.#staged.flush();
      device.queue.submit([encoder.finish()]);
    } catch (error) {
      thrown = error;
    }
    const invalid = device.popErrorScope();
    this.#encoder = undefined;
    this.#pass = undefined;
    this.#estimate = 0;
    this.#dispatches = 0;
    this.#batch = this.#open(batch.id + 1);
    batch.isSubmitted = true;
    pacer.submitted(estimate, now);
    void this.#settle(batch, thrown, invalid);
  }

  #open(id: number): Batch {
    const batch = new Batch(id);
    this.#unsettled.add(batch);
    return batch;
  }

  #begin(): GPUCommandEncoder {
    const known = this.#encoder;
    if (known !== undefined) return known;
    this.#schedule();
    return this.#encoder = this.#world.device.createCommandEncoder();
  }

  /** Lets nothing wait for longer than until the event loop turns. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const batch = this.#batch;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#batch === batch) this.flush();
      else if (this.#encoder !== undefined) this.#schedule();
    });
  }

  async #settle(
    batch: Batch,
    thrown: unknown,
    invalid: Promise<GPUError | null>,
  ): Promise<void> {
    const error = thrown ?? await invalid.catch((reason) => reason);
    if (error !== null) {
      const told = await this.#world.explain(error, batch.labels);
      // What was recorded since then may have read what is not there.
      for (const later of this.#unsettled) {
        if (later.id >= batch.id) later.error ??= told;
      }
      // What comes from now on knows of the error.
      this.flush();
      if (this.#batch.error !== undefined) {
        this.#batch.isSubmitted = true;
        this.#batch.settle();
        this.#unsettled.delete(this.#batch);
        this.#batch = this.#open(this.#batch.id + 1);
      }
    }
    this.#unsettled.delete(batch);
    batch.settle();
  }
}
