/**
 * The numbers that steer the loops of contractions.
 *
 * @module
 */

/**
 * Numbers that steer the loops, in the order in which they lie before the other
 * sizes. Text does not depend on them.
 */
export const GEOMETRY = [
  /** Number of independent products. */
  "batches",
  /** Rows of the result. */
  "rows",
  /** Columns of the result. */
  "columns",
  /** Products in each sum. */
  "depth",
  /** Rows that an item computes. */
  "rowBlock",
  /** Columns that an item computes. */
  "columnBlock",
  /** Products that are summed between two packings. */
  "depthBlock",
  /** Products that an item sums; less than all where parts are added later. */
  "splitDepth",
  /** Items along the rows. */
  "rowBlocks",
  /** Items along the columns. */
  "columnBlocks",
  /** Bytes between the sums of one tile and the next; 0 if all share a place. */
  "sumStride",
  /** Bytes of the sums of a tile. */
  "tileBytes",
  /** Rows of a tile. */
  "tileRows",
  /** Number of parts that sums are added from. */
  "splits",
  /** Where the packed left panels lie in the scratch memory. */
  "leftOffset",
  /** Where packed right panels lie in it, if they are packed there. */
  "rightOffset",
] as const;

/** Name of a number that steers the loops. */
export type GeometryName = typeof GEOMETRY[number];

/** Values of the numbers that steer the loops. */
export type Geometry = Readonly<Record<GeometryName, number>>;
