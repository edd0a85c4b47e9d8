/**
 * From the `store` option of a run to a store.
 *
 * @module
 */

import { memoryStore } from "./store/memory_store.ts";
import { openStore } from "./store/open_store.ts";
import type { Store } from "./store/store.ts";

let sharedMemory: Store | undefined;

/**
 * The store that an option means.
 *
 * @param option A store, a path, `"memory"` or `"none"`; the shared memory of
 * this process by default.
 * @returns The store.
 */
export function storeOf(option: Store | string | undefined): Store {
  if (option === undefined || option === "memory") {
    return sharedMemory ??= memoryStore();
  }
  return typeof option === "string" ? openStore(option) : option;
}
