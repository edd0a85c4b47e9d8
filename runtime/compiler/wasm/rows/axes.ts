/**
 * Fewer and longer axes: neighbours along which all elements lie evenly, one
 * after another, are walked as one.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import type { LoopKernel, RowKernel } from "../../ir/kernel.ts";
import {
  rootsOfKernel,
  storesOfKernel,
  type Transform,
  transformRoots,
} from "../../ir/kernel_roots.ts";
import { substitute } from "../../ir/substitute.ts";

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
  const indices = new Set(storesOfKernel(kernel).map((store) => store.index));
  const values = rootsOfKernel(kernel).filter((root) => !indices.has(root));
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
  return { ...transformRoots(kernel, transform), axes, outer };
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
  return { ...transformRoots(kernel, transform), axes };
}
