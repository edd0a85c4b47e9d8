/**
 * What a device must be able to do, and how an execution is steered.
 *
 * @module
 */

import type { DType } from "./dtypes.ts";
import type { GraphNode, Storage } from "./graph.ts";

/** One kernel that ran, as the trace shows it. */
export interface KernelRecord {
  /** What it computed, for example `sum(multiply)`. */
  readonly name: string;
  /** Name of the device. */
  readonly device: string;
  /** Path of the op that it is charged to. */
  readonly blame: readonly string[] | undefined;
  /** Milliseconds it took. */
  readonly milliseconds: number;
  /** Bytes it wrote. */
  readonly bytes: number;
  /**
   * When it ended, on the clock of `performance.now()`; absent where it has
   * ended just now.
   */
  readonly endedAt?: number;
}

/** Knows times of kernels that were not told yet. */
export interface KernelClock {
  /** Waits until all of them are told. */
  settle(): Promise<void>;
}

/**
 * Takes the times of kernels whenever they are known, so that no execution waits
 * for them.
 */
export interface LateKernels {
  /**
   * Whether each kernel is timed by itself, which takes longer; else those of a
   * program share its time by estimates.
   */
  readonly isDetailed: boolean;
  /**
   * Called when a kernel was handed to its device.
   *
   * @param kernel The kernel, with the time that it should take.
   */
  begun(kernel: KernelRecord): void;
  /**
   * Called when its time is known.
   *
   * @param kernel The kernel.
   */
  ended(kernel: KernelRecord): void;
  /**
   * Is told who knows times that are not told yet.
   *
   * @param clock Who does.
   */
  owedBy(clock: KernelClock): void;
}

/** How an execution is steered. */
export interface ExecutionOptions {
  /** Stops the execution; it then rejects with a `CancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Finds the first primitive that gives NaN or infinity from finite inputs
   * and rejects with a `NumericalError` that blames its op. Slow: one kernel
   * a primitive.
   */
  readonly checkFinite?: boolean | undefined;
  /**
   * Whether sums of products of f16 numbers (of `matmul` and the like) may be
   * computed in f16 over a part of each sum, which some GPUs do twice as fast:
   * results then differ in their last digits, and parts beyond 65504 become
   * infinite. Not by default: such sums are f32 and rounded at the end. Devices
   * without f16 arithmetic ignore it.
   */
  readonly halfSums?: boolean | undefined;
  /** Called after each kernel; executions wait for their times. */
  readonly onKernel?: ((record: KernelRecord) => void) | undefined;
  /**
   * Takes kernels in place of `onKernel` where a device would have to wait for
   * their times.
   */
  readonly lateKernels?: LateKernels | undefined;
}

/** Something that executes tensor graphs. */
export interface Device {
  /** The name it is chosen by. */
  readonly name: string;
  /**
   * Whether it computes in a dtype.
   *
   * @param dtype The dtype.
   * @returns True when it does.
   */
  supports(dtype: DType): boolean;
  /**
   * Computes nodes. The event loop is never blocked for long. Nodes are not
   * changed; storing the result in them is up to the caller.
   *
   * @param roots What to compute; may hold `output` nodes and data.
   * @param options Signal, checks and trace.
   * @returns Their data, in the order of `roots`.
   * @throws {CancelledError} When the signal was aborted.
   * @throws {NumericalError} What a routine met, or `checkFinite` found.
   */
  execute(
    roots: readonly GraphNode[],
    options: ExecutionOptions,
  ): Promise<Storage[]>;
}
