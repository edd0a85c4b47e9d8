/**
 * A memory cache in front of a store on disk.
 *
 * @module
 */

import type { Digest } from "../../core/hash.ts";
import type { Codec } from "../../ports/mod.ts";
import type { DiskStore } from "./disk_store.ts";
import type { MemoryStore } from "./memory_store.ts";
import type {
  EntryToSave,
  FindOptions,
  MaybePromise,
  Store,
  StoreEvent,
  StoreRecord,
  StoreStatistics,
  VerifyReport,
} from "./store.ts";

/**
 * Answers from memory where it can, else from disk. What is read from disk is
 * remembered under its record, so a second read costs nothing.
 */
export class CachedStore implements Store {
  /** Always `disk`: what it keeps outlives the process. */
  readonly kind = "disk";
  readonly #memory: MemoryStore;
  readonly #disk: DiskStore;

  /**
   * Puts a cache in front of a store.
   *
   * @param memory The cache.
   * @param disk The store behind it.
   */
  constructor(memory: MemoryStore, disk: DiskStore) {
    this.#memory = memory;
    this.#disk = disk;
  }

  /** The absolute path of the folder behind the cache. */
  get path(): string {
    return this.#disk.path;
  }

  /** As {@linkcode Store.find}; at once for what memory has. */
  find(
    key: Digest,
    options: FindOptions = {},
  ): MaybePromise<StoreRecord | undefined> {
    return this.#memory.find(key, options) ?? this.#disk.find(key, options);
  }

  /** As {@linkcode Store.load}; at once for what memory has. */
  load<T>(
    record: StoreRecord,
    output: string,
    codec: Codec<T>,
  ): MaybePromise<{ readonly value: T } | undefined> {
    const cached = this.#memory.load(record, output, codec);
    return cached ?? this.#loadFromDisk(record, output, codec);
  }

  async #loadFromDisk<T>(
    record: StoreRecord,
    output: string,
    codec: Codec<T>,
  ): Promise<{ readonly value: T } | undefined> {
    const loaded = await this.#disk.load(record, output, codec);
    if (loaded === undefined) this.#memory.forget(record);
    else this.#memory.remember(record, output, loaded.value, codec);
    return loaded;
  }

  /** As {@linkcode Store.save}; in memory only once it is on disk. */
  async save(key: Digest, entry: EntryToSave): Promise<StoreRecord> {
    const record = await this.#disk.save(key, entry);
    this.#memory.forget(record);
    for (
      const [name, { codec, value, keep }] of Object.entries(entry.outputs)
    ) {
      if (keep) this.#memory.remember(record, name, value, codec);
    }
    return record;
  }

  /** As {@linkcode Store.link}. */
  async link(key: Digest, record: StoreRecord): Promise<void> {
    await this.#disk.link(key, record);
    this.#memory.forget({ ...record, key });
    this.#memory.link(key, record);
  }

  /** As {@linkcode Store.subscribe}. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    return this.#disk.subscribe(listener);
  }

  /** As {@linkcode Store.statistics}, of the folder. */
  statistics(): Promise<StoreStatistics> {
    return this.#disk.statistics();
  }

  /** As {@linkcode Store.verify}, of the folder; empties the cache. */
  async verify(): Promise<VerifyReport> {
    await this.#memory.prune(0);
    return await this.#disk.verify();
  }

  /** As {@linkcode Store.prune}, of the folder; empties the cache. */
  async prune(maxBytes?: number): Promise<void> {
    await this.#memory.prune(0);
    await this.#disk.prune(maxBytes);
  }
}
