/**
 * The threads of the `wasm` device. The main thread does its share of each job,
 * in slices; workers sleep while there is nothing to do.
 *
 * @module
 */

import type { Worker } from "node:worker_threads";
import { WeftError } from "../../core/errors.ts";
import { nextSlice, sliceIsOver, throwIfAborted } from "../clock.ts";
import { CONTROL, CONTROL_WORDS, ERROR_LENGTH } from "./control.ts";
import type { SharedMemory } from "./memory.ts";
import type { CompiledModule, ItemWork } from "./module.ts";
import { startWorkers, threadCount } from "./threads.ts";

/** Work items of one module. */
export interface Job extends ItemWork {
  /** The module. */
  readonly module: CompiledModule;
  /** Number of work items. */
  readonly items: number;
  /** Fewest items that are worth taking at once. */
  readonly grain: number;
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
}

/** Nanoseconds of work from which on workers that look for it are given some. */
const WORTH_SHARING = 10_000;
/** Nanoseconds of work from which on workers that sleep are woken up. */
const WORTH_WAKING = 150_000;
/**
 * Nanoseconds of work that could have been shared after which workers are
 * started, as that holds the main thread up for about as long.
 */
const WORTH_STARTING = 40_000_000;
/** Nanoseconds that a share of work should take at most. */
const SHARE = 500_000;
/** Shares a thread, so that none waits long for another. */
const SHARES = 6;
/**
 * Nanoseconds of an item from which on the main thread leaves the work to the
 * workers: it would hold up the event loop for too long.
 */
const TOO_LONG = 40_000_000;
/** Milliseconds between two looks at how far the workers are. */
const WATCH = 2;
/** Milliseconds that a worker looks for the next job before it sleeps. */
const WORKER_SPIN = 0.2;
/** Milliseconds that the main thread waits without letting others run. */
const MAIN_SPIN = 0.1;
/** Milliseconds after which it is looked whether the workers still live. */
const ALARM = 1000;
/** Most work items of a job: counting them must not overflow. */
const MOST_ITEMS = 2 ** 30;
const LEAST_SCRATCH = 65536;

/** Threads that do jobs together. */
export class ThreadPool {
  /** Number of threads, the main one among them. */
  readonly threads: number;
  readonly #memory: SharedMemory;
  readonly #scratch = { address: 0, bytes: 0 };
  readonly #workerScratch = { address: 0, bytes: 0 };
  #shared: Int32Array<SharedArrayBuffer> | undefined;
  #isStarted = false;
  /** Nanoseconds of work that could have been shared so far. */
  #unshared = 0;
  #workers: Promise<Worker> | undefined;
  /** When the workers fall asleep. */
  #asleepAt = 0;
  /** Settles when the job that is being done has ended. */
  #turn: Promise<void> | undefined;

  /**
   * @param memory The memory that jobs work on.
   * @param threads Number of threads; as many as are allowed by default.
   */
  constructor(memory: SharedMemory, threads: number = threadCount()) {
    this.#memory = memory;
    this.threads = threads;
  }

  /**
   * Sees to it that the main thread has enough scratch memory for a job.
   *
   * @param bytes Bytes that it needs.
   */
  async reserveScratch(bytes: number): Promise<void> {
    if (bytes <= this.#scratch.bytes) return;
    const size = scratchSize(bytes);
    const address = await this.#memory.allocate(size);
    // Another run may have got more in the meantime.
    const isUseful = size > this.#scratch.bytes;
    this.#memory.free(isUseful ? this.#scratch.address : address);
    if (isUseful) Object.assign(this.#scratch, { address, bytes: size });
  }

  /** Scratch memory of the main thread; ask again after each wait. */
  get scratch(): number {
    return this.#scratch.address;
  }

  /**
   * Does a job. Small ones are done at once.
   *
   * @param job The job; scratch memory for it has been reserved.
   * @param signal Stops it.
   * @returns When it is done; undefined if it is already.
   * @throws {CancelledError} When the signal is aborted; like all errors, at
   * once or later.
   */
  run(job: Job, signal: AbortSignal | undefined): Promise<void> | undefined {
    const nanoseconds = job.items * job.itemNanoseconds * job.module.pace;
    if (nanoseconds < WORTH_SHARING || this.threads === 1) {
      return this.#runAlone(job, signal);
    }
    if (!this.#isStarted && nanoseconds >= WORTH_WAKING) {
      this.#unshared += nanoseconds;
      if (this.#unshared >= WORTH_STARTING) this.#start();
    }
    const shared = this.#shared;
    if (
      shared === undefined || job.items > MOST_ITEMS ||
      (nanoseconds < WORTH_WAKING && performance.now() > this.#asleepAt)
    ) return this.#runAlone(job, signal);
    if (this.#turn !== undefined) return this.#runLater(job, signal);
    const isLeft = job.grain * nanoseconds / job.items >= TOO_LONG;
    if (!this.#publish(shared, job, isLeft)) return this.#runAlone(job, signal);
    if (isLeft) {
      return this.#finish(
        shared,
        job,
        signal,
        this.#watch(shared, job, signal),
      );
    }
    let isTaken = false;
    try {
      isTaken = this.#takeShares(shared, job);
    } catch (error) {
      return this.#finish(shared, job, signal, Promise.reject(error));
    }
    if (isTaken && close(shared)) {
      this.#ended(shared);
      return undefined;
    }
    const before = isTaken ? Promise.resolve() : nextSlice(signal);
    return this.#finish(shared, job, signal, before);
  }

  /** Ends the workers; later jobs are done by the main thread alone. */
  async stop(): Promise<void> {
    await this.#turn;
    this.#isStarted = true;
    this.#shared = undefined;
    await (await this.#workers)?.terminate();
  }

  /** Does a job on this thread. */
  #runAlone(
    job: Job,
    signal: AbortSignal | undefined,
    from = 0,
  ): Promise<void> | undefined {
    const share = shareOf(job, 1);
    const { items, module } = job;
    for (let begin = from; begin < items;) {
      const end = Math.min(begin + share, items);
      module.work(job, begin, end, this.scratch);
      begin = end;
      if (begin < items && sliceIsOver()) {
        return nextSlice(signal).then(() => this.#runAlone(job, signal, begin));
      }
    }
    return undefined;
  }

  /** Does a job after the one that another run is waiting for. */
  async #runLater(job: Job, signal: AbortSignal | undefined): Promise<void> {
    while (this.#turn !== undefined) await this.#turn;
    throwIfAborted(signal);
    await this.run(job, signal);
  }

  #start(): void {
    this.#isStarted = true;
    const control = this.#memory.tryAllocate(4 * CONTROL_WORDS);
    if (control === undefined) return;
    const { buffer, memory } = this.#memory;
    const shared = new Int32Array(buffer, control, CONTROL_WORDS).fill(0);
    this.#shared = shared;
    const giveUp = () => this.#shared = undefined;
    const start = {
      memory,
      control,
      worker: 0,
      words: CONTROL,
      errorLength: ERROR_LENGTH,
      spinMilliseconds: WORKER_SPIN,
    };
    this.#workers = startWorkers(start, this.threads - 1, giveUp);
    this.#workers.catch(giveUp);
  }

  /** Opens a job, of which workers do all or a part; false without memory. */
  #publish(
    shared: Int32Array<SharedArrayBuffer>,
    job: Job,
    isLeft: boolean,
  ): boolean {
    const textAddress = job.module.share();
    if (textAddress === undefined || !this.#shareScratch(job.scratchBytes)) {
      return false;
    }
    const grain = shareOf(job, this.threads);
    shared[CONTROL.end] = job.items;
    shared[CONTROL.grain] = grain;
    shared[CONTROL.module] = job.module.id;
    shared[CONTROL.textAddress] = textAddress;
    shared[CONTROL.textLength] = job.module.bytes.length;
    shared[CONTROL.parameters] = job.parameters;
    shared[CONTROL.scratch] = this.#workerScratch.address;
    shared[CONTROL.scratchBytes] = this.#workerScratch.bytes;
    shared[CONTROL.pages] = this.#memory.bytes.length / 65536;
    shared[CONTROL.errorLength] = 0;
    shared[CONTROL.next] = 0;
    Atomics.store(shared, CONTROL.state, 1);
    Atomics.add(shared, CONTROL.generation, 1);
    const shares = Math.ceil(job.items / grain);
    Atomics.notify(shared, CONTROL.generation, isLeft ? shares : shares - 1);
    return true;
  }

  /** Sees to it that workers have enough scratch memory. No job is open. */
  #shareScratch(bytes: number): boolean {
    if (bytes <= this.#workerScratch.bytes) return true;
    const size = scratchSize(bytes);
    const address = this.#memory.tryAllocate(size * (this.threads - 1));
    if (address === undefined) return false;
    this.#memory.free(this.#workerScratch.address);
    Object.assign(this.#workerScratch, { address, bytes: size });
    return true;
  }

  /** The main thread's part of a job; false when its slice ended before. */
  #takeShares(shared: Int32Array<SharedArrayBuffer>, job: Job): boolean {
    const { items, module } = job;
    const grain = shared[CONTROL.grain]!;
    for (;;) {
      const begin = Atomics.add(shared, CONTROL.next, grain);
      if (begin >= items) return true;
      module.work(job, begin, Math.min(begin + grain, items), this.scratch);
      if (sliceIsOver()) return false;
    }
  }

  /** Goes on with a job that could not be done at once, and ends it. */
  async #finish(
    shared: Int32Array<SharedArrayBuffer>,
    job: Job,
    signal: AbortSignal | undefined,
    before: Promise<void>,
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      try {
        await before;
        while (!this.#takeShares(shared, job)) await nextSlice(signal);
      } finally {
        Atomics.store(shared, CONTROL.next, job.items);
        await this.#allLeft(shared);
      }
      this.#ended(shared);
    } finally {
      this.#turn = undefined;
      resolve();
    }
  }

  /** Notes the end of a job, and throws what a worker threw. */
  #ended(shared: Int32Array<SharedArrayBuffer>): void {
    this.#asleepAt = performance.now() + WORKER_SPIN;
    throwWorkerError(shared);
  }

  /** Waits until the workers have taken all of a job, or have ended. */
  async #watch(
    shared: Int32Array<SharedArrayBuffer>,
    { items }: Job,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    while (
      this.#shared !== undefined && Atomics.load(shared, CONTROL.next) < items
    ) {
      throwIfAborted(signal);
      await new Promise((resolve) => setTimeout(resolve, WATCH));
    }
  }

  /** Waits for the last shares of the workers. */
  async #allLeft(shared: Int32Array<SharedArrayBuffer>): Promise<void> {
    if (close(shared)) return;
    for (;;) {
      const state = Atomics.load(shared, CONTROL.state);
      if (state === 0) return;
      if (this.#shared === undefined) {
        throw new WeftError("Cannot finish the kernel as a thread ended", {
          hint: 'Set WEFT_THREADS to "1" to compute on the main thread only',
        });
      }
      const wait = Atomics.waitAsync(shared, CONTROL.state, state);
      if (wait.async) await orAlarm(wait.value);
    }
  }
}

/** Lets no more workers join; true when none takes part any more. */
function close(shared: Int32Array<SharedArrayBuffer>): boolean {
  Atomics.and(shared, CONTROL.state, ~1);
  if (Atomics.load(shared, CONTROL.state) === 0) return true;
  const until = performance.now() + MAIN_SPIN;
  while (performance.now() < until) {
    for (let look = 0; look < 64; look++) {
      if (Atomics.load(shared, CONTROL.state) === 0) return true;
    }
  }
  return false;
}

/**
 * Waits for a promise, but not for ever. The timer also keeps the process
 * alive, which waiting for a worker does not.
 */
async function orAlarm(promise: Promise<unknown>): Promise<void> {
  const { promise: alarm, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ALARM);
  await Promise.race([promise, alarm]);
  clearTimeout(timer);
}

function throwWorkerError(shared: Int32Array<SharedArrayBuffer>): void {
  const length = shared[CONTROL.errorLength]!;
  if (length === 0) return;
  const codes = shared.subarray(CONTROL.error, CONTROL.error + length);
  throw new Error(String.fromCharCode(...codes));
}

/** Work items that are taken at once: a multiple of the job's grain. */
function shareOf(job: Job, threads: number): number {
  const { grain, itemNanoseconds, items } = job;
  const even = threads === 1 ? items : items / (threads * SHARES);
  const short = SHARE / Math.max(itemNanoseconds * job.module.pace, 0.001);
  return Math.max(1, Math.ceil(Math.min(even, short) / grain)) * grain;
}

function scratchSize(bytes: number): number {
  return Math.max(LEAST_SCRATCH, 2 ** Math.ceil(Math.log2(bytes)));
}
