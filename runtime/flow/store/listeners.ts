/**
 * Who wants to know what happens to a store.
 *
 * @module
 */

import type { StoreEvent } from "./store.ts";

/** A set of listeners. */
export class Listeners {
  readonly #listeners = new Set<(event: StoreEvent) => void>();

  /**
   * Adds a listener.
   *
   * @param listener Called at every event.
   * @returns Removes it.
   */
  add(listener: (event: StoreEvent) => void): () => void {
    // A box, so that one function may listen twice
    const box = (event: StoreEvent) => listener(event);
    this.#listeners.add(box);
    return () => {
      this.#listeners.delete(box);
    };
  }

  /**
   * Tells every listener; what one throws does not keep a store from its work.
   *
   * @param event What happened.
   */
  emit(event: StoreEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        // A listener shows things to people: its failure is not the store's
      }
    }
  }
}
