/**
 * Results in memory: values stay alive as they are, lazy tensors stay lazy.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import type { Digest } from "../../core/hash.ts";
import { type Codec, type Holding, isLost } from "../../ports/mod.ts";
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

/** What one key with its record takes without values, measured, in bytes. */
const RECORD_BYTES = 1024;

/** The values of one result; shared by the keys that lead to it. */
interface Kept {
  readonly values: Map<string, unknown>;
  /** What the values keep alive. */
  readonly things: Holding[];
  keys: number;
}

/** Something that values keep alive, and how many results do. */
interface Thing {
  readonly bytes: number;
  results: number;
}

interface Entry {
  readonly record: StoreRecord;
  readonly kept: Kept;
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
  /** The values of the records that were given out. */
  readonly #kept = new WeakMap<StoreRecord, Kept>();
  /** What all values keep alive; counted once, however many share it. */
  readonly #things = new Map<object, Thing>();
  /**
   * Goes over the entries from the oldest on. What it has passed was removed
   * or has moved to the end, so it never has to look at the beginning again.
   */
  #oldest = this.#entries.keys();
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
    const kept = this.#kept.get(record);
    if (kept?.values.has(output) !== true) return undefined;
    const value = kept.values.get(output);
    if (!isLost(value)) return { value: value as T };
    // What lay on a lost device is worth nothing to whoever asks next either.
    kept.values.delete(output);
    return undefined;
  }

  /** As {@linkcode Store.save}, at once; computes no digests. */
  save(key: Digest, entry: EntryToSave): StoreRecord {
    const outputs: Record<string, StoredOutput> = {};
    const kept: Kept = { values: new Map(), things: [], keys: 0 };
    for (const [name, output] of Object.entries(entry.outputs)) {
      const { codec, value, keep } = output;
      const byteSize = codec.byteSize(value);
      const things = keep ? codec.holdings(value) : [];
      const bytes = sum(things);
      const isKept = keep && bytes + RECORD_BYTES <= this.#maxBytes;
      if (isKept) {
        kept.values.set(name, value);
        kept.things.push(...things);
      } else if (keep) {
        this.#listeners.emit({
          kind: "unkept",
          key,
          output: name,
          reason: `its ${bytes} bytes are over the limit of ${this.#maxBytes}`,
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
    this.#put(key, record, kept);
    return record;
  }

  /** As {@linkcode Store.link}, at once. */
  link(key: Digest, record: StoreRecord): void {
    const kept = this.#kept.get(record);
    if (kept !== undefined && kept.keys > 0) {
      this.#put(key, { ...record, key }, kept);
    }
  }

  /** As {@linkcode Store.subscribe}. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** As {@linkcode Store.statistics}. */
  statistics(): Promise<StoreStatistics> {
    const seen = new Set<Kept>();
    let objects = 0;
    for (const { kept } of this.#entries.values()) {
      if (!seen.has(kept)) objects += kept.values.size;
      seen.add(kept);
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
    const things = codec.holdings(value);
    if (sum(things) + RECORD_BYTES > this.#maxBytes) return;
    let kept = this.#kept.get(record);
    if (kept === undefined || kept.keys === 0) {
      kept = { values: new Map(), things: [], keys: 0 };
      this.#put(record.key, record, kept);
    }
    if (kept.values.has(output)) return;
    kept.values.set(output, value);
    kept.things.push(...things);
    this.#count(things);
    this.#evict(this.#maxBytes);
  }

  /** Forgets a record, for a store behind this one that lost its files. */
  forget({ key, device }: StoreRecord): void {
    this.#remove(key);
    if (device !== undefined) this.#remove(deviceSlot(key, device));
  }

  #put(key: Digest, record: StoreRecord, kept: Kept): void {
    const { device } = record;
    const there = this.#entries.get(key);
    const slot = device !== undefined && there !== undefined &&
        there.record.device !== device
      ? deviceSlot(key, device)
      : key;
    kept.keys++;
    this.#bytes += RECORD_BYTES;
    if (kept.keys === 1) this.#count(kept.things);
    this.#remove(slot);
    this.#entries.set(slot, { record, kept });
    this.#kept.set(record, kept);
    this.#evict(this.#maxBytes);
  }

  #remove(slot: string): void {
    const entry = this.#entries.get(slot);
    if (entry === undefined) return;
    this.#entries.delete(slot);
    this.#bytes -= RECORD_BYTES;
    const { kept } = entry;
    kept.keys--;
    if (kept.keys > 0) return;
    this.#uncount(kept.things);
    // Records that were given out must not keep the values alive
    kept.values.clear();
    kept.things.length = 0;
  }

  #count(things: readonly Holding[]): void {
    for (const [thing, bytes] of things) {
      const known = this.#things.get(thing);
      if (known !== undefined) known.results++;
      else {
        this.#things.set(thing, { bytes, results: 1 });
        this.#bytes += bytes;
      }
    }
  }

  #uncount(things: readonly Holding[]): void {
    for (const [thing] of things) {
      const known = this.#things.get(thing);
      if (known === undefined || --known.results > 0) continue;
      this.#things.delete(thing);
      this.#bytes -= known.bytes;
    }
  }

  #evict(maxBytes: number): void {
    while (this.#bytes > maxBytes && this.#entries.size > 0) {
      const { value: slot } = this.#oldest.next();
      if (slot === undefined) this.#oldest = this.#entries.keys();
      else this.#remove(slot);
    }
  }
}

function sum(things: readonly Holding[]): number {
  return things.reduce((bytes, [, each]) => bytes + each, 0);
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
