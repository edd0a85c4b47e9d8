/**
 * Fewer and longer axes: neighbours along which all elements lie evenly, one
 * after another, are walked as one.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { KernelStore, LoopKernel, RowKernel } from "../../ir/kernel.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import { substitute } from "../../ir/substitute.ts";

/** Gives other expressions for those of a kernel, in the same order. */
export type Transform = (roots: readonly Expr[]) => Expr[];

function storeRoots(stores: readonly KernelStore[]): Expr[] {
  return stores.flatMap(({ index, value }) => [index, value]);
}

/**
 * All expressions of a kernel that stand on their own.
 *
 * @param kernel The kernel.
 * @returns The expressions, in a fixed order.
 */
export function rootsOf(kernel: RowKernel | LoopKernel): Expr[] {
  if (kernel.kind === "loop") {
    return [
      ...kernel.carries.flatMap(({ initial, next }) => [initial, next]),
      ...storeRoots(kernel.stores),
      ...storeRoots(kernel.rowStores),
    ];
  }
  return [
    ...kernel.stages.flatMap(({ reductions, stores }) => [
      ...reductions.map(({ value }) => value),
      ...storeRoots(stores),
    ]),
    ...storeRoots(kernel.rowStores),
  ];
}

/** Hands out the new expressions in the order of {@linkcode rootsOf}. */
function renewer(kernel: RowKernel | LoopKernel, transform: Transform) {
  const roots = transform(rootsOf(kernel));
  let used = 0;
  const take = (): Expr => roots[used++]!;
  const stores = (old: readonly KernelStore[]): KernelStore[] =>
    old.map(({ output }) => ({ output, index: take(), value: take() }));
  return { take, stores };
}

/**
 * A row kernel with other expressions.
 *
 * @param kernel The kernel.
 * @param transform Gives them.
 * @returns The new kernel.
 */
export function transformRows(
  kernel: RowKernel,
  transform: Transform,
): RowKernel {
  const { take, stores } = renewer(kernel, transform);
  return {
    ...kernel,
    stages: kernel.stages.map((stage) => ({
      reductions: stage.reductions.map((one) => ({ ...one, value: take() })),
      stores: stores(stage.stores),
    })),
    rowStores: stores(kernel.rowStores),
  };
}

/**
 * A loop kernel with other expressions.
 *
 * @param kernel The kernel.
 * @param transform Gives them.
 * @returns The new kernel.
 */
export function transformLoop(
  kernel: LoopKernel,
  transform: Transform,
): LoopKernel {
  const { take, stores } = renewer(kernel, transform);
  return {
    ...kernel,
    carries: kernel.carries.map(({ dtype }) => ({
      dtype,
      initial: take(),
      next: take(),
    })),
    stores: stores(kernel.stores),
    rowStores: stores(kernel.rowStores),
  };
}

/** The axes after joining, and what that makes of expressions. */
interface Joined {
  readonly axes: readonly number[];
  readonly outer: number;
  readonly transform: Transform;
}

/**
 * The indices of a kernel, and the axes that it reads for anything else.
 *
 * @param values All expressions that are no indices of stores.
 * @param indices Indices of stores; those of loads are added.
 */
function readBare(values: readonly Expr[], indices: Set<Expr>): Set<number> {
  const bare = new Set<number>();
  const seen = new Set<Expr>(values);
  for (const expr of seen) {
    if (expr.op === "axis") bare.add(expr.value);
    expr.args.forEach((arg, k) => {
      if (expr.op === "load" && k === 0) indices.add(arg);
      else seen.add(arg);
    });
  }
  return bare;
}

/**
 * @param kernel The kernel.
 * @param outer Number of axes before the border that no axis may cross.
 * @param needed Axes that must stay, whatever their length.
 */
function join(
  kernel: RowKernel | LoopKernel,
  outer: number,
  needed: ReadonlySet<number>,
): Joined {
  const { pool } = kernel;
  const stores = kernel.kind === "loop"
    ? [...kernel.stores, ...kernel.rowStores]
    : [...kernel.stages.flatMap((one) => one.stores), ...kernel.rowStores];
  const indices = new Set(stores.map((store) => store.index));
  const values = rootsOf(kernel).filter((root) => !indices.has(root));
  const bare = readBare(values, indices);
  /** Whether `axis` steps over whole lengths of `head`, everywhere. */
  const follows = (axis: number, head: number, length: number) => {
    if (bare.has(axis) || bare.has(head)) return false;
    for (const index of indices) {
      const step = strideAlong(index, head);
      if (step === undefined) return false;
      if (strideAlong(index, axis) !== step * length) return false;
    }
    return true;
  };
  const kept: { axis: number; length: number }[] = [];
  for (let axis = kernel.axes.length - 1; axis >= 0; axis--) {
    const length = kernel.axes[axis]!;
    const head = kept[0];
    if (length === 1 && !needed.has(axis)) continue;
    const apart = head === undefined || (axis < outer) !== (head.axis < outer);
    if (!apart && follows(axis, head.axis, head.length)) head.length *= length;
    else kept.unshift({ axis, length });
  }
  const places = new Map(kept.map(({ axis }, place) => [axis, place]));
  return {
    axes: kept.map(({ length }) => length),
    outer: kept.filter(({ axis }) => axis < outer).length,
    transform: (roots) =>
      substitute(pool, roots, (expr) => {
        if (expr.op !== "axis") return undefined;
        const place = places.get(expr.value);
        return place === undefined ? pool.constant(0) : pool.axis(place);
      }),
  };
}

/**
 * A row kernel with as few axes as may be. A map keeps one, and so do the inner
 * axes.
 *
 * @param kernel The kernel.
 * @returns The same computation.
 */
export function joinRowAxes(kernel: RowKernel): RowKernel {
  if (kernel.axes.length === 0) return { ...kernel, axes: [1], outer: 1 };
  const last = kernel.axes.length - 1;
  const { axes, outer, transform } = join(
    kernel,
    kernel.outer,
    new Set([last]),
  );
  return { ...transformRows(kernel, transform), axes, outer };
}

/**
 * A loop kernel with as few lanes' axes as may be.
 *
 * @param kernel The kernel.
 * @returns The same computation.
 */
export function joinLoopAxes(kernel: LoopKernel): LoopKernel {
  const last = kernel.axes.length - 1;
  const { axes, transform } = join(kernel, last, new Set([last]));
  return { ...transformLoop(kernel, transform), axes };
}
