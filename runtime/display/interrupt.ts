/**
 * Ctrl-C and the Stop button of a notebook: both abort the runs that are going
 * on, and nothing else.
 *
 * @module
 */

import { CancelledError } from "../core/errors.ts";
import type { WatchedRun } from "../core/runs.ts";

/** How the process hears of an interrupt; tests give their own. */
export interface SignalSource {
  /** Starts to call a function on each interrupt. */
  add(listener: () => void): void;
  /** Stops calling it. */
  remove(listener: () => void): void;
  /** Ends the process. */
  exit(code: number): void;
}

const SIGNALS: SignalSource = {
  add: (listener) => Deno.addSignalListener("SIGINT", listener),
  remove: (listener) => Deno.removeSignalListener("SIGINT", listener),
  exit: (code) => Deno.exit(code),
};

/** The exit code of a process that was ended by an interrupt. */
const INTERRUPTED = 130;

/** Aborts runs on an interrupt. */
export class InterruptGuard {
  readonly #live = new Set<WatchedRun>();
  readonly #keeps: boolean;
  readonly #signals: SignalSource;
  #isListening = false;
  #wasInterrupted = false;

  /**
   * @param options `keeps`: listens from the first run on for ever, as a
   * notebook must, whose kernel an interrupt that nobody hears would kill. A
   * command line listens only while runs go on, and a second interrupt ends it.
   */
  constructor(
    options: { readonly keeps: boolean; readonly signals?: SignalSource },
  ) {
    this.#keeps = options.keeps;
    this.#signals = options.signals ?? SIGNALS;
  }

  readonly #onInterrupt = (): void => {
    if (this.#wasInterrupted && !this.#keeps) {
      this.#signals.exit(INTERRUPTED);
      return;
    }
    this.#wasInterrupted = this.#live.size > 0;
    for (const run of [...this.#live]) {
      run.cancel(new CancelledError("Cannot finish the run as it was stopped"));
    }
  };

  /**
   * Watches over a run until it ends.
   *
   * @param run The run.
   */
  watch(run: WatchedRun): void {
    this.#live.add(run);
    if (!this.#isListening) {
      this.#signals.add(this.#onInterrupt);
      this.#isListening = true;
    }
    run.events.subscribe((event) => {
      if (event.type !== "run-end") return;
      this.#live.delete(run);
      if (this.#live.size > 0) return;
      this.#wasInterrupted = false;
      if (this.#keeps) return;
      this.#signals.remove(this.#onInterrupt);
      this.#isListening = false;
    });
  }
}
