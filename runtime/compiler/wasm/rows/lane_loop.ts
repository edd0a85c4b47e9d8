/**
 * The walk over independent points of which the last axis is cut into lanes.
 *
 * @module
 */

import type { Local } from "../assembler.ts";
import type { Emitter } from "../emit/emitter.ts";
import type { Frame } from "./frame.ts";

/** How the last axis is walked. */
export interface LaneLoop {
  /** Points of the last axis that make a work item. */
  readonly chunk: number;
  /** Whether a work item is all of the last axis instead. */
  readonly whole: boolean;
  /** Vectors side by side. */
  readonly units: number;
  /**
   * Another axis of which a work item takes several points, and how many: what
   * lies side by side along it is read while it is near.
   */
  readonly tile?: { readonly axis: number; readonly size: number } | undefined;
  /** Writes what is computed before the last axis is walked. */
  hoist(units: number): void;
  /** Writes what is done at a point, for some vectors at once. */
  body(units: number): void;
}

/** The work items of a walk. */
export interface LaneItems {
  /** How many they are. */
  readonly items: number;
  /** Points in each, at most. */
  readonly points: number;
}

/**
 * Writes the walk.
 *
 * @param frame The function.
 * @param e The emitter.
 * @param lengths Lengths of the independent axes, the first of the kernel's.
 * @param walk How the last one is walked.
 * @returns The work items.
 */
export function writeLanes(
  frame: Frame,
  e: Emitter,
  lengths: readonly number[],
  walk: LaneLoop,
): LaneItems {
  const { fn, parameters } = frame;
  const last = lengths.length - 1;
  const length = lengths[last]!;
  const at = e.settings.axes[last]!;
  const end = fn.local("i32");
  if (last === 0) {
    // One stretch of all items.
    pushProduct(frame, frame.begin, walk.chunk);
    fn.set(at);
    pushStop(frame, length, () => pushProduct(frame, frame.end, walk.chunk));
    fn.set(end);
    e.scope(() => writeSpan(frame, e, at, end, walk));
    return { items: Math.ceil(length / walk.chunk), points: walk.chunk };
  }
  const { tile } = walk;
  const blocks = fn.local("i32");
  const positions = e.settings.axes.slice(0, last);
  const counts = lengths.slice(0, last);
  /** Writes the points of a block, or the one that is reached. */
  const inBlock = (body: () => void) => {
    if (tile === undefined) return e.scope(body);
    const own = e.settings.axes[tile.axis]!;
    const stop = fn.local("i32");
    pushProduct(frame, blocks, tile.size);
    fn.set(own);
    pushStop(frame, lengths[tile.axis]!, () => {
      fn.get(own);
      fn.i32(tile.size);
      fn.op("i32.add");
    });
    fn.set(stop);
    frame.loop(own, () => fn.get(stop), 1, () => e.scope(body));
  };
  if (tile !== undefined) {
    positions[tile.axis] = blocks;
    counts[tile.axis] = Math.ceil(counts[tile.axis]! / tile.size);
  }
  const rows = counts.reduce((a, b) => a * b, 1);
  const points = tile?.size ?? 1;
  if (walk.whole && tile === undefined) {
    frame.items(positions, counts, () =>
      inBlock(() => {
        fn.i32(0);
        fn.set(at);
        writeSpan(frame, e, at, parameters.size(length), walk);
      }));
    return { items: rows, points: length };
  }
  const chunks = Math.ceil(length / walk.chunk);
  const chunk = fn.local("i32");
  frame.items([...positions, chunk], [...counts, chunks], () =>
    inBlock(() => {
      pushProduct(frame, chunk, walk.chunk);
      fn.set(at);
      pushStop(frame, length, () => {
        fn.get(at);
        fn.i32(walk.chunk);
        fn.op("i32.add");
      });
      fn.set(end);
      writeSpan(frame, e, at, end, walk);
    }));
  return { items: rows * chunks, points: walk.chunk * points };
}

function pushProduct({ fn }: Frame, local: Local, factor: number): void {
  fn.get(local);
  fn.i32(factor);
  fn.op("i32.mul");
}

/** Pushes a position, or the length of the axis where that is less. */
function pushStop(
  { fn, parameters }: Frame,
  length: number,
  push: () => void,
): void {
  const stop = fn.local("i32");
  push();
  fn.tee(stop);
  fn.get(parameters.size(length));
  fn.get(stop);
  fn.get(parameters.size(length));
  fn.op("i32.lt_s", "select");
}

function writeSpan(
  frame: Frame,
  e: Emitter,
  at: Local,
  end: Local,
  walk: LaneLoop,
): void {
  const { fn } = frame;
  const vectors = (units: number) => {
    const ahead = units * e.lanes;
    const pushLimit = () => {
      fn.get(end);
      fn.i32(ahead - 1);
      fn.op("i32.sub");
    };
    frame.loop(at, pushLimit, ahead, () => e.scope(() => walk.body(units)));
  };
  if (e.lanes === 1) {
    walk.hoist(1);
    frame.loop(at, () => fn.get(end), 1, () => e.scope(() => walk.body(1)));
    return;
  }
  walk.hoist(walk.units);
  if (walk.units > 1) vectors(walk.units);
  vectors(1);
  e.narrow = true;
  frame.loop(at, () => fn.get(end), 1, () => e.scope(() => walk.body(1)));
  e.narrow = false;
}
