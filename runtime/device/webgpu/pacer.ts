/**
 * How much work is handed to the GPU at once. Every wait for the GPU blocks the
 * event loop, so the pacer lets only about 100 ms of work lie ahead of it, passes
 * the time until that is done with timers, and looks now and then how long the
 * work really took, so that the estimates come true.
 *
 * @module
 */

import { throwIfAborted } from "../clock.ts";

/** Milliseconds of work that may lie ahead when more is submitted. */
const MAX_BACKLOG = 100;
/** Milliseconds of work that are worth a timer rather than a short block. */
const WORTH_SLEEPING = 4;
/** Part of the work whose end is waited for rather than slept through. */
const WATCHED = 0.3;
/** Timers know whole milliseconds only. */
const SHORTEST_NAP = 1;
/** Longest nap, so that an abort is noticed soon. */
const LONGEST_NAP = 50;
/** Milliseconds of work after which the estimates are checked. */
const FIRST_CHECK = 15;
const LAST_CHECK = 500;
/** Work below this many milliseconds says little about the estimates. */
const SMALLEST_SAMPLE = 3;
/** Milliseconds that each sample takes beside the work itself. */
const SLACK = 1;

/** What a pacer needs of the world. */
export interface PacerWorld {
  /** Milliseconds now. */
  now(): number;
  /** Lets time pass. */
  sleep(milliseconds: number): Promise<void>;
  /** Submits what is only recorded so far. */
  submit(): void;
  /** Blocks until the GPU is idle. */
  wait(): Promise<void>;
}

/** Keeps the amount of submitted work bounded. */
export class Pacer {
  readonly #world: PacerWorld;
  /** Milliseconds that a millisecond of estimate takes. */
  #factor = 1;
  /** When all submitted work should be done. */
  #done = 0;
  /** Estimates, uncorrected, since the GPU was last seen idle. */
  #unchecked = 0;
  /** When the first of that work was submitted. */
  #since = 0;
  /** Milliseconds in which the GPU should have been idle since then. */
  #idle = 0;
  #checkAfter = FIRST_CHECK;

  /**
   * @param world Clock, timers and the GPU.
   */
  constructor(world: PacerWorld) {
    this.#world = world;
  }

  /** Milliseconds of work that should lie ahead of the GPU. */
  get backlog(): number {
    return Math.max(0, this.#done - this.#world.now());
  }

  /**
   * Corrects an estimate by what was measured so far.
   *
   * @param estimate Milliseconds.
   * @returns Milliseconds.
   */
  corrected(estimate: number): number {
    return estimate * this.#factor;
  }

  /**
   * Notes that work was submitted.
   *
   * @param estimate How many milliseconds it should take, uncorrected.
   * @param now When; a submit may block while other work is under way.
   */
  submitted(estimate: number, now: number = this.#world.now()): void {
    if (this.#unchecked === 0) {
      this.#since = now;
      this.#idle = 0;
    } else this.#idle += Math.max(0, now - this.#done);
    this.#unchecked += estimate;
    this.#done = Math.max(now, this.#done) + this.corrected(estimate);
  }

  /**
   * Waits until more work may be submitted.
   *
   * @param signal Ends the wait.
   * @throws {CancelledError} When the signal is aborted.
   */
  async admit(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    while (this.backlog > MAX_BACKLOG) {
      await this.#nap(this.backlog - MAX_BACKLOG / 2, signal);
    }
    if (this.corrected(this.#unchecked) > this.#checkAfter) {
      await this.finish(signal);
    }
  }

  /**
   * Lets time pass until most work should be done, so that a wait that follows
   * does not block for long, but is long enough to learn from.
   *
   * @param signal Ends the wait.
   * @throws {CancelledError} When the signal is aborted.
   */
  async settle(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    const rest = Math.max(WORTH_SLEEPING, WATCHED * this.backlog);
    while (this.backlog > rest) await this.#nap(this.backlog - rest, signal);
  }

  /**
   * Waits until the GPU is idle, and corrects the estimates.
   *
   * @param signal Ends the wait.
   * @throws {CancelledError} When the signal is aborted.
   */
  async finish(signal: AbortSignal | undefined): Promise<void> {
    this.#world.submit();
    await this.settle(signal);
    // Others may have gone on while this one slept.
    this.#world.submit();
    await this.observe(() => this.#world.wait());
  }

  /**
   * Does something that ends when the GPU is idle, and corrects the estimates
   * by the time it took.
   *
   * @param wait Waits for all that was submitted so far.
   * @returns What `wait` gives.
   */
  async observe<T>(wait: () => Promise<T>): Promise<T> {
    const before = this.#world.now();
    const unchecked = this.#unchecked;
    const since = this.#since;
    const idle = this.#idle;
    this.#unchecked = 0;
    const result = await wait();
    const now = this.#world.now();
    const measured = now - since - idle;
    const sample = Math.max(measured, this.corrected(unchecked));
    if (unchecked > 0 && sample > SMALLEST_SAMPLE) {
      // When the GPU was done already, nobody knows since when.
      const blocked = now - before > 0.5;
      const ratio = (measured + SLACK) / (unchecked + SLACK);
      this.#learn(blocked ? ratio : ratio / 2, unchecked);
      this.#checkAfter = Math.min(2 * this.#checkAfter, LAST_CHECK);
    }
    this.#done = now;
    return result;
  }

  /**
   * Corrects the estimates. What is slower than they say may have been compiled
   * first, so it is believed bit by bit, and less where it was little work.
   */
  #learn(ratio: number, estimate: number): void {
    const growth = estimate < SMALLEST_SAMPLE ? 1.3 : 4;
    const low = this.#factor / 8;
    const high = this.#factor * growth;
    this.#factor = Math.min(Math.max(ratio, low), high);
  }

  async #nap(
    milliseconds: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const nap = Math.min(Math.max(milliseconds, SHORTEST_NAP), LONGEST_NAP);
    await this.#world.sleep(nap);
    throwIfAborted(signal);
  }
}
