/**
 * Kernels as the emitter wants them: without functions that have no instruction,
 * and without divisions where shifts do, as vectors have none.
 *
 * @module
 */

import { withoutFunctions } from "../../functions/mod.ts";
import type { Expr, ExprPool } from "../../ir/expr.ts";
import { constantOf } from "../../ir/index_arithmetic.ts";
import type { Kernel } from "../../ir/kernel.ts";
import { transformRoots } from "../../ir/kernel_roots.ts";
import { substitute } from "../../ir/substitute.ts";

/**
 * A kernel for the emitter.
 *
 * @param kernel The kernel.
 * @returns The same computation.
 */
export function emittable<K extends Kernel>(kernel: K): K {
  return transformRoots(
    withoutFunctions(kernel, "wasm"),
    (roots) => shiftDivisors(kernel.pool, roots),
  );
}

/** Quotients by powers of two are shifts, and remainders are masks. */
function shiftDivisors(
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
