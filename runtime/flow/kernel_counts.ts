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

  /** Counts a kernel that ran. */
  add({ blame, bytes }: KernelRecord): void {
    if (blame === undefined) return;
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
}
