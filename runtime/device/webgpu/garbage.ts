/**
 * Makes the garbage collector find dropped memory that it does not see. Data on
 * the GPU look to it like a few bytes, so that it would let them pile up.
 *
 * @module
 */

import { nextTurn } from "../clock.ts";

/** Bytes that may be handed out before it is worth while to collect. */
const PATIENCE = 1024 * 2 ** 20;
/** The same, as a part of the memory that may be held. */
const PART = 1 / 16;
/**
 * Length of an array that is made and dropped. The collector counts it as
 * garbage; its pages are never touched, so it costs no memory.
 */
const BALLAST = 256 * 2 ** 20;
/** Arrays after which the collector has run in any case. */
const MAX_ARRAYS = 8;

/** Knows when dropped memory should be looked for. */
export class GarbageWatch {
  readonly #patience: number;
  #handedOut = 0;

  /**
   * @param budgetBytes Bytes that may be held in all.
   */
  constructor(budgetBytes: number) {
    this.#patience = Math.min(PATIENCE, PART * budgetBytes);
  }

  /**
   * Notes that memory was handed out.
   *
   * @param bytes How much.
   */
  note(bytes: number): void {
    this.#handedOut += bytes;
  }

  /**
   * Whether so much was handed out since the last look that some of it may have
   * been dropped.
   *
   * @param heldBytes How much is held, as far as is known.
   * @returns True when a look is worth while.
   */
  isDue(heldBytes: number): boolean {
    return this.#handedOut >= Math.max(this.#patience, heldBytes / 4);
  }

  /** Lets the collector run, and what it found be given back. */
  async collect(): Promise<void> {
    this.#handedOut = 0;
    let isDone = false;
    const registry = new FinalizationRegistry<undefined>(() => isDone = true);
    registry.register({}, undefined);
    for (let k = 0; k < MAX_ARRAYS && !isDone; k++) {
      new ArrayBuffer(BALLAST);
      // Finalizers are called when the event loop turns.
      await nextTurn();
    }
  }
}
