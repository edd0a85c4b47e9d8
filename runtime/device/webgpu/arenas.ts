/**
 * Arenas: memory of temporaries, shared by all programs. The GPU works in order,
 * so programs that are submitted one after another may use the same arena; only
 * those that wait in their midst keep one for themselves.
 *
 * @module
 */

import type { BufferPool, DeviceBuffer } from "./pool.ts";

/** Bytes of arenas that are kept although nobody uses them. */
const IDLE_BYTES = 1024 * 2 ** 20;

/** Arenas of one device; an arena is a list of buffers, its slabs. */
export class ArenaPool {
  readonly #pool: BufferPool;
  #idle: DeviceBuffer[] = [];

  /**
   * @param pool Where memory comes from.
   */
  constructor(pool: BufferPool) {
    this.#pool = pool;
    pool.onShortage(() => this.#trim(0));
  }

  /**
   * Takes an arena that is there already.
   *
   * @param slabs Bytes of each slab.
   * @returns The slabs; undefined where memory has to be allocated.
   */
  takeNow(slabs: readonly number[]): DeviceBuffer[] | undefined {
    const taken: DeviceBuffer[] = [];
    for (const bytes of slabs) {
      const slab = this.#takeIdle(bytes);
      if (slab === undefined) {
        this.give(taken);
        return undefined;
      }
      taken.push(slab);
    }
    return taken;
  }

  /**
   * Takes an arena.
   *
   * @param slabs Bytes of each slab.
   * @param path Path of the op that wants it, for errors.
   * @returns The slabs, at least as long.
   */
  async take(
    slabs: readonly number[],
    path: readonly string[] | undefined,
  ): Promise<DeviceBuffer[]> {
    const taken = slabs.map((bytes) => this.#takeIdle(bytes));
    const missing = slabs.filter((_, k) => taken[k] === undefined);
    const made: DeviceBuffer[] = [];
    if (missing.length > 0) {
      // Slabs that are too short would only lie about.
      this.#trim(0);
      try {
        made.push(...await this.#pool.allocate(missing, path));
      } catch (error) {
        this.give(taken.filter((slab) => slab !== undefined));
        throw error;
      }
    }
    return taken.map((slab) => slab ?? made.shift()!);
  }

  /**
   * Gives an arena back.
   *
   * @param slabs The slabs.
   */
  give(slabs: readonly DeviceBuffer[]): void {
    this.#idle.push(...slabs);
    this.#idle.sort((a, b) => b.byteLength - a.byteLength || a.id - b.id);
    this.#trim(IDLE_BYTES);
  }

  /** The longest idle slab, so that programs meet the same one each time. */
  #takeIdle(bytes: number): DeviceBuffer | undefined {
    const longest = this.#idle[0];
    if (longest === undefined || longest.byteLength < bytes) return undefined;
    this.#idle.shift();
    return longest;
  }

  /** Keeps the longest slab and some more. */
  #trim(bytes: number): void {
    let kept = 0;
    this.#idle = this.#idle.filter((slab, k) => {
      kept += slab.byteLength;
      if (kept <= bytes || (k === 0 && bytes > 0)) return true;
      this.#pool.destroy(slab);
      return false;
    });
  }
}
