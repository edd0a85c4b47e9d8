/**
 * Stores: results by key, in memory or in a folder.
 *
 * @module
 */

export { CachedStore } from "./cached_store.ts";
export { DiskStore, type DiskStoreOptions } from "./disk_store.ts";
export {
  MemoryStore,
  memoryStore,
  type MemoryStoreOptions,
} from "./memory_store.ts";
export { NoStore } from "./no_store.ts";
export { diskStore, openStore, type StoreOptions } from "./open_store.ts";
export type {
  EntryToSave,
  FindOptions,
  MaybePromise,
  OutputToSave,
  Provenance,
  Store,
  StoredOutput,
  StoreEvent,
  StoreRecord,
  StoreStatistics,
  VerifyReport,
} from "./store.ts";
