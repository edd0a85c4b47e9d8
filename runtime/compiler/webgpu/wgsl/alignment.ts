/**
 * What can be said about the factors of index expressions: whether four
 * consecutive elements start at a multiple of four.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";

/**
 * The largest of 1, 2 and 4 that certainly divides a whole number.
 *
 * @param expr The number; not negative where it is used as an index.
 * @param aligned Axes whose positions are multiples of 4.
 * @returns 1, 2 or 4.
 */
export function evenFactor(
  expr: Expr,
  aligned: (axis: number) => boolean,
): number {
  switch (expr.op) {
    case "constant":
    case "size":
      return expr.value % 4 === 0 ? 4 : expr.value % 2 === 0 ? 2 : 1;
    case "axis":
      return aligned(expr.value) ? 4 : 1;
    case "add":
    case "subtract":
    case "modulo":
      return Math.min(
        evenFactor(expr.args[0]!, aligned),
        evenFactor(expr.args[1]!, aligned),
      );
    case "multiply":
      return Math.min(
        4,
        evenFactor(expr.args[0]!, aligned) * evenFactor(expr.args[1]!, aligned),
      );
    default:
      return 1;
  }
}
