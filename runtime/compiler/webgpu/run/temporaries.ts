/**
 * Places for the temporaries of a program: those that never live at the same
 * time share memory.
 *
 * @module
 */

import type { Program, Step } from "../../ir/kernel.ts";
import { alignedBytes } from "./layout.ts";
import { bytesOfSpec, type Place } from "./ranges.ts";

/** A temporary, and the steps between which it lives. */
interface Lifetime {
  readonly buffer: number;
  readonly bytes: number;
  first: number;
  last: number;
}

/**
 * The buffers that a step reads and writes.
 *
 * @param step The step.
 * @returns Their numbers.
 */
export function buffersOfStep(step: Step): readonly number[] {
  switch (step.kind) {
    case "routine":
      return [...step.inputs, ...step.outputs];
    case "hostLoop":
      return [
        ...step.carries,
        ...step.sequences,
        ...step.captured,
        ...[...step.finals, ...step.stacked, ...step.history].filter((one) =>
          one !== undefined
        ),
      ];
    default:
      return [...step.operands, ...step.outputs].map((one) => one.buffer);
  }
}

/**
 * Plans the memory of temporaries, the longest first.
 *
 * @param program The program.
 * @param limit Bytes of a slab at most.
 * @returns Their places.
 */
export function placeTemporaries(
  program: Program,
  limit: number,
): { places: (Place | undefined)[]; slabs: number[] } {
  const lifetimes = lifetimesOf(program);
  lifetimes.sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const places = program.buffers.map((): Place | undefined => undefined);
  const slabs: number[] = [];
  const placed: Lifetime[][] = [];
  for (const life of lifetimes) {
    const place = firstGap(life, placed, places, limit);
    places[life.buffer] = place;
    (placed[place.slab] ??= []).push(life);
    const end = place.offset + place.bytes;
    slabs[place.slab] = Math.max(slabs[place.slab] ?? 0, end);
  }
  return { places, slabs };
}

function firstGap(
  life: Lifetime,
  placed: readonly Lifetime[][],
  places: readonly (Place | undefined)[],
  limit: number,
): Place {
  const { bytes, first, last } = life;
  for (let slab = 0; slab < placed.length; slab++) {
    const neighbours = placed[slab]!
      .filter((other) => other.first <= last && other.last >= first)
      .map((other) => places[other.buffer]!)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (other.offset >= offset + bytes) break;
      offset = Math.max(offset, alignedBytes(other.offset + other.bytes));
    }
    if (offset + bytes <= limit) return { slab, offset, bytes };
  }
  return { slab: placed.length, offset: 0, bytes };
}

function lifetimesOf({ buffers, steps }: Program): Lifetime[] {
  const known = new Map<number, Lifetime>();
  steps.forEach((step, at) => {
    for (const buffer of buffersOfStep(step)) {
      const spec = buffers[buffer]!;
      if (spec.role !== "temporary") continue;
      const life = known.get(buffer);
      if (life !== undefined) life.last = at;
      else {
        const bytes = bytesOfSpec(spec);
        known.set(buffer, { buffer, bytes, first: at, last: at });
      }
    }
  });
  return [...known.values()];
}
