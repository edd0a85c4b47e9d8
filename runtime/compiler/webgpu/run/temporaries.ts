/**
 * Places for the temporaries of a program, in buffers of bounded length.
 *
 * @module
 */

import type { Program } from "../../ir/kernel.ts";
import { planMemory } from "../../memory_plan.ts";
import { ALIGNMENT, bytesOfSpec, type Place } from "./ranges.ts";

/** Where temporaries lie. */
export interface TemporaryLayout {
  /** Place of each buffer of the program; undefined where it is none. */
  readonly places: (Place | undefined)[];
  /** Bytes of each slab. */
  readonly slabs: readonly number[];
}

/**
 * Lays temporaries out; those that never live at the same time share memory.
 *
 * @param program The program.
 * @param limit Bytes of a slab at most.
 * @returns Their places.
 */
export function placeTemporaries(
  program: Program,
  limit: number,
): TemporaryLayout {
  const slabBytes = Math.floor(limit / ALIGNMENT) * ALIGNMENT;
  const { byteLength, offsets } = planMemory(program, slabBytes);
  const slabs: number[] = [];
  for (let rest = byteLength; rest > 0; rest -= slabBytes) {
    slabs.push(Math.min(rest, slabBytes));
  }
  const places = offsets.map((offset, buffer): Place | undefined =>
    offset === undefined ? undefined : {
      slab: Math.floor(offset / slabBytes),
      offset: offset % slabBytes,
      bytes: bytesOfSpec(program.buffers[buffer]!),
    }
  );
  return { places, slabs };
}
