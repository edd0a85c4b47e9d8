/**
 * Index arithmetic with powers of two as shifts.
 *
 * @module
 */

import type { Expr, ExprPool } from "../../ir/expr.ts";
import { constantOf } from "../../ir/index_arithmetic.ts";
import { substitute } from "../../ir/substitute.ts";

/**
 * Expressions in which quotients by powers of two are shifts, and remainders are
 * masks: vectors have no division.
 *
 * @param pool The pool of the expressions.
 * @param roots The expressions.
 * @returns The new expressions, in the order of the old ones.
 */
export function shiftDivisors(
  pool: ExprPool,
  roots: readonly Expr[],
): Expr[] {
  return substitute(pool, roots, (expr) => {
    if (expr.op !== "quotient" && expr.op !== "modulo") return undefined;
    const [value, by] = expr.args as [Expr, Expr];
    const divisor = constantOf(by);
    if (divisor === undefined || !isPowerOfTwo(divisor)) return undefined;
    return expr.op === "quotient"
      ? pool.make("shiftRight", "i32", [
        value,
        pool.constant(Math.log2(divisor)),
      ])
      : pool.make("and", "i32", [value, pool.constant(divisor - 1)]);
  });
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && value < 2 ** 31 && Number.isInteger(Math.log2(value));
}

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
