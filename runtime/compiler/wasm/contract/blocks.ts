/**
 * How contractions are cut into items and blocks. Only shapes decide, so that
 * sums have one order whatever the number of threads.
 *
 * @module
 */

import type { Arithmetic } from "./arithmetic.ts";
import type { Geometry } from "./geometry.ts";
import type { ContractSpaces } from "./spaces.ts";

/** Bytes of a block of packed rows: half of a usual second-level cache. */
const LEFT_BYTES = 256 * 1024;
/** Bytes of packed columns that an item may keep to itself. */
const RIGHT_BYTES = 384 * 1024;
/** Products that are summed between two packings at most. */
const MOST_STEPS = 1024;
/** Panels of rows in a block at most. */
const MOST_PANELS = 16;
/** Items that a contraction is cut into where it is large enough. */
const WANTED_ITEMS = 24;
/** Operations that an item should have at least. */
const LEAST_WORK = 2e6;
/** Operations that one thread does in a nanosecond, about. */
const RATE = { f32: 50, f64: 25, i32: 35 } as const;

/** How a contraction is cut. */
export interface Blocks {
  /** Numbers that steer the loops. */
  readonly geometry: Geometry;
  /** Whether each item packs its own columns. */
  readonly private: boolean;
  /** Number of items. */
  readonly items: number;
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
  /** About how many nanoseconds an item takes in one thread. */
  readonly itemNanoseconds: number;
}

/**
 * Cuts a contraction into items and blocks.
 *
 * @param spaces Its axes.
 * @param arithmetic How products are summed.
 * @returns The numbers.
 */
export function blocksOf(
  spaces: ContractSpaces,
  arithmetic: Arithmetic,
): Blocks {
  const { bytes } = arithmetic;
  const batch = spaces.batch.size;
  const rows = spaces.rows.size;
  const columns = spaces.columns.size;
  const { depth } = spaces;
  const work = 2 * batch * rows * columns * depth;
  const turns = Math.ceil(depth / MOST_STEPS);
  const depthBlock = Math.min(depth, 4 * Math.ceil(depth / turns / 4));
  const rowPanels = Math.ceil(rows / arithmetic.rows);
  const columnPanels = Math.ceil(columns / arithmetic.columns);

  const wanted = Math.max(
    1,
    Math.min(WANTED_ITEMS, Math.floor(work / LEAST_WORK)) / batch,
  );
  const panelBytes = arithmetic.rows * depthBlock * bytes;
  const mostPanels = Math.max(
    1,
    Math.min(MOST_PANELS, Math.floor(LEFT_BYTES / panelBytes)),
  );
  const rowBlocks = Math.min(
    rowPanels,
    Math.max(
      Math.ceil(rowPanels / mostPanels),
      Math.min(wanted, Math.ceil(rowPanels / 4)),
    ),
  );
  const rowBlock = Math.ceil(rowPanels / rowBlocks) * arithmetic.rows;
  const rowItems = Math.ceil(rows / rowBlock);
  const isPrivate = rowItems === 1;

  const sumBytes = arithmetic.rows * arithmetic.columns * bytes;
  // Sums of all tiles of an item wait between packings.
  const waiting = depthBlock < depth;
  const mostColumnPanels = isPrivate
    ? Math.max(
      4,
      Math.floor(RIGHT_BYTES / (arithmetic.columns * depthBlock * bytes)),
    )
    : waiting
    ? 1024 / arithmetic.columns
    : columnPanels;
  const columnBlocks = Math.min(
    columnPanels,
    Math.max(
      Math.ceil(columnPanels / mostColumnPanels),
      Math.min(Math.ceil(wanted / rowItems), Math.ceil(columnPanels / 8)),
    ),
  );
  const columnBlock = Math.ceil(columnPanels / columnBlocks) *
    arithmetic.columns;
  const columnItems = Math.ceil(columns / columnBlock);
  const items = batch * rowItems * columnItems;

  const tiles = (rowBlock / arithmetic.rows) *
    (columnBlock / arithmetic.columns);
  const leftOffset = roundUp(waiting ? tiles * sumBytes : sumBytes);
  const rightOffset = leftOffset + roundUp(rowBlock * depthBlock * bytes);
  const scratchBytes = rightOffset +
    (isPrivate ? roundUp(columnBlock * depthBlock * bytes) : 0);
  return {
    geometry: {
      rows,
      columns,
      depth,
      rowBlock,
      columnBlock,
      depthBlock,
      rowBlocks: rowItems,
      columnBlocks: columnItems,
      sumStride: waiting ? sumBytes : 0,
      leftOffset,
      rightOffset,
    },
    private: isPrivate,
    items,
    scratchBytes,
    itemNanoseconds: work / items / RATE[arithmetic.kind],
  };
}

/** The next multiple of 64. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
