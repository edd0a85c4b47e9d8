/**
 * What a store is: results by key, so that what was computed once is reused.
 *
 * @module
 */

import type { Digest } from "../../core/hash.ts";
import type { Codec } from "../../ports/mod.ts";

/** A value now, or a promise of it; a store in memory answers at once. */
export type MaybePromise<T> = T | Promise<T>;

/** Where a result came from; plain data, never secrets. */
export interface Provenance {
  /** Name of the op. */
  readonly op: string;
  /** Version of the op. */
  readonly version: string;
  /** Params after defaults. */
  readonly params: unknown;
  /** Version of each input. */
  readonly inputs: Readonly<Record<string, Digest>>;
  /** Version of Weft. */
  readonly weft: string;
  /** Milliseconds that the op's body took. */
  readonly milliseconds: number;
  /** The seed, for an op that draws random numbers. */
  readonly seed?: number;
  /** How many kernels its tensors took. */
  readonly kernels?: number;
  /** Bytes that those kernels wrote. */
  readonly kernelBytes?: number;
}

/** One output of a record. */
export interface StoredOutput {
  /** Content digest; absent for a lazy value that only memory holds. */
  readonly digest?: Digest;
  /** Whether the store has the value itself, not only its digest. */
  readonly isKept: boolean;
  /** Bytes of the value in memory. */
  readonly byteSize: number;
}

/** What a store knows under a key. */
export interface StoreRecord {
  /** The derivation key. */
  readonly key: Digest;
  /** The outputs by name. */
  readonly outputs: Readonly<Record<string, StoredOutput>>;
  /** Where the result came from. */
  readonly provenance: Provenance;
  /** The device that was chosen for it; absent when Weft chose. */
  readonly device?: string;
  /** When it was saved, in ISO 8601. */
  readonly savedAt: string;
}

/** One output on its way into a store. */
export interface OutputToSave {
  /** The codec of the output's port. */
  readonly codec: Codec<unknown>;
  /** The value. */
  readonly value: unknown;
  /** Its content digest, when it is known already. */
  readonly digest?: Digest;
  /** Whether to keep the value, or only its digest. */
  readonly keep: boolean;
}

/** A result on its way into a store. */
export interface EntryToSave {
  /** The outputs by name. */
  readonly outputs: Readonly<Record<string, OutputToSave>>;
  /** Where the result came from. */
  readonly provenance: Provenance;
  /** The device, when the user chose one. */
  readonly device?: string;
}

/** Which records {@linkcode Store.find} accepts. */
export interface FindOptions {
  /** Only results of this device; any result when absent. */
  readonly device?: string;
}

/** Something that the user should know about a store. */
export type StoreEvent =
  | {
    /** A file was not what it should be; its result is computed again. */
    readonly kind: "damaged";
    /** The file. */
    readonly path: string;
    /** What is wrong with it. */
    readonly reason: string;
    /** Where it lies now. */
    readonly movedTo: string;
  }
  | {
    /** Files were removed to stay below the size limit. */
    readonly kind: "evicted";
    /** How many. */
    readonly files: number;
    /** How large they were. */
    readonly bytes: number;
  }
  | {
    /** A value could not be kept or loaded; the run goes on without. */
    readonly kind: "unkept";
    /** The key. */
    readonly key: Digest;
    /** The output. */
    readonly output: string;
    /** Why. */
    readonly reason: string;
  };

/** What a store holds and did. */
export interface StoreStatistics {
  /** Records under keys. */
  readonly records: number;
  /** Values, or files that hold them. */
  readonly objects: number;
  /** Bytes of all of them. */
  readonly bytes: number;
  /** The size limit. */
  readonly maxBytes: number;
}

/** What {@linkcode Store.verify} found. */
export interface VerifyReport {
  /** Records that were read. */
  readonly records: number;
  /** Objects that were read. */
  readonly objects: number;
  /** The files that were set aside, each with the reason. */
  readonly damaged: readonly {
    readonly path: string;
    readonly reason: string;
  }[];
}

/** Results by key. Safe to use from several runs at once. */
export interface Store {
  /** `memory`, `disk` or `none`. */
  readonly kind: "memory" | "disk" | "none";
  /**
   * Looks up a key without reading values.
   *
   * @param key The derivation key.
   * @param options Which records count.
   * @returns The record, or `undefined` when there is none.
   */
  find(
    key: Digest,
    options?: FindOptions,
  ): MaybePromise<StoreRecord | undefined>;
  /**
   * Reads one output. The value still has to be checked against its port.
   *
   * @param record What {@linkcode Store.find} gave.
   * @param output The name of the output.
   * @param codec The codec of its port.
   * @returns The value in a box, or `undefined` when it is not kept, damaged
   * or evicted: compute it again.
   */
  load<T>(
    record: StoreRecord,
    output: string,
    codec: Codec<T>,
  ): MaybePromise<{ readonly value: T } | undefined>;
  /**
   * Saves a result under a key, in place of what was there.
   *
   * @param key The derivation key.
   * @param entry The outputs and their provenance.
   * @returns The record. An output that could not be kept is told by an event.
   * @throws {StoreError} When nothing can be written.
   */
  save(key: Digest, entry: EntryToSave): MaybePromise<StoreRecord>;
  /**
   * Makes a record known under one more key: the early cut-off.
   *
   * @param key The other key.
   * @param record What {@linkcode Store.find} or {@linkcode Store.save} gave.
   * @throws {StoreError} When nothing can be written.
   */
  link(key: Digest, record: StoreRecord): MaybePromise<void>;
  /**
   * Calls a listener at every event.
   *
   * @param listener Called at once; what it throws is ignored.
   * @returns Ends the subscription.
   */
  subscribe(listener: (event: StoreEvent) => void): () => void;
  /** What the store holds. */
  statistics(): Promise<StoreStatistics>;
  /** Reads everything and sets aside what is damaged. */
  verify(): Promise<VerifyReport>;
  /**
   * Removes what was not used for longest until the store is small enough.
   *
   * @param maxBytes The size to come down to; the store's limit by default.
   */
  prune(maxBytes?: number): Promise<void>;
}
