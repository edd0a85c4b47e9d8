/**
 * Vectors of a block of lanes, with what they share before them.
 *
 * @module
 */

import type { Emitter } from "../emit/emitter.ts";
import { inScopes } from "./emitter_scopes.ts";
import type { Lookups } from "./lookups.ts";

/** The lanes of a block. */
export interface LaneBlock {
  /** Lanes of the block. */
  readonly count: number;
  /** Lanes of a vector. */
  readonly lanes: number;
}

/**
 * Writes the vectors of a block one after the other, in a scope of each emitter,
 * with what their lanes share before them.
 *
 * @param emitters The emitters.
 * @param lookups The short ways, none or one an emitter.
 * @param block The lanes of the block.
 * @param write Writes the vectors that start at a lane.
 */
export function writeBlock(
  emitters: readonly Emitter[],
  lookups: readonly Lookups[],
  { count, lanes }: LaneBlock,
  write: (lane: number) => void,
): void {
  inScopes(emitters, () => {
    for (const one of lookups) one.begin();
    for (let lane = 0; lane < count; lane += lanes) {
      for (const one of lookups) {
        if (lane % one.group === 0) one.bind(lane);
      }
      write(lane);
    }
  });
}
