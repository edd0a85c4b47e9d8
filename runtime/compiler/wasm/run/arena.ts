/**
 * Where the temporaries of a program lie.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import type { Program } from "../../ir/kernel.ts";

/** Places of temporaries. */
export interface Arena {
  /** Byte offset of each temporary; undefined for other buffers. */
  readonly offsets: readonly (number | undefined)[];
  /** Bytes in all. */
  readonly byteLength: number;
}

/**
 * Gives each temporary a place.
 *
 * @param program The program.
 * @returns The places.
 */
export function planMemory(program: Program): Arena {
  let byteLength = 0;
  const offsets = program.buffers.map(({ dtype, role, size }) => {
    if (role !== "temporary") return undefined;
    const offset = byteLength;
    byteLength += Math.ceil(size * byteSize(dtype) / 64) * 64;
    return offset;
  });
  return { offsets, byteLength };
}
