/**
 * Whether four neighbours along an axis are worth computing together.
 *
 * @module
 */

import { type Expr, exprOrder } from "../../ir/expr.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import type { KernelStore, Stage } from "../../ir/kernel.ts";
import { evenFactor } from "../wgsl/mod.ts";

/** All that a kernel computes and writes. */
export interface KernelParts {
  /** Passes over the inner axes. */
  readonly stages: readonly Stage[];
  /** What is written for each row. */
  readonly rowStores: readonly KernelStore[];
}

/**
 * The indices at which a kernel reads and writes.
 *
 * @param parts The kernel.
 * @returns Indices of loads, then those of stores.
 */
export function indicesOf(
  parts: KernelParts,
): { readonly loads: readonly Expr[]; readonly stores: readonly Expr[] } {
  const stores = [
    ...parts.stages.flatMap((stage) => stage.stores),
    ...parts.rowStores,
  ];
  const values = parts.stages.flatMap((stage) =>
    stage.reductions.map((one) => one.value)
  );
  const all = exprOrder([
    ...values,
    ...stores.flatMap(({ index, value }) => [index, value]),
  ]);
  return {
    loads: all.filter((expr) => expr.op === "load").map((expr) =>
      expr.args[0]!
    ),
    stores: stores.map((store) => store.index),
  };
}

/**
 * Whether four elements at neighbouring positions along an axis lie side by
 * side, from a multiple of four on.
 *
 * @param index The index of the elements.
 * @param axis The axis.
 * @returns True when one vector holds them.
 */
export function isVectorAlong(index: Expr, axis: number): boolean {
  return strideAlong(index, axis) === 1 &&
    evenFactor(index, (other) => other === axis) === 4;
}
