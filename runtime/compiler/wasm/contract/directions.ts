/**
 * Along which axis the vectors of a factor run.
 *
 * @module
 */

import { type Expr, exprOrder } from "../../ir/expr.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { MOST_SPAN } from "./byte_forms.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";
import { SHORT_BLOCK } from "./short_ways.ts";
import type { ContractSpaces, Space } from "./spaces.ts";

/**
 * Whether vectors of a factor run over rows or columns rather than over steps.
 *
 * @param spaces The axes.
 * @param arithmetic How products are summed.
 * @param expr The factor.
 * @param space Its rows or columns.
 * @returns True when they do.
 */
export function prefersAcross(
  { inner, depth, rows }: ContractSpaces,
  { lanes }: Arithmetic,
  expr: Expr,
  space: Space,
): boolean {
  // Panels of rows do not end where an axis ends.
  if (space === rows && space.axes.length > 1) return false;
  if (space.size < lanes) return false;
  if (depth < lanes) return true;
  let balance = 0;
  for (const { op, args } of exprOrder([expr])) {
    if (op !== "load") continue;
    const across = stepAlong(args[0]!, space.axes.at(-1)!);
    const along = stepAlong(args[0]!, inner);
    if (across === 1 && along !== 0) balance++;
    else if (along === 1 && across !== 0) balance--;
    else if (along === undefined && across !== undefined) balance++;
  }
  return balance > 0;
}

/**
 * By how much an index grows, 1 also where neighbours share elements, or lie near
 * each other in another order.
 */
function stepAlong(index: Expr, axis: number): number | undefined {
  const step = strideAlong(index, axis);
  if (step !== undefined) return step;
  const pattern = new LanePatterns(axis, SHORT_BLOCK).of(index);
  const isNear = pattern?.offsets.every((offset) =>
    offset >= 0 && offset < MOST_SPAN
  );
  return isNear === true ? 1 : undefined;
}
