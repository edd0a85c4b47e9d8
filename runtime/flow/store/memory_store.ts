/**
 * Results in memory: values stay alive as they are, lazy tensors stay lazy.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import type { Digest } from "../../core/hash.ts";
import type { Codec } from "../../ports/mod.ts";
import { Listeners } from "./listeners.ts";
import type {
  EntryToSave,
  FindOptions,
  Store,
  StoredOutput,
  StoreEvent,
  StoreRecord,
  StoreStatistics,
  VerifyReport,
} from "./store.ts";

/** Default size limit, in bytes. */
export const DEFAULT_MEMORY_BYTES: number = 2 ** 30;

/** What a record without values counts for, in bytes. */
const RECORD_BYTES = 512;

/** The values of one result; shared by the keys that lead to it. */
interface Holding {
  readonly values: Map<string, unknown>;
  bytes: number;
  keys: number;
}

interface Entry {
  readonly record: StoreRecord;
  readonly holding: Holding;
}

/** Options of {@linkcode memoryStore}. */
export interface MemoryStoreOptions {
  /** Size limit of all values, in bytes; default 1 GiB. */
  readonly maxBytes?: number;
}

/** A store that lives as long as the process; every answer comes at once. */
export class MemoryStore implements Store {
  /** Always `memory`. */
  readonly kind = "memory";
  readonly #maxBytes: number;
  readonly #listeners = new Listeners();
  /** From the entry that was not used for longest to the newest. */
  readonly #entries = new Map<string, Entry>();
  /** The holdings of the records that were given out. */
  readonly #holdings = new WeakMap<StoreRecord, Holding>();
  #bytes = 0;

  /**
   * Makes an empty store.
   *
   * @param options The size limit.
   */
  constructor(options: MemoryStoreOptions = {}) {
    this.#maxBytes = checkMaxBytes(options.maxBytes ?? DEFAULT_MEMORY_BYTES);
  }

  /** As {@linkcode Store.find}, at once. */
  find(key: Digest, options: FindOptions = {}): StoreRecord | undefined {
    const { device } = options;
    let slot: string = key;
    let entry = this.#entries.get(slot);
    if (device !== undefined && entry?.record.device !== device) {
      slot = deviceSlot(key, device);
      entry = this.#entries.get(slot);
    }
    if (entry === undefined) return undefined;
    this.#entries.delete(slot);
    this.#entries.set(slot, entry);
    return entry.record;
  }

  /** As {@linkcode Store.load}, at once. */
  load<T>(
    record: StoreRecord,
    output: string,
    _codec: Codec<T>,
  ): { readonly value: T } | undefined {
    const holding = this.#holdings.get(record);
    return holding?.values.has(output) === true
      ? { value: holding.values.get(output) as T }
      : undefined;
  }

  /** As {@linkcode Store.save}, at once; computes no digests. */
  save(key: Digest, entry: EntryToSave): StoreRecord {
    const outputs: Record<string, StoredOutput> = {};
    const values = new Map<string, unknown>();
    let bytes = RECORD_BYTES;
    for (const [name, output] of Object.entries(entry.outputs)) {
      const byteSize = output.codec.byteSize(output.value);
      const isKept = output.keep && byteSize <= this.#maxBytes;
      if (isKept) {
        values.set(name, output.value);
        bytes += byteSize;
      } else if (output.keep) {
        this.#listeners.emit({
          kind: "unkept",
          key,
          output: name,
          reason:
            `its ${byteSize} bytes are over the limit of ${this.#maxBytes}`,
        });
      }
      outputs[name] = {
        ...(output.digest === undefined ? {} : { digest: output.digest }),
        isKept,
        byteSize,
      };
    }
    const record: StoreRecord = {
      key,
      outputs,
      provenance: entry.provenance,
      ...(entry.device === undefined ? {} : { device: entry.device }),
      savedAt: new Date().toISOString(),
    };
    this.#put(key, record, { values, bytes, keys: 0 });
    return record;
  }

  /** As {@linkcode Store.link}, at once. */
  link(key: Digest, record: StoreRecord): void {
    const holding = this.#holdings.get(record);
    if (holding !== undefined && holding.keys > 0) {
      this.#put(key, { ...record, key }, holding);
    }
  }

  /** As {@linkcode Store.subscribe}. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** As {@linkcode Store.statistics}. */
  statistics(): Promise<StoreStatistics> {
    const holdings = new Set<Holding>();
    let objects = 0;
    for (const { holding } of this.#entries.values()) {
      if (!holdings.has(holding)) objects += holding.values.size;
      holdings.add(holding);
    }
    return Promise.resolve({
      records: this.#entries.size,
      objects,
      bytes: this.#bytes,
      maxBytes: this.#maxBytes,
    });
  }

  /** As {@linkcode Store.verify}; memory has nothing to check. */
  async verify(): Promise<VerifyReport> {
    const { records, objects } = await this.statistics();
    return { records, objects, damaged: [] };
  }

  /** As {@linkcode Store.prune}. */
  prune(maxBytes: number = this.#maxBytes): Promise<void> {
    this.#evict(checkMaxBytes(maxBytes));
    return Promise.resolve();
  }

  /**
   * Adds a value to a record of a store behind this one.
   *
   * @param record The record as that store gave it.
   * @param output The name of the output.
   * @param value Its value.
   * @param codec The codec of its port.
   */
  remember<T>(
    record: StoreRecord,
    output: string,
    value: T,
    codec: Codec<T>,
  ): void {
    const bytes = codec.byteSize(value);
    if (bytes + RECORD_BYTES > this.#maxBytes) return;
    const known = this.#holdings.get(record);
    let holding: Holding;
    if (known !== undefined && known.keys > 0) holding = known;
    else {
      holding = { values: new Map(), bytes: RECORD_BYTES, keys: 0 };
      this.#put(record.key, record, holding);
    }
    if (holding.values.has(output)) return;
    holding.values.set(output, value);
    holding.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#evict(this.#maxBytes);
  }

  /** Forgets a record, for a store behind this one that lost its files. */
  forget({ key, device }: StoreRecord): void {
    this.#remove(key);
    if (device !== undefined) this.#remove(deviceSlot(key, device));
  }

  #put(key: Digest, record: StoreRecord, holding: Holding): void {
    const { device } = record;
    const there = this.#entries.get(key);
    const slot = device !== undefined && there !== undefined &&
        there.record.device !== device
      ? deviceSlot(key, device)
      : key;
    holding.keys++;
    if (holding.keys === 1) this.#bytes += holding.bytes;
    this.#remove(slot);
    this.#entries.set(slot, { record, holding });
    this.#holdings.set(record, holding);
    if (this.#bytes > this.#maxBytes) this.#evict(this.#maxBytes);
  }

  #remove(slot: string): void {
    const entry = this.#entries.get(slot);
    if (entry === undefined) return;
    this.#entries.delete(slot);
    entry.holding.keys--;
    if (entry.holding.keys > 0) return;
    this.#bytes -= entry.holding.bytes;
    // Records that were given out must not keep the values alive
    entry.holding.values.clear();
  }

  #evict(maxBytes: number): void {
    for (const slot of this.#entries.keys()) {
      if (this.#bytes <= maxBytes) return;
      this.#remove(slot);
    }
  }
}

/**
 * Makes a store in memory.
 *
 * @param options The size limit.
 * @returns The store.
 * @throws {ParameterError} When the size limit is no positive number.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@weft/weft";
 *
 * const store = memoryStore({ maxBytes: 256 * 2 ** 20 });
 * console.log((await store.statistics()).records); // 0
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryStore(options);
}

/**
 * Checks a size limit.
 *
 * @param maxBytes The limit.
 * @returns The limit.
 * @throws {ParameterError} When it is not positive.
 */
export function checkMaxBytes(maxBytes: number): number {
  if (maxBytes >= 0) return maxBytes;
  throw new ParameterError(
    `Cannot use a store as its size limit is ${maxBytes}`,
    { expected: "0 bytes or more", actual: String(maxBytes) },
  );
}

/**
 * Where a result of one device lies when another device's is under its key.
 *
 * @param key The derivation key.
 * @param device The device.
 * @returns The name of the place.
 */
export function deviceSlot(key: Digest, device: string): string {
  return `${key}@${device}`;
}
