/**
 * Stable sorting along the last axis, and the largest elements.
 *
 * @module
 */

import type { AnyTypedArray } from "../../dtypes.ts";
import type { Work } from "../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

/** Runs of this length are sorted by insertion before they are merged. */
const RUN = 16;
/** Rough cost of one comparison in the measure of `SLICE_WORK`. */
const COMPARISON = 10;

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
  for (let from = 0; from < count; from += RUN) {
    insertionSort(keys, current, from, Math.min(count, from + RUN));
  }
  other.set(current.subarray(count), count);
  let work = count * RUN;
  for (let width = RUN; width < count; width *= 2) {
    for (let from = 0; from < count; from += 2 * width) {
      const middle = Math.min(count, from + width);
      const to = Math.min(count, from + 2 * width);
      merge(keys, current, other, from, middle, to);
      work += COMPARISON * (to - from);
      if (work > SLICE_WORK) {
        work = 0;
        yield;
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

function merge(
  keys: Float64Array,
  from: Int32Array,
  to: Int32Array,
  start: number,
  middle: number,
  end: number,
): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takeLeft = right >= end ||
      (left < middle && keys[from[left]!]! <= keys[from[right]!]!);
    to[at] = takeLeft ? from[left++]! : from[right++]!;
  }
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
  const heap = new Int32Array(k);
  let work = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * length;
    for (let i = 0; i < length; i++) {
      const value = values[start + i]!;
      keys[i] = Number.isNaN(value) ? Infinity : largest ? -value : value;
    }
    work += COMPARISON * selectSmallest(keys, values, start, heap);
    taken.set(heap, row * k);
    if (work > SLICE_WORK) {
      work = 0;
      yield;
    }
  }
  return taken;
}

/**
 * Fills `heap` with the positions of the smallest keys in order.
 *
 * @returns About how many comparisons it took.
 */
function selectSmallest(
  keys: Float64Array,
  values: AnyTypedArray,
  start: number,
  heap: Int32Array,
): number {
  const k = heap.length;
  const after = (i: number, j: number): boolean => {
    const difference = keys[i]! - keys[j]!;
    if (difference > 0) return true;
    if (difference < 0) return false;
    // Equal keys, or both infinite: a NaN comes after infinity, then by position.
    const iNaN = Number.isNaN(values[start + i]!);
    const jNaN = Number.isNaN(values[start + j]!);
    return iNaN === jNaN ? i > j : iNaN;
  };
  const sink = (from: number, size: number): void => {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && after(heap[child + 1]!, heap[child]!)) child++;
      if (!after(heap[child]!, heap[at]!)) return;
      const kept = heap[at]!;
      heap[at] = heap[child]!;
      heap[child] = kept;
      at = child;
    }
  };
  // The root of the heap is the last of those that are kept.
  for (let i = 0; i < k; i++) heap[i] = i;
  for (let i = k >> 1; i >= 0; i--) sink(i, k);
  let work = keys.length + 2 * k;
  for (let i = k; i < keys.length; i++) {
    if (!after(heap[0]!, i)) continue;
    heap[0] = i;
    sink(0, k);
    work += 2 * Math.log2(k + 1);
  }
  for (let size = k - 1; size > 0; size--) {
    const kept = heap[0]!;
    heap[0] = heap[size]!;
    heap[size] = kept;
    sink(0, size);
  }
  return work + 2 * k * Math.log2(k + 1);
}
