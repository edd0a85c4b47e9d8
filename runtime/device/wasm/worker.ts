/**
 * What a worker does. The text of the function is what the worker is started
 * with, as a file of its own could not be found when the package is imported
 * from a URL; so it must not use anything from outside.
 *
 * @module
 */

import type { WorkerStart } from "./control.ts";

/**
 * Takes part in jobs, for ever.
 *
 * @param start What the worker needs to know.
 */
export function workForEver(start: WorkerStart): void {
  const { control, errorLength, memory, spinMilliseconds, words, worker } =
    start;
  const mostInstances = 1024;
  const looksPerClock = 32;
  // Stays valid when the memory grows.
  const shared = new Int32Array(
    memory.buffer,
    control,
    words.error + errorLength,
  );
  const instances = new Map<number, CallableFunction>();
  let pages = 0;

  const join = (): boolean => {
    let state = Atomics.load(shared, words.state);
    while ((state & 1) === 1) {
      const seen = Atomics.compareExchange(
        shared,
        words.state,
        state,
        state + 2,
      );
      if (seen === state) return true;
      state = seen;
    }
    return false;
  };

  const leave = (): void => {
    if (Atomics.sub(shared, words.state, 2) === 2) {
      Atomics.notify(shared, words.state);
    }
  };

  const functionOf = (id: number): CallableFunction => {
    const known = instances.get(id);
    if (known !== undefined) return known;
    const address = shared[words.textAddress]! >>> 0;
    const length = shared[words.textLength]!;
    const text = new Uint8Array(memory.buffer, address, length).slice();
    const module = new WebAssembly.Module(text);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    const run = instance.exports["run"] as CallableFunction;
    if (instances.size >= mostInstances) instances.clear();
    instances.set(id, run);
    return run;
  };

  const work = (): void => {
    if (pages !== shared[words.pages]) {
      // Shows this thread that the memory has grown.
      memory.grow(0);
      pages = shared[words.pages]!;
    }
    const run = functionOf(shared[words.module]!);
    const parameters = shared[words.parameters]!;
    const end = shared[words.end]!;
    const grain = shared[words.grain]!;
    const scratch = (shared[words.scratch]! >>> 0) +
      worker * shared[words.scratchBytes]!;
    for (;;) {
      const begin = Atomics.add(shared, words.next, grain);
      if (begin >= end) return;
      run(parameters, begin, Math.min(begin + grain, end), scratch);
    }
  };

  const fail = (error: unknown): void => {
    Atomics.store(shared, words.next, shared[words.end]!);
    const text = String(error).slice(0, errorLength);
    const first = Atomics.compareExchange(
      shared,
      words.errorLength,
      0,
      text.length,
    );
    if (first !== 0) return;
    for (let k = 0; k < text.length; k++) {
      shared[words.error + k] = text.charCodeAt(k);
    }
  };

  for (;;) {
    const generation = Atomics.load(shared, words.generation);
    if (join()) {
      try {
        work();
      } catch (error) {
        fail(error);
      }
      leave();
    }
    const until = performance.now() + spinMilliseconds;
    let looks = 0;
    while (Atomics.load(shared, words.generation) === generation) {
      if (++looks % looksPerClock === 0 && performance.now() > until) {
        Atomics.wait(shared, words.generation, generation);
      }
    }
  }
}
