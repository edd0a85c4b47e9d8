/**
 * Kernels as the renderers of this folder want them: written with operators
 * that WGSL has, over as few axes as possible.
 *
 * @module
 */

import { expandFunctions } from "../../functions/mod.ts";
import type { Expr, ExprPool } from "../../ir/expr.ts";
import type {
  Carry,
  KernelStore,
  LoopKernel,
  RowKernel,
  Stage,
} from "../../ir/kernel.ts";
import { mergeAxes } from "./merge_axes.ts";

/** A change of expressions. */
type Rewrite = (expr: Expr) => Expr;

function mapStores(
  stores: readonly KernelStore[],
  rewrite: Rewrite,
): KernelStore[] {
  return stores.map(({ output, index, value }) => ({
    output,
    index: rewrite(index),
    value: rewrite(value),
  }));
}

function mapStages(stages: readonly Stage[], rewrite: Rewrite): Stage[] {
  return stages.map(({ reductions, stores }) => ({
    reductions: reductions.map((one) => ({
      ...one,
      value: rewrite(one.value),
    })),
    stores: mapStores(stores, rewrite),
  }));
}

function mapCarries(carries: readonly Carry[], rewrite: Rewrite): Carry[] {
  return carries.map(({ dtype, initial, next }) => ({
    dtype,
    initial: rewrite(initial),
    next: rewrite(next),
  }));
}

/**
 * All stores of a rows kernel.
 *
 * @param kernel The kernel.
 * @returns Those of the stages, then those of the rows.
 */
export function storesOf(
  kernel: Pick<RowKernel, "stages" | "rowStores">,
): KernelStore[] {
  return [
    ...kernel.stages.flatMap((stage) => stage.stores),
    ...kernel.rowStores,
  ];
}

/** Writes functions with the operators that WGSL has. */
function expander(pool: ExprPool, roots: readonly Expr[]): Rewrite {
  const made = expandFunctions(pool, roots, "webgpu");
  const known = new Map(roots.map((root, k) => [root, made[k]!]));
  return (expr) => known.get(expr)!;
}

/** All that a kernel computes and where it writes it. */
function rootsOf(
  stores: readonly KernelStore[],
  values: readonly Expr[],
): Expr[] {
  return [...stores.flatMap(({ index, value }) => [index, value]), ...values];
}

/**
 * A rows kernel with fewer axes and without functions that WGSL lacks.
 *
 * @param kernel The kernel.
 * @returns A kernel that computes the same.
 */
export function normalizeRows(kernel: RowKernel): RowKernel {
  const values = kernel.stages.flatMap(({ reductions }) =>
    reductions.map((one) => one.value)
  );
  const expand = expander(kernel.pool, rootsOf(storesOf(kernel), values));
  return mergeRows({
    ...kernel,
    stages: mapStages(kernel.stages, expand),
    rowStores: mapStores(kernel.rowStores, expand),
  });
}

function mergeRows(kernel: RowKernel): RowKernel {
  const stores = storesOf(kernel);
  const { axes, outer, rewrite } = mergeAxes(
    kernel.pool,
    kernel.axes,
    kernel.outer,
    [
      ...stores.map((store) => store.value),
      ...kernel.stages.flatMap(({ reductions }) =>
        reductions.map((one) => one.value)
      ),
    ],
    stores.map((store) => store.index),
  );
  // A pass needs an axis, even if nothing moves along it.
  const walked = kernel.stages.length > 0 && axes.length === outer;
  return {
    ...kernel,
    axes: walked ? [...axes, 1] : axes,
    outer,
    stages: mapStages(kernel.stages, rewrite),
    rowStores: mapStores(kernel.rowStores, rewrite),
  };
}

/**
 * A loop with fewer lanes' axes and without functions that WGSL lacks; the axis
 * that is walked stays the last one, even if it has length 1.
 *
 * @param kernel The kernel.
 * @returns A kernel that computes the same.
 */
export function normalizeLoop(kernel: LoopKernel): LoopKernel {
  const { carries, rowStores, stores } = kernel;
  const values = carries.flatMap(({ initial, next }) => [initial, next]);
  const roots = rootsOf([...stores, ...rowStores], values);
  const expand = expander(kernel.pool, roots);
  return mergeLoop({
    ...kernel,
    carries: mapCarries(carries, expand),
    stores: mapStores(stores, expand),
    rowStores: mapStores(rowStores, expand),
  });
}

function mergeLoop(kernel: LoopKernel): LoopKernel {
  const { carries, rowStores, stores } = kernel;
  const both = [...stores, ...rowStores];
  const outer = kernel.axes.length - 1;
  const merged = mergeAxes(
    kernel.pool,
    kernel.axes,
    outer,
    [
      ...both.map((store) => store.value),
      ...carries.flatMap(({ initial, next }) => [initial, next]),
    ],
    both.map((store) => store.index),
  );
  const length = kernel.axes[outer]!;
  return {
    ...kernel,
    axes: length === 1 ? [...merged.axes, 1] : merged.axes,
    carries: mapCarries(carries, merged.rewrite),
    stores: mapStores(stores, merged.rewrite),
    rowStores: mapStores(rowStores, merged.rewrite),
  };
}
