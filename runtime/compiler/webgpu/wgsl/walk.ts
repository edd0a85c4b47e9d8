/**
 * Walks over expressions without recursion, as chains may be long.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";

/**
 * Visits an expression after all that it needs and that is not known yet.
 *
 * @param root The expression.
 * @param isKnown Whether an expression needs no visit; a visit makes it known.
 * @param needsOf What must be known before an expression is visited.
 * @param visit Visits an expression.
 */
export function visitUnknown(
  root: Expr,
  isKnown: (expr: Expr) => boolean,
  needsOf: (expr: Expr) => readonly Expr[],
  visit: (expr: Expr) => void,
): void {
  const stack: Expr[] = [root];
  const entered = new Set<Expr>();
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (isKnown(top)) {
      stack.pop();
    } else if (entered.has(top)) {
      stack.pop();
      visit(top);
    } else {
      entered.add(top);
      const needs = needsOf(top);
      for (let k = needs.length - 1; k >= 0; k--) stack.push(needs[k]!);
    }
  }
}
