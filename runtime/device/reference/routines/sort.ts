/**
 * Stable sorting along the last axis, and the largest elements.
 *
 * @module
 */

import type { AnyTypedArray } from "../../dtypes.ts";
import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

/** Runs of this length are sorted by insertion before they are merged. */
const RUN = 16;
/** Rough cost of one comparison in the measure of `SLICE_WORK`. */
const COMPARISON = 10;
/** Elements that are handled between two looks at the work done. */
const ELEMENTS = 50_000;

/**
 * The order that sorts each row. Stable in both directions; NaN comes last in
 * both, in the order in which it stands.
 *
 * @param values Rows, `[rows, length]`.
 * @param rows How many.
 * @param length Elements of each.
 * @param descending Largest first.
 * @returns Positions within the rows, `[rows, length]`.
 */
export function* argsortRoutine(
  values: AnyTypedArray,
  rows: number,
  length: number,
  descending: boolean,
): Work<Int32Array<ArrayBuffer>> {
  const order = new Int32Array(rows * length);
  const keys = new Float64Array(length);
  const current = new Int32Array(length);
  const other = new Int32Array(length);
  for (let row = 0; row < rows; row++) {
    const start = row * length;
    let count = 0;
    for (let i = 0; i < length; i++) {
      const value = values[start + i]!;
      // Descending by negated keys keeps equal elements in their order.
      keys[i] = descending ? -value : value;
      if (!Number.isNaN(value)) current[count++] = i;
    }
    let last = count;
    for (let i = 0; i < length; i++) {
      if (Number.isNaN(keys[i]!)) current[last++] = i;
    }
    order.set(yield* mergeSort(keys, current, other, count), start);
  }
  return order;
}

/** Sorts the first `count` positions by their keys; the rest stay last. */
function* mergeSort(
  keys: Float64Array,
  current: Int32Array,
  other: Int32Array,
  count: number,
): Work<Int32Array> {
  let work = 0;
  for (let from = 0; from < count; from += RUN) {
    insertionSort(keys, current, from, Math.min(count, from + RUN));
    work += COMPARISON * RUN;
    if (work > SLICE_WORK) {
      work = 0;
      yield;
    }
  }
  other.set(current.subarray(count), count);
  for (let width = RUN; width < count; width *= 2) {
    for (let from = 0; from < count; from += 2 * width) {
      const middle = Math.min(count, from + width);
      const to = Math.min(count, from + 2 * width);
      let left = from;
      for (let at = from; at < to; at += ELEMENTS) {
        const end = Math.min(to, at + ELEMENTS);
        left = merge(keys, current, other, at, end, left, middle, to);
        work += COMPARISON * (end - at);
        if (work > SLICE_WORK) {
          work = 0;
          yield;
        }
      }
    }
    [current, other] = [other, current];
  }
  return current;
}

function insertionSort(
  keys: Float64Array,
  order: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from + 1; i < to; i++) {
    const moving = order[i]!;
    const key = keys[moving]!;
    let j = i - 1;
    while (j >= from && keys[order[j]!]! > key) {
      order[j + 1] = order[j]!;
      j--;
    }
    order[j + 1] = moving;
  }
}

/**
 * Writes the elements from `at` to `end` of the merger of two sorted runs, of which
 * the second one lies from `middle` to `to`.
 *
 * @returns Where the first run goes on, having begun at `left`.
 */
function merge(
  keys: Float64Array,
  from: Int32Array,
  into: Int32Array,
  at: number,
  end: number,
  left: number,
  middle: number,
  to: number,
): number {
  // Of what was written before `at`, the rest came from the second run.
  let right = at - left + middle;
  for (let i = at; i < end; i++) {
    const takeLeft = right >= to ||
      (left < middle && keys[from[left]!]! <= keys[from[right]!]!);
    into[i] = takeLeft ? from[left++]! : from[right++]!;
  }
  return left;
}

/**
 * The positions of the largest elements of each row, largest first. Of equal
 * elements the first ones are taken; NaN only where nothing else is left.
 *
 * @param values Rows, `[rows, length]`.
 * @param rows How many.
 * @param length Elements of each.
 * @param k How many to take, at most `length`.
 * @param largest False takes the smallest, smallest first.
 * @returns Positions within the rows, `[rows, k]`.
 */
export function* topKRoutine(
  values: AnyTypedArray,
  rows: number,
  length: number,
  k: number,
  largest: boolean,
): Work<Int32Array<ArrayBuffer>> {
  const taken = new Int32Array(rows * k);
  if (k === 0) return taken;
  const keys = new Float64Array(length);
  const missing = new Uint8Array(length);
  const heap = new Int32Array(k);
  const perElement = COMPARISON + 2 * Math.log2(k + 1);
  let work = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * length;
    for (let i = 0; i < length; i++) {
      const value = values[start + i]!;
      missing[i] = Number.isNaN(value) ? 1 : 0;
      keys[i] = missing[i] === 1 ? Infinity : largest ? -value : value;
    }
    // The root of the heap is the last of those that are kept.
    for (let i = 0; i < k; i++) heap[i] = i;
    for (let i = k >> 1; i >= 0; i--) sink(keys, missing, heap, i, k);
    for (let from = k; from < length; from += ELEMENTS) {
      const to = Math.min(length, from + ELEMENTS);
      keepSmallest(keys, missing, heap, from, to);
      work += perElement * (to - from);
      if (work > SLICE_WORK) {
        work = 0;
        yield;
      }
    }
    for (let size = k - 1; size > 0; size--) {
      const last = heap[0]!;
      heap[0] = heap[size]!;
      heap[size] = last;
      sink(keys, missing, heap, 0, size);
    }
    work += perElement * k;
    taken.set(heap, row * k);
  }
  return taken;
}

function keepSmallest(
  keys: Float64Array,
  missing: Uint8Array,
  heap: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    if (!comesAfter(keys, missing, heap[0]!, i)) continue;
    heap[0] = i;
    sink(keys, missing, heap, 0, heap.length);
  }
}

/** By key; a NaN, whose key is infinite, after infinity; then by position. */
function comesAfter(
  keys: Float64Array,
  missing: Uint8Array,
  i: number,
  j: number,
): boolean {
  const a = keys[i]!;
  const b = keys[j]!;
  if (a !== b) return a > b;
  return missing[i] === missing[j] ? i > j : missing[i] === 1;
}

function sink(
  keys: Float64Array,
  missing: Uint8Array,
  heap: Int32Array,
  from: number,
  size: number,
): void {
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) return;
    if (
      child + 1 < size &&
      comesAfter(keys, missing, heap[child + 1]!, heap[child]!)
    ) child++;
    if (!comesAfter(keys, missing, heap[child]!, heap[at]!)) return;
    const kept = heap[at]!;
    heap[at] = heap[child]!;
    heap[child] = kept;
    at = child;
  }
}
