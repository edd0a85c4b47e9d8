/**
 * Expressions with parts replaced.
 *
 * @module
 */

import { type Expr, exprOrder, type ExprPool } from "./expr.ts";

/**
 * Expressions in which some are replaced, and what then is trivial is done.
 *
 * @param pool The pool of the expressions.
 * @param roots The expressions.
 * @param replace Gives what stands in the place of an expression, whose
 * arguments were replaced already; undefined leaves it as it is.
 * @returns The new roots.
 */
export function substitute(
  pool: ExprPool,
  roots: readonly Expr[],
  replace: (expr: Expr) => Expr | undefined,
): Expr[] {
  const made = new Map<Expr, Expr>();
  for (const expr of exprOrder(roots)) {
    const args = expr.args.map((arg) => made.get(arg)!);
    const same = args.every((arg, k) => arg === expr.args[k]);
    const renewed = same ? expr : simplify(pool, expr, args);
    // What an expression was simplified to has been replaced already.
    const done = args.includes(renewed);
    made.set(expr, done ? renewed : replace(renewed) ?? renewed);
  }
  return roots.map((root) => made.get(root)!);
}

function isConstant(expr: Expr, value: number): boolean {
  return expr.op === "constant" && expr.value === value;
}

/** The expression with new arguments; whole sums and products of 0 and 1 go. */
function simplify(pool: ExprPool, expr: Expr, args: readonly Expr[]): Expr {
  const { op, dtype, value } = expr;
  if (dtype === "i32" && args.length === 2) {
    const [a, b] = args as [Expr, Expr];
    if (op === "add") {
      if (isConstant(a, 0)) return b;
      if (isConstant(b, 0)) return a;
    } else if (op === "subtract") {
      if (isConstant(b, 0)) return a;
    } else if (op === "multiply") {
      if (isConstant(a, 0) || isConstant(b, 1)) return a;
      if (isConstant(b, 0) || isConstant(a, 1)) return b;
    }
  }
  return pool.make(op, dtype, args, value);
}
