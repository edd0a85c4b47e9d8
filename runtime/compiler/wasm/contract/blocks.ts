/**
 * How contractions are cut into items and blocks. Only shapes decide, so that
 * sums have one order whatever the number of threads.
 *
 * @module
 */

import type { Arithmetic } from "./arithmetic.ts";
import type { Geometry } from "./geometry.ts";
import { SHORT_BLOCK } from "./short_ways.ts";
import type { ContractSpaces } from "./spaces.ts";

/** Bytes of a block of packed rows: part of a second-level cache. */
const LEFT_BYTES = 384 * 1024;
/** Bytes of packed rows that are one block where there are many products. */
const SMALL_BYTES = 128 * 1024;
/** Bytes of packed columns that an item may keep to itself. */
const RIGHT_BYTES = 384 * 1024;
/** Bytes of a right factor that is packed as a whole, at most. */
const MOST_PACKED = 512 * 1024 * 1024;
/** Bytes of a row's products that are summed between two packings at most. */
const STEP_BYTES = 4096;
/** Panels of rows in a block at most. */
const MOST_PANELS = 16;
/** Panels of columns in a block at most where sums wait between packings. */
const MOST_WAITING = 128;
/** Columns of an item for which packing its rows is cheap. */
const WIDE_COLUMNS = 256;
/** Items that a contraction is cut into where it is large enough. */
const WANTED_ITEMS = 24;
/** Items below which sums are computed in parts. */
const FEW_ITEMS = 8;
/** Parts of sums at most. */
const MOST_SPLITS = 256;
/** Operations that an item should have at least. */
const LEAST_WORK = 2e6;
/** Operations that an item should have at most: others must get their turn. */
const MOST_WORK = 4e8;
/** Bytes of the right factor that an item with few rows should read at least. */
const LEAST_BYTES = 128 * 1024;
/**
 * Bytes of neighbouring columns that an item with few rows reads at most. Memory
 * is read fastest in order, so rather the depth is cut than the columns.
 */
const ACROSS_BYTES = 16 * 1024;
/** Operations that one thread does in a nanosecond, about. */
const RATE = { f32: 50, f64: 25, i32: 35 } as const;
/** Bytes that one thread reads in a nanosecond, about. */
const READ_RATE = 10;

/** How a contraction is cut. */
export interface Blocks {
  /** Numbers that steer the loops. */
  readonly geometry: Geometry;
  /** Number of items. */
  readonly items: number;
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
  /** About how many nanoseconds an item takes in one thread. */
  readonly itemNanoseconds: number;
  /** Bytes of all sums where they are computed in parts, else 0. */
  readonly partialBytes: number;
  /** Number of tiles of all products. */
  readonly tiles: number;
}

/** Blocks of a contraction with packed panels. */
export interface PackedBlocks extends Blocks {
  /** Whether each item packs its own columns. */
  readonly private: boolean;
}

/** What may be chosen of blocks by measuring; sums keep their order. */
export interface BlockOptions {
  /** Panels of rows in a block at most. */
  readonly panels: number;
  /** Items that a contraction is cut into where it is large enough. */
  readonly items: number;
}

/** How the depth is cut into parts. */
interface Split {
  readonly splits: number;
  readonly splitDepth: number;
}

function splitOf(depth: number, wanted: number): Split {
  const splits = Math.max(1, Math.min(MOST_SPLITS, Math.floor(wanted)));
  const splitDepth = splits === 1
    ? depth
    : Math.min(depth, roundUp(depth / splits));
  return { splits: Math.ceil(depth / splitDepth), splitDepth };
}

/**
 * Cuts a contraction with packed panels into items and blocks.
 *
 * @param spaces Its axes.
 * @param arithmetic How products are summed.
 * @param inOnePhase Whether each item packs its own columns and completes its
 * sums, whatever the shape.
 * @param options What was chosen by measuring, if anything was.
 * @returns The numbers.
 */
export function packedBlocks(
  spaces: Pick<ContractSpaces, "batch" | "rows" | "columns" | "depth">,
  arithmetic: Arithmetic,
  inOnePhase = false,
  options?: BlockOptions,
): PackedBlocks {
  const { bytes } = arithmetic;
  const batches = spaces.batch.size;
  const rows = spaces.rows.size;
  const columns = spaces.columns.size;
  const { depth } = spaces;
  const work = 2 * batches * rows * columns * depth;
  const rowPanels = Math.ceil(rows / arithmetic.rows);
  const columnPanels = Math.ceil(columns / arithmetic.columns);
  const wantedItems = options?.items ?? WANTED_ITEMS;
  const wanted = Math.max(1, Math.min(wantedItems, work / LEAST_WORK)) /
    batches;

  const mostItems = batches * Math.ceil(rowPanels / 4) *
    Math.ceil(columnPanels / 8);
  const { splits, splitDepth } = splitOf(
    depth,
    inOnePhase ? 1 : Math.max(
      work / mostItems / MOST_WORK,
      mostItems >= FEW_ITEMS ? 1 : Math.min(
        work / LEAST_WORK,
        2 * FEW_ITEMS / mostItems,
        depth * bytes / STEP_BYTES,
      ),
    ),
  );
  const turns = Math.ceil(splitDepth * bytes / STEP_BYTES);
  const depthBlock = Math.min(
    splitDepth,
    roundUp(splitDepth / turns),
  );

  const panelBytes = arithmetic.rows * depthBlock * bytes;
  const ruledPanels = batches >= FEW_ITEMS &&
      rowPanels * panelBytes <= SMALL_BYTES
    ? rowPanels
    : Math.max(
      1,
      Math.min(MOST_PANELS, Math.floor(LEFT_BYTES / panelBytes)),
    );
  const mostPanels = options?.panels ?? ruledPanels;
  const fewestRowBlocks = Math.ceil(rowPanels / mostPanels);
  // Large blocks of rows read the right factor less often, so columns are cut
  // first, as long as packing the rows anew for each cut is cheap.
  const wideCuts = Math.min(
    Math.ceil(wanted / fewestRowBlocks),
    Math.ceil(columns / WIDE_COLUMNS),
  );
  const rowBlocks = fewestRowBlocks === 1 ? 1 : Math.max(
    fewestRowBlocks,
    Math.min(Math.ceil(wanted / wideCuts), Math.ceil(rowPanels / 4)),
  );
  const rowBlock = Math.ceil(rowPanels / rowBlocks) * arithmetic.rows;
  const rowItems = Math.ceil(rows / rowBlock);
  const packedBytes = batches * columnPanels * arithmetic.columns * depth *
    bytes;
  const isPrivate = inOnePhase || rowItems === 1 || packedBytes > MOST_PACKED;

  // Sums of all tiles of an item wait between packings.
  const waiting = depthBlock < splitDepth;
  const rightPanelBytes = arithmetic.columns * depthBlock * bytes;
  const mostColumnPanels = Math.min(
    isPrivate
      ? Math.max(4, Math.floor(RIGHT_BYTES / rightPanelBytes))
      : Infinity,
    waiting ? MOST_WAITING : Infinity,
  );
  const columnBlocks = Math.max(
    Math.ceil(columnPanels / mostColumnPanels),
    Math.min(Math.ceil(wanted / rowItems), Math.ceil(columnPanels / 8)),
  );
  const columnBlock = Math.ceil(columnPanels / columnBlocks) *
    arithmetic.columns;
  const columnItems = Math.ceil(columns / columnBlock);
  const items = splits * batches * rowItems * columnItems;

  const tileBytes = arithmetic.rows * arithmetic.columns * bytes;
  const blockTiles = (rowBlock / arithmetic.rows) *
    (columnBlock / arithmetic.columns);
  const leftOffset = roundUp(waiting ? blockTiles * tileBytes : tileBytes);
  const rightOffset = leftOffset + roundUp(rowBlock * depthBlock * bytes);
  const tiles = batches * rowPanels * columnPanels;
  return {
    geometry: {
      batches,
      rows,
      columns,
      depth,
      rowBlock,
      columnBlock,
      depthBlock,
      splitDepth,
      rowBlocks: rowItems,
      columnBlocks: columnItems,
      sumStride: waiting ? tileBytes : 0,
      tileBytes,
      tileRows: arithmetic.rows,
      splits,
      leftOffset,
      rightOffset,
    },
    private: isPrivate,
    items,
    scratchBytes: rightOffset +
      (isPrivate ? roundUp(columnBlock * depthBlock * bytes) : 0),
    itemNanoseconds: work / items / RATE[arithmetic.kind],
    partialBytes: splits > 1 ? splits * tiles * tileBytes : 0,
    tiles,
  };
}

/**
 * Cuts a contraction with few rows into items: blocks of columns.
 *
 * @param spaces Its axes.
 * @param arithmetic How products are summed.
 * @param rowsAtOnce Rows that are computed at once.
 * @param isAcross Whether neighbours of the right factor are columns.
 * @returns The numbers.
 */
export function thinBlocks(
  spaces: ContractSpaces,
  arithmetic: Arithmetic,
  rowsAtOnce: number,
  isAcross: boolean,
): Blocks {
  const { bytes } = arithmetic;
  const batches = spaces.batch.size;
  const rows = spaces.rows.size;
  const columns = spaces.columns.size;
  const { depth } = spaces;
  const tileRows = Math.ceil(rows / rowsAtOnce) * rowsAtOnce;
  const columnPanels = Math.ceil(columns / arithmetic.columns);
  const read = batches * columns * depth * bytes;
  const wanted = Math.max(1, Math.min(WANTED_ITEMS, read / LEAST_BYTES)) /
    batches;
  const panelBytes = arithmetic.columns * bytes;
  const columnBlocks = isAcross
    ? Math.ceil(columnPanels * panelBytes / ACROSS_BYTES)
    : Math.min(Math.ceil(wanted), columnPanels);
  const columnBlock = Math.ceil(columnPanels / columnBlocks) *
    arithmetic.columns;
  const columnItems = Math.ceil(columns / columnBlock);
  const whole = batches * columnItems;
  const { splits, splitDepth } = splitOf(
    depth,
    whole < FEW_ITEMS ? Math.min(read / LEAST_BYTES, 2 * FEW_ITEMS) / whole : 1,
  );
  const most = Math.max(4, Math.floor(LEFT_BYTES / 4 / (tileRows * bytes)));
  const turns = Math.ceil(splitDepth / most);
  const depthBlock = Math.min(
    splitDepth,
    roundUp(splitDepth / turns),
  );
  const tileBytes = tileRows * panelBytes;
  const leftOffset = roundUp(columnBlock / arithmetic.columns * tileBytes);
  // Behind the rows there is room for the sums of their stretches.
  const scratchBytes = leftOffset + roundUp(tileRows * depthBlock * bytes) +
    roundUp(tileRows * depthBlock * bytes / SHORT_BLOCK);
  const items = splits * whole;
  const tiles = batches * columnPanels;
  return {
    geometry: {
      batches,
      rows,
      columns,
      depth,
      rowBlock: tileRows,
      columnBlock,
      depthBlock,
      splitDepth,
      rowBlocks: 1,
      columnBlocks: columnItems,
      sumStride: 0,
      tileBytes,
      tileRows,
      splits,
      leftOffset,
      rightOffset: 0,
    },
    items,
    scratchBytes,
    itemNanoseconds: read / items / READ_RATE,
    partialBytes: splits > 1 ? splits * tiles * tileBytes : 0,
    tiles,
  };
}

/** The next multiple of 64: bytes of a cache line, or steps of a block of codes. */
function roundUp(count: number): number {
  return Math.ceil(count / 64) * 64;
}
