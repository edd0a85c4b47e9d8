/**
 * The byte account: how much memory the data of tensors hold, and for whom.
 * Nobody counts references; what is dropped leaves the account when the garbage
 * collector has found it and the event loop has turned.
 *
 * @module
 */

import type { Storage } from "./graph.ts";

/** Data below this size are not worth an entry. */
const SMALLEST_BYTES = 4096;

/** Bytes held on behalf of one op. */
export interface MemoryHolder {
  /** Path of the op, or `["(no op)"]` outside of all ops. */
  readonly path: readonly string[];
  /** Bytes of data it made that are still held. */
  readonly bytes: number;
}

/** The state of the account. */
export interface MemoryAccount {
  /** Bytes of tensor data of at least 4 KiB that are held now, at most. */
  readonly heldBytes: number;
  /** The largest `heldBytes` so far. */
  readonly peakBytes: number;
  /** Who holds them, the biggest first. */
  readonly holders: readonly MemoryHolder[];
}

interface Entry {
  readonly path: readonly string[];
  bytes: number;
}

interface Held {
  readonly entry: Entry;
  readonly bytes: number;
}

const NO_OP: readonly string[] = ["(no op)"];
const entries = new Map<string, Entry>();
const seen = new WeakMap<Storage, Held>();
let heldBytes = 0;
let peakBytes = 0;

const registry = new FinalizationRegistry<Held>(release);

function release({ entry, bytes }: Held): void {
  entry.bytes -= bytes;
  heldBytes -= bytes;
  if (entry.bytes === 0) entries.delete(entry.path.join("\n"));
}

/**
 * Enters data into the account.
 *
 * @param storage The data.
 * @param path Path of the op that made them.
 */
export function holdStorage(
  storage: Storage,
  path: readonly string[] | undefined,
): void {
  const bytes = storage.byteLength;
  if (bytes < SMALLEST_BYTES || seen.has(storage)) return;
  const owner = path ?? NO_OP;
  const key = owner.join("\n");
  let entry = entries.get(key);
  if (entry === undefined) entries.set(key, entry = { path: owner, bytes: 0 });
  entry.bytes += bytes;
  heldBytes += bytes;
  peakBytes = Math.max(peakBytes, heldBytes);
  const held = { entry, bytes };
  seen.set(storage, held);
  registry.register(storage, held, storage);
}

/**
 * Takes data out of the account that their storage has handed on.
 *
 * @param storage The storage.
 */
export function releaseStorage(storage: Storage): void {
  const held = seen.get(storage);
  if (held === undefined) return;
  seen.delete(storage);
  registry.unregister(storage);
  release(held);
}

/** Growth after which the event loop is turned, so that entries can leave. */
const STALE_BYTES = 256 * 2 ** 20;
let bytesAtTurn = 0;

/**
 * Whether so much was entered since the event loop was last turned for it that
 * it should be turned now. Entries leave only then.
 *
 * @returns True once for each quarter of a gibibyte.
 */
export function accountIsStale(): boolean {
  bytesAtTurn = Math.min(bytesAtTurn, heldBytes);
  if (heldBytes - bytesAtTurn < STALE_BYTES) return false;
  bytesAtTurn = heldBytes;
  return true;
}

/**
 * The state of the account.
 *
 * @returns Bytes held now and at most, and by whom.
 */
export function memoryAccount(): MemoryAccount {
  const holders = [...entries.values()]
    .map(({ path, bytes }) => ({ path, bytes }))
    .sort((a, b) => b.bytes - a.bytes);
  return { heldBytes, peakBytes, holders };
}
