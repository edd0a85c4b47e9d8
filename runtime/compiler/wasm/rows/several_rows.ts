/**
 * Sums over rows that share a factor, as the products of a matrix and a vector
 * do: several rows at once, so that what they share is read once, and the others
 * come from memory side by side.
 *
 * @module
 */

import { dependsOn } from "../../ir/index_arithmetic.ts";
import type { Expr } from "../../ir/expr.ts";
import type { KernelStore, RowKernel } from "../../ir/kernel.ts";
import { substitute } from "../../ir/substitute.ts";

/** Rows at once. */
const ROWS = 8;
/** Groups of rows that must remain to be shared. */
const LEAST_GROUPS = 32;

/**
 * Takes several rows at once where they share a factor.
 *
 * @param kernel The kernel; lanes lie along its rows.
 * @returns The same computation, its last outer axis shorter; the kernel itself
 * where that does not pay.
 */
export function severalRows(kernel: RowKernel): RowKernel {
  const { axes, outer, pool, stages } = kernel;
  const row = outer - 1;
  const [stage] = stages;
  const reduction = stage?.reductions[0];
  if (row < 0 || stages.length !== 1 || reduction?.op !== "sum") return kernel;
  if (stage!.reductions.length > 1 || stage!.stores.length > 0) return kernel;
  const rows = axes[row]!;
  if (rows < ROWS * LEAST_GROUPS || !sharesFactor(reduction.value, row)) {
    return kernel;
  }
  /** The expressions for one of the rows; rows past the last repeat it. */
  const forRow = (number: number, roots: readonly Expr[]): Expr[] => {
    const first = pool.make("multiply", "i32", [
      pool.axis(row),
      pool.constant(ROWS),
    ]);
    const own = pool.make("add", "i32", [first, pool.constant(number)]);
    const place = rows % ROWS === 0
      ? own
      : pool.make("minimum", "i32", [own, pool.size(rows - 1)]);
    return substitute(pool, roots, (expr) => {
      if (expr.op === "axis" && expr.value === row) return place;
      return expr.op === "reduced"
        ? pool.make("reduced", expr.dtype, [], number)
        : undefined;
    });
  };
  const numbers = Array.from({ length: ROWS }, (_, number) => number);
  return {
    ...kernel,
    axes: axes.with(row, Math.ceil(rows / ROWS)),
    stages: [{
      reductions: numbers.map((number) => ({
        ...reduction,
        value: forRow(number, [reduction.value])[0]!,
      })),
      stores: [],
    }],
    rowStores: numbers.flatMap((number) =>
      kernel.rowStores.map(({ output, index, value }): KernelStore => {
        const [at, what] = forRow(number, [index, value]) as [Expr, Expr];
        return { output, index: at, value: what };
      })
    ),
  };
}

/** Whether a value is a product of something of the row and something of all. */
function sharesFactor({ op, args }: Expr, row: number): boolean {
  if (op !== "multiply") return false;
  const factors = args.map((arg) => arg.op === "cast" ? arg.args[0]! : arg);
  return factors.every((one) => one.op === "load" && one.args.length === 1) &&
    factors.some((one) => dependsOn(one, row)) &&
    factors.some((one) => !dependsOn(one, row));
}
