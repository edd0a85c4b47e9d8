/**
 * The store that keeps nothing.
 *
 * @module
 */

import type { Digest } from "../../core/hash.ts";
import type {
  EntryToSave,
  Store,
  StoreRecord,
  StoreStatistics,
  VerifyReport,
} from "./store.ts";

/** Keeps nothing: every run computes everything. */
export class NoStore implements Store {
  /** Always `none`. */
  readonly kind = "none";

  /** Finds nothing. */
  find(): undefined {
    return undefined;
  }

  /** Has nothing to read. */
  load(): undefined {
    return undefined;
  }

  /** Makes the record without keeping it. */
  save(key: Digest, entry: EntryToSave): StoreRecord {
    const outputs = Object.fromEntries(
      Object.entries(entry.outputs).map(([name, { codec, value, digest }]) =>
        [name, {
          byteSize: codec.byteSize(value),
          isKept: false,
          ...(digest === undefined ? {} : { digest }),
        }] as const
      ),
    );
    return {
      key,
      outputs,
      provenance: entry.provenance,
      ...(entry.device === undefined ? {} : { device: entry.device }),
      savedAt: new Date().toISOString(),
    };
  }

  /** Does nothing. */
  link(): void {}

  /** Nothing ever happens. */
  subscribe(): () => void {
    return () => {};
  }

  /** All zero. */
  statistics(): Promise<StoreStatistics> {
    return Promise.resolve({ records: 0, objects: 0, bytes: 0, maxBytes: 0 });
  }

  /** Nothing to check. */
  verify(): Promise<VerifyReport> {
    return Promise.resolve({ records: 0, objects: 0, damaged: [] });
  }

  /** Nothing to remove. */
  prune(): Promise<void> {
    return Promise.resolve();
  }
}
