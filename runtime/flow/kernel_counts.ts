/**
 * How many kernels each node of a run took.
 *
 * @module
 */

import type { KernelRecord } from "../device/device.ts";

/** What the kernels of one node came to. */
export interface KernelCount {
  /** How many kernels ran. */
  readonly kernels: number;
  /** Bytes that they wrote. */
  readonly kernelBytes: number;
}

const NONE: KernelCount = { kernels: 0, kernelBytes: 0 };

/**
 * Counts kernels by the path of ops that their primitives carry: the very list
 * that the body of a node ran under, so that nodes of one op stay apart.
 */
export class KernelCounts {
  readonly #counts = new WeakMap<readonly string[], KernelCount>();
  readonly #milliseconds = new WeakMap<readonly string[], number>();

  /** Counts a kernel that ran, or that was handed to its device. */
  add({ blame, bytes, milliseconds }: KernelRecord): void {
    if (blame === undefined) return;
    this.#milliseconds.set(blame, this.millisecondsOf(blame) + milliseconds);
    const { kernels, kernelBytes } = this.of(blame);
    this.#counts.set(blame, {
      kernels: kernels + 1,
      kernelBytes: kernelBytes + bytes,
    });
  }

  /** What has been counted for a path so far. */
  of(path: readonly string[]): KernelCount {
    return this.#counts.get(path) ?? NONE;
  }

  /**
   * Milliseconds that the kernels of a path took, or should take: a body may
   * have ended before its kernels have.
   */
  millisecondsOf(path: readonly string[]): number {
    return this.#milliseconds.get(path) ?? 0;
  }
}
