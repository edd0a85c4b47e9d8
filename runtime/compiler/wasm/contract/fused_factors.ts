/**
 * Factors with multiplications and additions in one: sums of products are
 * rounded as the device likes anyway.
 *
 * @module
 */

import { type Expr, exprOrder, type ExprPool } from "../../ir/expr.ts";
import { substitute } from "../../ir/substitute.ts";

/**
 * A factor of a contraction in which products that something is added to, or
 * taken away from, are fused.
 *
 * @param pool The pool.
 * @param factor The factor.
 * @returns The same value but for its rounding.
 */
export function fusedFactor(pool: ExprPool, factor: Expr): Expr {
  const uses = new Map<Expr, number>();
  for (const expr of exprOrder([factor])) {
    for (const arg of expr.args) uses.set(arg, (uses.get(arg) ?? 0) + 1);
  }
  const single = new Set(
    [...uses].filter(([, count]) => count === 1).map(([expr]) => expr.id),
  );
  const isProduct = ({ op, dtype, id }: Expr) =>
    op === "multiply" && dtype === "f32" && single.has(id);
  return substitute(pool, [factor], ({ args, dtype, op }) => {
    if (dtype !== "f32") return undefined;
    const [a, b] = args as [Expr, Expr];
    if (op === "add") {
      if (isProduct(a)) return pool.make("multiplyAdd", dtype, [...a.args, b]);
      if (isProduct(b)) return pool.make("multiplyAdd", dtype, [...b.args, a]);
    }
    if (op === "subtract" && isProduct(a)) {
      const other = pool.make("negative", dtype, [b]);
      return pool.make("multiplyAdd", dtype, [...a.args, other]);
    }
    return undefined;
  })[0]!;
}
