/**
 * Works off many small steps without holding the event loop up, so that
 * signals, timers and progress bars get their turn.
 *
 * @module
 */

import { pause } from "../core/abort.ts";

/** Longest time without a turn of the event loop, in milliseconds. */
const SLICE_MS = 20;

/** Work that consists of small steps and of waiting for promises. */
export class Turns {
  readonly #step: () => boolean;
  readonly #done = Promise.withResolvers<void>();
  #outstanding = 0;
  #isPumping = false;
  #isOver = false;

  /** @param step Does one step; returns false when there is none to do. */
  constructor(step: () => boolean) {
    this.#step = step;
  }

  /** Settles when there is nothing to do and nothing to wait for. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Whether the work has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Does steps until none is left, or until the event loop needs a turn. */
  pump(): void {
    if (this.#isPumping || this.#isOver) return;
    this.#isPumping = true;
    const began = performance.now();
    while (this.#step()) {
      if (performance.now() - began <= SLICE_MS) continue;
      this.#isPumping = false;
      setTimeout(() => this.pump());
      return;
    }
    this.#isPumping = false;
    if (this.#outstanding === 0) this.end();
  }

  /**
   * Waits for a promise; the work does not end before it is settled.
   *
   * @param promise What to wait for.
   * @param next Called with its value.
   * @param fail Called with what it was rejected with.
   */
  wait<T>(
    promise: Promise<T>,
    next: (value: T) => void,
    fail: (error: unknown) => void,
  ): void {
    this.#outstanding++;
    promise.then(
      (value) => {
        this.#outstanding--;
        next(value);
        this.pump();
      },
      (error) => {
        this.#outstanding--;
        fail(error);
        this.pump();
      },
    );
  }

  /** Ends the work; what is still awaited changes nothing any more. */
  end(): void {
    this.#isOver = true;
    this.#done.resolve();
  }

  /**
   * Waits for what is still awaited, but not for long.
   *
   * @param ms Longest wait, in milliseconds.
   */
  async settle(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (this.#outstanding > 0 && performance.now() < until) await pause(5);
  }
}
