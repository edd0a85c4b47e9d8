/**
 * The tiles worth trying on a real GPU.
 *
 * @module
 */

import type { ContractTile } from "./tile.ts";

/** A tile, and how fast it is where it fits. */
export interface CandidateTile {
  /** The tile. */
  readonly tile: ContractTile;
  /** Its rate in large products on an H200, relative to the best tile. */
  readonly speed: number;
}

function candidate(
  [rows, columns, depth]: readonly [number, number, number],
  [threadRows, threadColumns]: readonly [number, number],
  buffers: 1 | 2,
  speed: number,
): CandidateTile {
  return {
    tile: { rows, columns, depth, threadRows, threadColumns, buffers },
    speed,
  };
}

/** Tiles for large results, from large to small. */
export const CANDIDATE_TILES: readonly CandidateTile[] = [
  candidate([256, 128, 16], [8, 8], 1, 0.8),
  candidate([128, 256, 16], [8, 8], 1, 0.78),
  candidate([128, 128, 16], [8, 16], 1, 0.98),
  candidate([128, 128, 16], [8, 8], 2, 0.76),
  candidate([128, 128, 32], [8, 8], 1, 0.99),
  candidate([128, 128, 16], [8, 8], 1, 1),
  candidate([128, 128, 8], [8, 8], 1, 0.88),
  candidate([96, 128, 16], [8, 8], 1, 0.79),
  candidate([256, 64, 16], [8, 8], 1, 0.88),
  candidate([64, 256, 16], [8, 8], 1, 1),
  candidate([128, 64, 16], [8, 8], 1, 0.83),
  candidate([64, 128, 16], [8, 8], 1, 0.93),
  candidate([64, 64, 16], [8, 8], 1, 0.93),
  candidate([64, 64, 16], [4, 8], 1, 0.8),
  candidate([64, 64, 32], [4, 4], 1, 0.71),
  candidate([64, 64, 16], [4, 4], 1, 0.72),
];

/** Tiles for results with few rows or columns, or few elements. */
export const SMALL_TILES: readonly CandidateTile[] = [
  candidate([32, 128, 16], [8, 8], 1, 0.75),
  candidate([32, 128, 16], [4, 8], 1, 0.7),
  candidate([32, 64, 16], [4, 4], 1, 0.6),
  candidate([32, 64, 32], [4, 4], 1, 0.6),
  candidate([32, 32, 32], [4, 4], 1, 0.5),
];

/**
 * A tile in few words.
 *
 * @param tile The tile.
 * @returns Such as `128x64x16 8x8 2`: its size, that of an invocation, buffers.
 */
export function tileName(tile: ContractTile): string {
  return `${tile.rows}x${tile.columns}x${tile.depth} ` +
    `${tile.threadRows}x${tile.threadColumns} ${tile.buffers}`;
}
