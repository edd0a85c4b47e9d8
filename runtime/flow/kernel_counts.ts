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

/** What was counted for one path so far. */
interface Tally {
  kernels: number;
  kernelBytes: number;
  milliseconds: number;
}

/**
 * Counts kernels by the path of ops that their primitives carry: the very list
 * that the body of a node ran under, so that nodes of one op stay apart.
 */
export class KernelCounts {
  readonly #tallies = new WeakMap<readonly string[], Tally>();

  /** Counts a kernel that ran, or that was handed to its device. */
  add({ blame, bytes, milliseconds }: KernelRecord): void {
    if (blame === undefined) return;
    let tally = this.#tallies.get(blame);
    if (tally === undefined) {
      tally = { kernels: 0, kernelBytes: 0, milliseconds: 0 };
      this.#tallies.set(blame, tally);
    }
    tally.kernels++;
    tally.kernelBytes += bytes;
    tally.milliseconds += milliseconds;
  }

  /** What has been counted for a path so far. */
  of(path: readonly string[]): KernelCount {
    const { kernelBytes = 0, kernels = 0 } = this.#tallies.get(path) ?? {};
    return { kernels, kernelBytes };
  }

  /**
   * Milliseconds that the kernels of a path took, or should take: a body may
   * have ended before its kernels have.
   */
  millisecondsOf(path: readonly string[]): number {
    return this.#tallies.get(path)?.milliseconds ?? 0;
  }
}
