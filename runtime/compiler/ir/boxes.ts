/**
 * Cuts an index space in boxes, so that what each box reads and writes of every
 * buffer is short.
 *
 * @module
 */

import type { Expr } from "./expr.ts";
import { type Range, rangeOf } from "./index_arithmetic.ts";

/** Bounds of the positions along each axis. */
export type Box = readonly Range[];

/** How a kernel reads or writes one buffer. */
export interface Access {
  /** Number of elements of the buffer. */
  readonly size: number;
  /** Everywhere it is read or written. */
  readonly indices: readonly Expr[];
}

/** Tells whether what a box touches of a buffer is short enough. */
export type Fits = (access: Access, touched: Range) => boolean;

/** A space is cut in this many boxes at most. */
const MOST_BOXES = 4096;
/**
 * Lengths of boxes are multiples of the first of these that costs no further
 * box: rows then tend to start where bindings may start.
 */
const STEPS = [1024, 256, 64, 16, 4, 1];

/**
 * The elements of a buffer that a box touches.
 *
 * @param access How the buffer is read or written.
 * @param box The box.
 * @returns First and last element; undefined where it touches none.
 */
export function touchedBy(access: Access, box: Box): Range | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const index of access.indices) {
    // Outside of the buffer nothing is read: there the index does not count.
    const [from, to] = rangeOf(index, box);
    if (to < 0 || from >= access.size) continue;
    low = Math.min(low, Math.max(0, from));
    high = Math.max(high, Math.min(access.size - 1, to));
  }
  return low > high ? undefined : [low, high];
}

/** Cuts one space. */
export class BoxCutter {
  readonly #fits: Fits;

  /**
   * @param fits Tells whether what a box touches of a buffer is short enough.
   */
  constructor(fits: Fits) {
    this.#fits = fits;
  }

  /**
   * Cuts a box along some axes, along one of them if possible.
   *
   * @param box The box.
   * @param axes Numbers of the axes that may be cut.
   * @param accesses What must be short.
   * @returns The boxes, in order; undefined where there is no way.
   */
  cut(
    box: Box,
    axes: readonly number[],
    accesses: readonly Access[],
  ): Box[] | undefined {
    if (this.#allFit(box, accesses)) return [box];
    let best: Box[] | undefined;
    const consider = (boxes: Box[] | undefined) => {
      if (boxes === undefined || boxes.length > MOST_BOXES) return;
      if (best === undefined || boxes.length < best.length) best = boxes;
    };
    const cuttable = axes.filter((axis) => box[axis]![1] > box[axis]![0]);
    for (const axis of cuttable) consider(this.#along(box, axis, accesses));
    if (best !== undefined) return best;
    const tooLong = accesses.filter((one) => !this.#allFit(box, [one]));
    for (const axis of cuttable) {
      // What one axis makes short enough, and other axes for the rest.
      const helped = tooLong.filter((one) =>
        this.#allFit(part(box, axis, box[axis]![0], box[axis]![0]), [one])
      );
      const boxes = helped.length === 0
        ? undefined
        : this.#along(box, axis, helped);
      consider(this.#further(boxes, axis, axes, accesses));
    }
    if (best !== undefined) return best;
    const first = cuttable[0];
    if (first === undefined) return undefined;
    return this.#further(points(box, first), first, axes, accesses);
  }

  #further(
    boxes: readonly Box[] | undefined,
    axis: number,
    axes: readonly number[],
    accesses: readonly Access[],
  ): Box[] | undefined {
    if (boxes === undefined) return undefined;
    const others = axes.filter((one) => one !== axis);
    const all: Box[] = [];
    for (const box of boxes) {
      const own = this.cut(box, others, accesses);
      if (own === undefined) return undefined;
      all.push(...own);
      if (all.length > MOST_BOXES) return undefined;
    }
    return all;
  }

  /** The fewest boxes along an axis, all of one length where that is possible. */
  #along(
    box: Box,
    axis: number,
    accesses: readonly Access[],
  ): Box[] | undefined {
    const [low, high] = box[axis]!;
    const boxes: Box[] = [];
    let length = 1;
    for (let from = low; from <= high; from += length) {
      if (boxes.length === MOST_BOXES) return undefined;
      length = this.#longest(box, axis, from, accesses);
      if (length === 0) return undefined;
      boxes.push(part(box, axis, from, from + length - 1));
    }
    const count = boxes.length;
    const total = high - low + 1;
    for (const step of STEPS) {
      const even = Math.ceil(total / count / step) * step;
      if (Math.ceil(total / even) !== count) continue;
      const same = boxes.map((_, k) => {
        const from = low + k * even;
        return part(box, axis, from, Math.min(high, from + even - 1));
      });
      if (same.every((one) => this.#allFit(one, accesses))) return same;
    }
    return boxes;
  }

  /** The most positions from one on that fit. */
  #longest(
    box: Box,
    axis: number,
    from: number,
    accesses: readonly Access[],
  ): number {
    const high = box[axis]![1];
    const fits = (length: number) =>
      this.#allFit(part(box, axis, from, from + length - 1), accesses);
    let least = 0;
    let most = high - from + 2;
    // What touches more elements never fits better.
    while (most - least > 1) {
      const middle = Math.floor((least + most) / 2);
      if (fits(middle)) least = middle;
      else most = middle;
    }
    return least;
  }

  #allFit(box: Box, accesses: readonly Access[]): boolean {
    return accesses.every((access) => {
      const touched = touchedBy(access, box);
      return touched === undefined || this.#fits(access, touched);
    });
  }
}

function part(box: Box, axis: number, from: number, to: number): Box {
  return box.map((range, k): Range => k === axis ? [from, to] : range);
}

function points(box: Box, axis: number): Box[] | undefined {
  const [low, high] = box[axis]!;
  if (high - low >= MOST_BOXES) return undefined;
  return Array.from(
    { length: high - low + 1 },
    (_, k) => part(box, axis, low + k, low + k),
  );
}
