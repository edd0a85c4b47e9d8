/**
 * Values that hold for some code and what it awaits, and for nothing after it.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";

interface Scope<T> {
  readonly value: T;
  readonly outer: Scope<T> | undefined;
  isOver: boolean;
}

/**
 * A value that follows asynchronous code. A scope ends when its body has
 * settled, even for code that the engine still runs in its context: a notebook
 * kernel runs cells in the context of whatever imported a module last.
 */
export class ScopedValue<T> {
  readonly #storage = new AsyncLocalStorage<Scope<T>>();

  /**
   * Runs code for which a value holds.
   *
   * @param value The value.
   * @param body The code, synchronous or not.
   * @returns What it returns.
   */
  run<R>(value: T, body: () => R): R {
    const scope = { value, outer: this.#innermost(), isOver: false };
    const end = () => {
      scope.isOver = true;
    };
    let result: R;
    try {
      result = this.#storage.run(scope, body);
    } catch (error) {
      end();
      throw error;
    }
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  }

  /** The value of the innermost scope that is not over. */
  get current(): T | undefined {
    return this.#innermost()?.value;
  }

  #innermost(): Scope<T> | undefined {
    let scope = this.#storage.getStore();
    while (scope?.isOver) scope = scope.outer;
    return scope;
  }
}
