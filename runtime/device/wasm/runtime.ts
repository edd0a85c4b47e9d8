/**
 * What all programs on the `wasm` device share: memory, modules and threads.
 *
 * @module
 */

import { SharedMemory } from "./memory.ts";
import { ModuleCache } from "./module.ts";
import { ThreadPool } from "./pool.ts";
import { Uploads } from "./uploads.ts";

/** Memory, modules and threads that belong together. */
export interface WasmRuntime {
  /** The memory. */
  readonly memory: SharedMemory;
  /** The modules that work on it. */
  readonly modules: ModuleCache;
  /** The threads that work on it. */
  readonly pool: ThreadPool;
  /** Copies of data that lie elsewhere. */
  readonly uploads: Uploads;
}

/**
 * A new runtime.
 *
 * @param maximumBytes Bytes that its memory may grow to.
 * @param threads Number of threads; as many as are allowed by default.
 * @returns The runtime.
 */
export function makeRuntime(
  maximumBytes?: number,
  threads?: number,
): WasmRuntime {
  const memory = new SharedMemory(maximumBytes);
  return {
    memory,
    modules: new ModuleCache(memory),
    pool: new ThreadPool(memory, threads),
    uploads: new Uploads(memory),
  };
}

let shared: WasmRuntime | undefined;

/**
 * The runtime of the device, made when first asked for.
 *
 * @returns The runtime.
 */
export function wasmRuntime(): WasmRuntime {
  return shared ??= makeRuntime();
}
