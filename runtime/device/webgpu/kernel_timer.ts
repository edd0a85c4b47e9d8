/**
 * Times of single dispatches: by timestamps where the adapter has them, else the
 * time of a submit is shared out by the estimates.
 *
 * @module
 */

import type { WebGpuConnection } from "./connection.ts";

/** Dispatches of a submit at most; a query set has 4096 entries. */
const CAPACITY = 2048;
/** Bytes of one timestamp. */
const STAMP_BYTES = 8;

/** Times dispatches, each in a pass of its own. */
export class KernelTimer {
  /** Dispatches of a submit at most. */
  readonly capacity: number = CAPACITY;
  readonly #connection: WebGpuConnection;
  readonly #queries: GPUQuerySet | undefined;
  readonly #resolved: GPUBuffer | undefined;
  #estimates: number[] = [];
  #start = 0;

  /**
   * @param connection Where the dispatches run.
   */
  constructor(connection: WebGpuConnection) {
    this.#connection = connection;
    if (!connection.capabilities.hasTimestamps) return;
    const { device } = connection;
    this.#queries = device.createQuerySet({
      label: "weft times",
      type: "timestamp",
      count: 2 * CAPACITY,
    });
    this.#resolved = device.createBuffer({
      label: "weft times",
      size: 2 * CAPACITY * STAMP_BYTES,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
  }

  /**
   * What the pass of the next dispatch needs.
   *
   * @returns A part of its descriptor.
   */
  writes(): Pick<GPUComputePassDescriptor, "timestampWrites"> {
    const at = 2 * this.#estimates.length;
    if (at === 0) this.#start = performance.now();
    if (this.#queries === undefined) return {};
    return {
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: at,
        endOfPassWriteIndex: at + 1,
      },
    };
  }

  /**
   * Notes a dispatch.
   *
   * @param estimate Milliseconds that it should take.
   */
  note(estimate: number): void {
    this.#estimates.push(estimate);
  }

  /**
   * Records what brings the timestamps of a submit to where they can be read.
   *
   * @param encoder The encoder of the submit.
   */
  resolve(encoder: GPUCommandEncoder): void {
    if (this.#queries === undefined) return;
    const count = 2 * this.#estimates.length;
    encoder.resolveQuerySet(this.#queries, 0, count, this.#resolved!, 0);
  }

  /**
   * Milliseconds of each dispatch of the last submit; waits for the GPU.
   *
   * @param signal Ends the wait.
   * @returns The times, in order.
   */
  async times(signal: AbortSignal | undefined): Promise<number[]> {
    const estimates = this.#estimates;
    this.#estimates = [];
    if (estimates.length === 0) return [];
    const { pacer, reader } = this.#connection;
    await pacer.finish(signal);
    if (this.#queries === undefined) {
      return shareOut(performance.now() - this.#start, estimates);
    }
    const stamps = new BigUint64Array(2 * estimates.length);
    await reader.read(this.#resolved!, new Uint8Array(stamps.buffer));
    return estimates.map((_, k) =>
      // The clock of the GPU may be set back between two stamps.
      Math.max(0, Number(stamps[2 * k + 1]! - stamps[2 * k]!)) / 1e6
    );
  }

  /** Gives the memory back. */
  destroy(): void {
    this.#queries?.destroy();
    this.#resolved?.destroy();
  }
}

/**
 * Shares a time out.
 *
 * @param milliseconds The time.
 * @param estimates How much each should have of it.
 * @returns The shares.
 */
export function shareOut(
  milliseconds: number,
  estimates: readonly number[],
): number[] {
  const total = estimates.reduce((sum, one) => sum + one, 0);
  return estimates.map((one) => milliseconds * one / total);
}
