/**
 * One run of a compiled program.
 *
 * @module
 */

import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import type { Batch } from "../../../device/webgpu/commands.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import {
  CommandRecorder,
  type Timing,
} from "../../../device/webgpu/recorder.ts";
import type { RunOptions } from "../../backend.ts";
import type { CompiledProgram } from "./compiled.ts";
import { FailedStep } from "./compile.ts";
import { runOnHost } from "./host_step.ts";
import { tooLongError } from "./too_long.ts";
import { KernelTrace } from "./kernel_trace.ts";
import type { LeafHolder } from "./leaves.ts";
import { type Range, rangeOfBuffer } from "./ranges.ts";
import { type Pause, rangesOfPlaces, type Walk, walkProgram } from "./walk.ts";

/** Runs a program once. */
export class ProgramRun {
  readonly #compiled: CompiledProgram;
  readonly #leaves: LeafHolder;
  readonly #scalars: readonly number[];
  readonly #options: RunOptions;
  readonly #recorder: CommandRecorder;
  readonly #trace: KernelTrace | undefined;

  /**
   * @param compiled The program.
   * @param leaves Its leaves.
   * @param scalars Numbers of its scalars.
   * @param options Signal and trace.
   */
  constructor(
    compiled: CompiledProgram,
    leaves: LeafHolder,
    scalars: readonly number[],
    options: RunOptions,
  ) {
    this.#compiled = compiled;
    this.#leaves = leaves;
    this.#scalars = scalars;
    this.#options = options;
    const { connection, label } = compiled;
    this.#trace = traceOf(options, connection);
    this.#recorder = new CommandRecorder(connection, label, timingOf(options));
  }

  /**
   * Runs the program.
   *
   * @param ranges Where leaves and results lie; holes for all others.
   * @param path Path of the op that wants memory, for errors.
   * @returns The batch of the last commands.
   */
  async execute(
    ranges: Range[],
    path: readonly string[] | undefined,
  ): Promise<Batch> {
    const { connection, plan } = this.#compiled;
    const { signal } = this.#options;
    await connection.pacer.admit(signal);
    await this.#boundTimes();
    const { arenas } = connection;
    const arena = arenas.takeNow(plan.slabs) ??
      await arenas.take(plan.slabs, path);
    const uniform = this.#compiled.take(this.#scalars);
    try {
      const slabs = arena.map((slab, k) => rangeOfBuffer(slab, plan.slabs[k]!));
      const walk = walkProgram(
        {
          connection,
          recorder: this.#recorder,
          uniform,
          onDispatch: this.#trace?.note,
        },
        plan,
        withPlaces(ranges, rangesOfPlaces(plan, slabs)),
        slabs,
      );
      let next = this.#recorder.submit(() => {
        this.#leaves.write(slabs);
        return walk.next();
      });
      while (next.done !== true) next = await this.#resume(walk, next.value);
    } finally {
      this.#trace?.close();
      this.#options.lateKernels?.owedBy(connection.timer);
      // What is recorded from now on runs after this program.
      this.#compiled.give(uniform, this.#recorder.batch);
      arenas.give(arena);
    }
    await this.#recorder.check();
    await this.#waitForTimes();
    return this.#recorder.batch;
  }

  async #resume(
    walk: Walk,
    pause: Pause,
  ): Promise<IteratorResult<Pause, void>> {
    const { connection } = this.#compiled;
    const { signal } = this.#options;
    await this.#recorder.check();
    if (pause.kind === "host") await this.#runOnHost(pause);
    // A submit may have blocked until the one before it was done.
    if (sliceIsOver()) await nextSlice(signal);
    await connection.pacer.admit(signal);
    await this.#boundTimes();
    return this.#recorder.submit(() => walk.next());
  }

  async #runOnHost(
    { inputs, outputs, plan }: Extract<Pause, { kind: "host" }>,
  ): Promise<void> {
    const { connection } = this.#compiled;
    const { signal } = this.#options;
    const scalars = plan.scalars.map((scalar) => this.#scalars[scalar]!);
    const start = performance.now();
    try {
      await runOnHost({
        connection,
        step: plan.step,
        inputs,
        outputs,
        scalars,
        signal,
      });
    } catch (error) {
      const { name, tooLong } = plan;
      const reason = tooLong === undefined
        ? error
        : tooLongError(connection.capabilities, name, tooLong, error);
      throw new FailedStep(plan, reason);
    }
    this.#trace?.add(plan, performance.now() - start);
  }

  /** Lets no more times than so many wait to be told. */
  async #boundTimes(): Promise<void> {
    const { timer } = this.#compiled.connection;
    if (timer.isFull) await timer.settle();
  }

  /** Who wants to know of each kernel at once has to wait for its time. */
  async #waitForTimes(): Promise<void> {
    const { lateKernels, onKernel, signal } = this.#options;
    const { commands, pacer, timer } = this.#compiled.connection;
    if (lateKernels !== undefined || onKernel === undefined) return;
    commands.flush();
    await pacer.settle(signal);
    await timer.settle();
  }
}

/** What is told of the kernels of a run, and to whom. */
function traceOf(
  { blame, lateKernels, onKernel }: RunOptions,
  { pacer }: WebGpuConnection,
): KernelTrace | undefined {
  if (lateKernels !== undefined) {
    return new KernelTrace(lateKernels, blame, pacer);
  }
  if (onKernel === undefined) return undefined;
  return new KernelTrace({ begun: () => {}, ended: onKernel }, blame, pacer);
}

function timingOf({ lateKernels, onKernel }: RunOptions): Timing {
  if (lateKernels !== undefined) {
    return lateKernels.isDetailed ? "each" : "shared";
  }
  return onKernel === undefined ? "none" : "each";
}

/** Ranges whose holes are filled with others. */
function withPlaces(
  ranges: readonly Range[],
  places: readonly Range[],
): readonly Range[] {
  const filled = [...places];
  // Leaves that lie elsewhere do not use the places that are kept for them.
  ranges.forEach((range, buffer) => filled[buffer] = range);
  return filled;
}
