/**
 * The connection to the GPU: one device and what belongs to it. When the device
 * is lost, the next one who asks gets a new connection.
 *
 * @module
 */

import { DeviceLostError, WeftError } from "../../core/errors.ts";
import { nextTurn } from "../clock.ts";
import { noteLoss } from "../losses.ts";
import { requestWebGpuDevice, type WebGpuCapabilities } from "./adapter.ts";
import { ArenaPool } from "./arenas.ts";
import { Commands } from "./commands.ts";
import { HostLeaves } from "./host_leaves.ts";
import { KernelTimer } from "./kernel_timer.ts";
import { Pacer } from "./pacer.ts";
import { PipelineCache } from "./pipelines.ts";
import { waitForQueue } from "./platform.ts";
import { BufferPool } from "./pool.ts";
import { BufferReader } from "./reader.ts";

/** Bytes that a software adapter, whose memory is the machine's, may hold. */
const SOFTWARE_BUDGET = 4 * 2 ** 30;

let generations = 0;
let current: Promise<WebGpuConnection> | undefined;
const listeners = new Set<(generation: number) => void>();

/** One device and what belongs to it. */
export class WebGpuConnection {
  /** Counts the devices of this process, from 1. */
  readonly generation: number = ++generations;
  /** The device. */
  readonly device: GPUDevice;
  /** What it can do. */
  readonly capabilities: WebGpuCapabilities;
  /** Its buffers. */
  readonly pool: BufferPool;
  /** Memory of temporaries. */
  readonly arenas: ArenaPool;
  /** Bounds the work that lies ahead of it. */
  readonly pacer: Pacer;
  /** What it is to do. */
  readonly commands: Commands;
  /** Reads its buffers. */
  readonly reader: BufferReader;
  /** Times its kernels. */
  readonly timer: KernelTimer;
  /** Its pipelines. */
  readonly pipelines: PipelineCache;
  /** Data of the host that are on it, too. */
  readonly hostLeaves: HostLeaves;
  #loss: string | undefined;
  #uncaptured: GPUError | undefined;

  /**
   * @param device The device.
   * @param capabilities What it can do.
   */
  constructor(device: GPUDevice, capabilities: WebGpuCapabilities) {
    this.device = device;
    this.capabilities = capabilities;
    this.pool = new BufferPool(
      device,
      capabilities.maxBufferSize,
      capabilities.isHardware ? Infinity : SOFTWARE_BUDGET,
    );
    this.arenas = new ArenaPool(this.pool);
    this.pacer = new Pacer({
      now: () => performance.now(),
      sleep: (milliseconds) =>
        new Promise((resolve) => setTimeout(resolve, milliseconds)),
      submit: () => this.commands.flush(),
      wait: () => waitForQueue(device.queue),
    });
    this.commands = new Commands({
      device,
      pacer: this.pacer,
      explain: (error, labels) => this.explain(error, labels),
    });
    // What is recorded may use a buffer that is about to be destroyed.
    this.pool.beforeDestroy(() => this.commands.flush());
    this.reader = new BufferReader({
      device,
      pacer: this.pacer,
      commands: this.commands,
      explain: (error) => this.explain(error),
    });
    this.timer = new KernelTimer({
      device,
      hasTimestamps: capabilities.hasTimestamps,
      commands: this.commands,
      pacer: this.pacer,
      reader: this.reader,
    });
    // Times come along with data, so that nobody waits for them.
    this.reader.beforeRead = () => this.timer.collect();
    this.pipelines = new PipelineCache(device);
    this.hostLeaves = new HostLeaves(this);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#uncaptured = (event as GPUUncapturedErrorEvent).error;
    });
    void device.lost.then(({ message, reason }) => {
      this.#loss = `${message} (${reason})`;
      noteLoss();
      for (const listener of listeners) listener(this.generation);
    });
  }

  /** Whether the device is gone. */
  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /**
   * Refuses to go on when something is wrong with the device.
   *
   * @throws {DeviceLostError} When it is gone.
   * @throws {WeftError} When it has reported an error that nobody waited for.
   */
  check(): void {
    if (this.#loss !== undefined) throw this.#lost(undefined);
    const error = this.#uncaptured;
    this.#uncaptured = undefined;
    if (error !== undefined) throw defect(error);
  }

  /**
   * What an error of the device means.
   *
   * @param error What it threw or reported.
   * @param labels What it was about, for people.
   * @returns The error to throw.
   */
  async explain(
    error: unknown,
    labels: Iterable<string> = [],
  ): Promise<Error> {
    const isOurs = error instanceof WeftError;
    if (isOurs && !(error.cause instanceof GPUPipelineError)) return error;
    // The loss that an error comes from is told a little later.
    for (let turn = 0; turn < 3 && !this.isLost; turn++) await nextTurn();
    if (this.isLost) return this.#lost(error);
    return isOurs ? error : defect(error, labels);
  }

  #lost(cause: unknown): DeviceLostError {
    return new DeviceLostError(
      'Cannot use the device "webgpu" as it was lost',
      {
        actual: this.#loss ?? "",
        hint: "Run again: a new device is used, but its data are gone",
        ...(cause === undefined ? {} : { cause }),
      },
    );
  }
}

function defect(error: unknown, labels: Iterable<string> = []): WeftError {
  const cause = error instanceof GPUError ? new Error(error.message) : error;
  const work = [...labels].join("; ");
  return new WeftError('Cannot finish work on the device "webgpu"', {
    cause,
    ...(work === "" ? {} : { actual: `one of these is wrong: ${work}` }),
    hint: "This is a defect of Weft or the driver: please report it",
  });
}

/**
 * The connection to the GPU, made when it is first asked for and after a loss.
 *
 * @returns The connection.
 * @throws {WeftError} When there is no adapter.
 */
export async function connectWebGpu(): Promise<WebGpuConnection> {
  const known = current;
  if (known !== undefined && !(await known).isLost) return known;
  if (current === known) {
    const made = requestWebGpuDevice().then(({ device, capabilities }) =>
      new WebGpuConnection(device, capabilities)
    );
    current = made;
    made.catch(() => {
      if (current === made) current = undefined;
    });
  }
  return connectWebGpu();
}

/**
 * Calls a function whenever a device is lost.
 *
 * @param listener Is given the generation of the device.
 * @returns A function that ends it.
 */
export function onWebGpuLost(
  listener: (generation: number) => void,
): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
