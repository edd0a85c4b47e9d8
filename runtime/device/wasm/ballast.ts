/**
 * Ballast: the garbage collector does not know how large the data in a shared
 * memory are, so it would never collect the small objects that stand for them.
 * They therefore hold array buffers of the same size. Buffers of this size come
 * from the system as zeroed pages that take no memory until they are touched,
 * which nobody does.
 *
 * What the collector finds is told of, and freed, when the event loop turns.
 *
 * @module
 */

/** Smaller ones would be cut from the heap, and cleared. */
const UNIT = 64 * 2 ** 20;
/** Data that get a buffer of their own. */
const LARGE = UNIT / 2;
/** Bytes of new data after which the event loop should turn. */
const STALE = 128 * 2 ** 20;

let common: ArrayBuffer | undefined;
let left = 0;
let sinceTurn = 0;

/**
 * Ballast for data: one buffer serves all that are made one after another.
 *
 * @param bytes Length of the data.
 * @returns The object to hold as long as the data are held.
 */
export function ballastFor(bytes: number): ArrayBuffer | undefined {
  countBytes(bytes);
  if (bytes >= LARGE) return untouched(bytes);
  if (left < bytes) {
    common = untouched(UNIT);
    left = UNIT;
  }
  left -= bytes;
  return common;
}

/**
 * Counts data that are freed in a turn of the event loop.
 *
 * @param bytes Length of the data.
 */
export function countBytes(bytes: number): void {
  sinceTurn += bytes;
}

/**
 * Whether so much was made since the event loop was last turned for it that it
 * should be turned now.
 *
 * @returns True once for each 128 MiB.
 */
export function turnIsDue(): boolean {
  if (sinceTurn < STALE) return false;
  sinceTurn = 0;
  return true;
}

/** A buffer, or none where the system promises no memory that it has not. */
function untouched(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    return undefined;
  }
}
