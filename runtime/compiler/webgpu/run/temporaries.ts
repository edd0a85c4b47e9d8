/**
 * Places for the temporaries of a program: those that never live at the same
 * time share memory.
 *
 * @module
 */

import type { Program, Step } from "../../ir/kernel.ts";
import { alignedBytes } from "./layout.ts";
import { bytesOfSpec, type Place } from "./ranges.ts";

/** Temporaries that share one place, and the steps between which they live. */
interface Lifetime {
  readonly buffers: number[];
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
    for (const buffer of life.buffers) places[buffer] = place;
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
      .map((other) => places[other.buffers[0]!]!)
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
        known.set(buffer, { buffers: [buffer], bytes, first: at, last: at });
      }
    }
  });
  steps.forEach((step, at) => overwrite(step, at, known));
  return [...new Set(known.values())];
}

/** Lays an output over an operand that nobody needs after the step. */
function overwrite(
  step: Step,
  at: number,
  known: Map<number, Lifetime>,
): void {
  if (step.kind === "routine" || step.kind === "hostLoop") return;
  const { inPlace, operands, outputs } = step;
  for (const operand of inPlace) {
    const { buffer: source } = operands[operand]!;
    const dying = known.get(source);
    if (dying === undefined || dying.last !== at) continue;
    const isReadOnce = operands.filter((one) => one.buffer === source)
      .length === 1;
    const output = outputs.find(({ buffer }) => {
      const born = known.get(buffer);
      return born?.first === at && born.bytes === dying.bytes;
    });
    if (!isReadOnce || output === undefined) continue;
    const born = known.get(output.buffer)!;
    dying.buffers.push(...born.buffers);
    dying.last = born.last;
    for (const buffer of born.buffers) known.set(buffer, dying);
  }
}
