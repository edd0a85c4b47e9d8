/**
 * The Stop button of a notebook, for tensors that are read outside of a run.
 * Runs have signals of their own.
 *
 * @module
 */

import { jupyterOfDeno } from "../core/notebook.ts";

/** Aborts what is being computed at each interrupt. */
export class StopButton {
  readonly #live = new Set<AbortController>();
  readonly #listen: (listener: () => void) => void;
  #isListening = false;

  /**
   * @param listen Calls a function at each interrupt from then on.
   */
  constructor(listen: (listener: () => void) => void) {
    this.#listen = listen;
  }

  /**
   * Computes under a signal that an interrupt aborts. From the first call on
   * interrupts are heard for ever: one that nobody hears would end the kernel,
   * with all variables.
   *
   * @param body Computes.
   * @returns What it returns.
   */
  async during<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!this.#isListening) {
      this.#listen(() => this.#press());
      this.#isListening = true;
    }
    const controller = new AbortController();
    this.#live.add(controller);
    try {
      return await body(controller.signal);
    } finally {
      this.#live.delete(controller);
    }
  }

  #press(): void {
    for (const controller of this.#live) controller.abort("an interrupt");
  }
}

/** The button of the notebook around the code; undefined outside of one. */
export const stopButton: StopButton | undefined = jupyterOfDeno() === undefined
  ? undefined
  : new StopButton((listener) => Deno.addSignalListener("SIGINT", listener));
