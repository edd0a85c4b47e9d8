/**
 * Breaks off transfers that bring nothing any more.
 *
 * @module
 */

/** A failure that another attempt may mend. */
export class Interruption extends Error {}

/** Breaks off what brings nothing for too long. */
export class StallWatch {
  readonly #ms: number;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  /**
   * Begins to watch.
   *
   * @param ms How long nothing may come.
   */
  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = this.#start();
  }

  /** Is aborted when nothing came for too long, or from outside. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came. */
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  /**
   * Waits for work, and passes on what aborts it from outside.
   *
   * @param work The work, which hears the signal of this watch.
   * @param outer Aborts from outside.
   * @returns What the work gives.
   */
  async during<T>(
    work: Promise<T>,
    outer: AbortSignal | undefined,
  ): Promise<T> {
    const abort = () => this.#controller.abort(outer?.reason);
    if (outer?.aborted) abort();
    outer?.addEventListener("abort", abort);
    try {
      return await work;
    } finally {
      outer?.removeEventListener("abort", abort);
    }
  }

  /** Ends the watch. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#controller.abort(
        new Interruption(`nothing came for ${this.#ms} ms`),
      );
    }, this.#ms);
  }
}
