/**
 * Buffers that several may use at once: they go back to the pool when their
 * owner has dropped them and the last user is done.
 *
 * @module
 */

import type { BufferPool, DeviceBuffer } from "./pool.ts";

/** A buffer with an owner and users. */
export class SharedBuffer {
  /** The buffer. */
  readonly buffer: DeviceBuffer;
  readonly #pool: BufferPool;
  #users = 0;
  #isDropped = false;

  /**
   * @param pool Where the buffer goes back to.
   * @param buffer The buffer.
   */
  constructor(pool: BufferPool, buffer: DeviceBuffer) {
    this.#pool = pool;
    this.buffer = buffer;
  }

  /** Whether somebody uses it. */
  get isUsed(): boolean {
    return this.#users > 0;
  }

  /** Begins a use. */
  retain(): void {
    this.#users++;
  }

  /** Ends a use. */
  release(): void {
    this.#users--;
    this.#giveBack();
  }

  /**
   * Ends a use by taking the buffer along, where nobody else uses it: the owner
   * has none any more.
   *
   * @returns Whether the buffer belongs to the caller now.
   */
  leave(): boolean {
    this.#users--;
    if (this.#users > 0 || this.#isDropped) {
      this.#giveBack();
      return false;
    }
    this.#isDropped = true;
    return true;
  }

  /** The owner needs it no more. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#isDropped && this.#users === 0) this.#pool.release(this.buffer);
  }
}
