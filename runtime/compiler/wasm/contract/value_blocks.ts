/**
 * How long index expressions keep their value along an axis.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { constantOf } from "../../ir/index_arithmetic.ts";

/**
 * The length of the blocks along an axis within which an expression keeps its
 * value, where it depends on the position by a shift only.
 *
 * @param expr The expression.
 * @param axis Number of the axis.
 * @returns The length: infinite where the expression does not depend on the axis,
 * and 1 where nothing is known.
 */
export function blockAlong(expr: Expr, axis: number): number {
  const known = new Map<Expr, number>();
  const visit = (one: Expr): number => {
    let block = known.get(one);
    if (block === undefined) {
      block = own(one);
      known.set(one, block);
    }
    return block;
  };
  const own = (one: Expr): number => {
    if (one.op === "axis") return one.value === axis ? 1 : Infinity;
    const [value, by] = one.args;
    if (
      one.op === "shiftRight" && value!.op === "axis" && value!.value === axis
    ) {
      const shift = constantOf(by!);
      return shift === undefined ? 1 : 2 ** shift;
    }
    return one.args.reduce(
      (least, arg) => Math.min(least, visit(arg)),
      Infinity,
    );
  };
  return visit(expr);
}
