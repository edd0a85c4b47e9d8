/**
 * A terminal for tests.
 *
 * @module
 */

import type { Terminal } from "./terminal.ts";

/** A terminal that remembers what was written. */
export class TestTerminal implements Terminal {
  /** What went to standard output. */
  output = "";
  /** Lines that went to standard error. */
  readonly notes: string[] = [];
  readonly isInputTerminal = false;
  readonly isOutputTerminal = false;
  readonly #listeners = new Set<() => void>();
  readonly #pieces: readonly (string | (() => void))[];

  /**
   * @param pieces What comes in; functions are called when their turn comes.
   */
  constructor(pieces: readonly (string | (() => void))[] = []) {
    this.#pieces = pieces;
  }

  /** Pieces, as somebody would type them. */
  get input(): AsyncIterable<string> {
    return this.#typed();
  }

  async *#typed(): AsyncGenerator<string> {
    for (const piece of this.#pieces) {
      // Whoever reads first waits for what comes.
      await Promise.resolve();
      if (typeof piece === "string") yield piece;
      else piece();
    }
  }

  write(text: string): void {
    this.output += text;
    this.onWrite?.(text);
  }

  /** Called after each piece of output. */
  onWrite: ((text: string) => void) | undefined;

  note(line: string): void {
    this.notes.push(line);
  }

  onInterrupt(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** How many wait for an interrupt. */
  get listeners(): number {
    return this.#listeners.size;
  }
}
