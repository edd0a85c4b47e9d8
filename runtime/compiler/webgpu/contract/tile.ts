/**
 * Shapes of tiles: how a contraction is divided among workgroups and
 * invocations.
 *
 * @module
 */

import type { WebGpuLimits } from "../abi.ts";

/** How a workgroup and its invocations divide the result. */
export interface ContractTile {
  /** Rows of the result that a workgroup computes; a multiple of 4. */
  readonly rows: number;
  /** Columns of the result that a workgroup computes; a multiple of 4. */
  readonly columns: number;
  /** Steps of the sum that lie in workgroup memory at once; multiple of 4. */
  readonly depth: number;
  /** Rows that one invocation computes; a multiple of 4. */
  readonly threadRows: number;
  /** Columns that one invocation computes; a multiple of 4. */
  readonly threadColumns: number;
  /** 2 fills one half of workgroup memory while the other one is read. */
  readonly buffers: 1 | 2;
}

/**
 * Invocations of a tile's workgroup.
 *
 * @param tile The tile.
 * @returns Their number.
 */
export function invocationsOf(tile: ContractTile): number {
  return tile.rows / tile.threadRows * (tile.columns / tile.threadColumns);
}

/**
 * Bytes of workgroup memory that a tile needs at most.
 *
 * @param tile The tile.
 * @param bytes Bytes of an element.
 * @returns The bytes, with the padding of both factors.
 */
export function workgroupBytes(tile: ContractTile, bytes = 4): number {
  return tile.buffers * tile.depth * (tile.rows + tile.columns + 8) * bytes;
}

/**
 * Whether an adapter can run a tile.
 *
 * @param tile The tile.
 * @param limits What the adapter can do.
 * @param bytes Bytes of an element in workgroup memory.
 * @returns True when it can.
 */
export function fits(
  tile: ContractTile,
  limits: WebGpuLimits,
  bytes = 4,
): boolean {
  return invocationsOf(tile) <= limits.maxComputeInvocationsPerWorkgroup &&
    workgroupBytes(tile, bytes) <= limits.maxComputeWorkgroupStorageSize;
}
