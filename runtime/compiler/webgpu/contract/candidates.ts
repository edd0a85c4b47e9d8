/**
 * The tiles worth trying on a real GPU.
 *
 * @module
 */

import type { ContractTile } from "./tile.ts";

function tile(
  rows: number,
  columns: number,
  depth: number,
  threadRows: number,
  threadColumns: number,
  buffers: 1 | 2,
): ContractTile {
  return { rows, columns, depth, threadRows, threadColumns, buffers };
}

/** Tiles for large results, from large to small. */
export const CANDIDATE_TILES: readonly ContractTile[] = [
  tile(256, 128, 8, 16, 8, 2),
  tile(128, 256, 8, 8, 16, 2),
  tile(128, 128, 8, 8, 8, 2),
  tile(128, 128, 8, 8, 8, 1),
  tile(128, 128, 16, 8, 8, 2),
  tile(128, 128, 16, 8, 8, 1),
  tile(128, 128, 16, 8, 16, 1),
  tile(128, 64, 16, 8, 8, 2),
  tile(64, 128, 16, 8, 8, 1),
  tile(64, 64, 16, 8, 8, 2),
  tile(64, 64, 16, 4, 8, 1),
  tile(64, 64, 16, 4, 4, 1),
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
