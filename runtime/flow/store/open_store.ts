/**
 * Stores by name.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import { CachedStore } from "./cached_store.ts";
import { DiskStore } from "./disk_store.ts";
import { MemoryStore } from "./memory_store.ts";
import { NoStore } from "./no_store.ts";
import type { Store } from "./store.ts";

/** Default size of the memory cache in front of a folder, in bytes. */
export const DEFAULT_CACHE_BYTES: number = 256 * 2 ** 20;

/** Options of {@linkcode openStore} and {@linkcode diskStore}. */
export interface StoreOptions {
  /** Size limit, in bytes; default 10 GiB in a folder, 1 GiB in memory. */
  readonly maxBytes?: number;
  /** Size of the memory cache in front of a folder, in bytes; default 256 MiB. */
  readonly cacheBytes?: number;
}

/**
 * Opens a store.
 *
 * @param where `"none"`: nothing is kept. `"memory"`: a new store that lives as
 * long as the process. Anything else: the path of a folder, made when something
 * is saved first, with a memory cache in front.
 * @param options The size limits.
 * @returns The store.
 * @throws {ParameterError} When a size limit is negative or the path empty.
 *
 * @example
 * ```ts
 * import { openStore } from "@weft/weft";
 *
 * console.log(openStore("memory").kind); // memory
 * console.log(openStore(".weft/store").kind); // disk
 * ```
 */
export function openStore(where: string, options: StoreOptions = {}): Store {
  if (where === "none") return new NoStore();
  if (where === "memory") return new MemoryStore(options);
  return diskStore(where, options);
}

/**
 * Opens a store in a folder, with a memory cache in front. Processes may share
 * the folder.
 *
 * @param path The folder; made when something is saved first.
 * @param options The size limits.
 * @returns The store.
 * @throws {ParameterError} When a size limit is negative or the path empty.
 *
 * @example
 * ```ts
 * import { diskStore, op, z } from "@weft/weft";
 *
 * const one = op({
 *   name: "demo/one",
 *   version: "1",
 *   outputs: { x: z.number() },
 *   run: () => ({ x: 1 }),
 * });
 * const store = diskStore(".weft/store", { maxBytes: 2 ** 30 });
 * const plan = await one().plan({ store });
 * console.log(plan.nodes[0]?.state); // will run; "reused" once it has run with the store
 * ```
 */
export function diskStore(
  path: string,
  options: StoreOptions = {},
): CachedStore {
  if (path === "") {
    throw new ParameterError('Cannot open a store as its path is ""', {
      expected: '"none", "memory" or the path of a folder',
    });
  }
  const { maxBytes, cacheBytes = DEFAULT_CACHE_BYTES } = options;
  return new CachedStore(
    new MemoryStore({ maxBytes: cacheBytes }),
    new DiskStore(path, maxBytes === undefined ? {} : { maxBytes }),
  );
}
