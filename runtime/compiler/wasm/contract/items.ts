/**
 * Which part of a contraction an item computes.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
import type { GeometryName } from "./geometry.ts";
import {
  hold,
  modulo,
  over,
  plus,
  pushSmaller,
  times,
  type Whole,
} from "../assembler_terms.ts";

/** Variables that tell what an item computes. */
export interface ItemPlace {
  /** Number of the rows: changes when they, the batch or the part change. */
  readonly block: Local;
  /** Number of the product, counted through all parts of sums. */
  readonly product: Local;
  /** Number of the product in the batch. */
  readonly batch: Local;
  /** First row. */
  readonly rowStart: Local;
  /** Row behind the last one. */
  readonly rowEnd: Local;
  /** First column. */
  readonly columnStart: Local;
  /** Column behind the last one. */
  readonly columnEnd: Local;
  /** First step of the sums. */
  readonly from: Local;
  /** Step behind the last one. */
  readonly to: Local;
}

/**
 * Finds out what an item computes.
 *
 * @param run The function.
 * @param size The numbers that steer.
 * @param item Number of the item.
 * @returns The variables.
 */
export function itemPlace(
  run: FunctionBuilder,
  size: Readonly<Record<GeometryName, Local>>,
  item: Local,
): ItemPlace {
  const end = (start: Local, extent: Local, all: Local): Local => {
    const made = run.local("i32");
    pushSmaller(run, plus(start, extent), all);
    run.set(made);
    return made;
  };
  const start = (index: Whole, extent: Local): Local =>
    hold(run, times(index, extent));
  const block = hold(run, over(item, size.columnBlocks));
  const product = hold(run, over(block, size.rowBlocks));
  const rowStart = start(modulo(block, size.rowBlocks), size.rowBlock);
  const columnStart = start(
    modulo(item, size.columnBlocks),
    size.columnBlock,
  );
  const from = start(over(product, size.batches), size.splitDepth);
  return {
    block,
    product,
    batch: hold(run, modulo(product, size.batches)),
    rowStart,
    rowEnd: end(rowStart, size.rowBlock, size.rows),
    columnStart,
    columnEnd: end(columnStart, size.columnBlock, size.columns),
    from,
    to: end(from, size.splitDepth, size.depth),
  };
}
