/**
 * Joins neighbouring axes along which a kernel walks its buffers as along one,
 * so that most kernels need no division to know where they are.
 *
 * @module
 */

import type { Expr, ExprPool } from "../../ir/expr.ts";
import { axesOf, constantOf } from "../../ir/index_arithmetic.ts";
import { visitUnknown } from "../wgsl/mod.ts";

/** How a kernel looks after its axes were joined. */
export interface MergedAxes {
  /** Lengths of the axes. */
  readonly axes: readonly number[];
  /** Number of those that came from the first `outer` axes. */
  readonly outer: number;
  /**
   * An expression over the new axes.
   *
   * @param expr The expression over the old ones.
   */
  rewrite(expr: Expr): Expr;
}

/** What reads the axes of a kernel, and how. */
class AxisUses {
  /** Axes that are read beside the terms of indices. */
  readonly pinned = new Set<number>();
  /** By how much each index steps along each axis. */
  readonly steps: Map<number, number>[] = [];
  readonly #seen = new Set<Expr>();

  value(root: Expr): void {
    const stack = [root];
    for (let expr = stack.pop(); expr !== undefined; expr = stack.pop()) {
      if (this.#seen.has(expr) || axesOf(expr).size === 0) continue;
      this.#seen.add(expr);
      if (expr.op === "axis") this.pinned.add(expr.value);
      else if (expr.op === "load") {
        this.index(expr.args[0]!);
        stack.push(...expr.args.slice(1));
      } else stack.push(...expr.args);
    }
  }

  index(index: Expr): void {
    const steps = new Map<number, number>();
    this.#terms(index, 1, steps);
    this.steps.push(steps);
  }

  #terms(expr: Expr, factor: number, steps: Map<number, number>): void {
    if (axesOf(expr).size === 0) return;
    const [a, b] = expr.args as [Expr, Expr];
    const known = expr.op === "multiply" ? factorOf(expr) : undefined;
    if (expr.op === "axis") {
      steps.set(expr.value, (steps.get(expr.value) ?? 0) + factor);
    } else if (expr.op === "add" || expr.op === "subtract") {
      this.#terms(a, factor, steps);
      this.#terms(b, expr.op === "add" ? factor : -factor, steps);
    } else if (known !== undefined) {
      this.#terms(known.rest, factor * known.factor, steps);
    } else this.value(expr);
  }
}

/** A product with a known number. */
function factorOf(
  product: Expr,
): { readonly factor: number; readonly rest: Expr } | undefined {
  const [a, b] = product.args as [Expr, Expr];
  const left = constantOf(a);
  if (left !== undefined) return { factor: left, rest: b };
  const right = constantOf(b);
  return right === undefined ? undefined : { factor: right, rest: a };
}

/**
 * Joins axes.
 *
 * @param pool The pool of all expressions.
 * @param axes Lengths of the axes.
 * @param outer Axes from this one on are not joined with those before.
 * @param values Expressions that the kernel computes, but for the next.
 * @param indices Indices that it writes at.
 * @returns The new axes. Those of length 1 are left out.
 */
export function mergeAxes(
  pool: ExprPool,
  axes: readonly number[],
  outer: number,
  values: readonly Expr[],
  indices: readonly Expr[],
): MergedAxes {
  const uses = new AxisUses();
  for (const value of values) uses.value(value);
  for (const index of indices) uses.index(index);
  const groups: number[][] = [];
  let outerGroups = 0;
  axes.forEach((length, axis) => {
    if (length === 1) return;
    const last = groups[groups.length - 1];
    const before = last?.[last.length - 1];
    if (
      before !== undefined && before < outer === axis < outer &&
      !uses.pinned.has(before) && !uses.pinned.has(axis) &&
      uses.steps.every((steps) =>
        (steps.get(before) ?? 0) === length * (steps.get(axis) ?? 0)
      )
    ) last!.push(axis);
    else {
      groups.push([axis]);
      if (axis < outer) outerGroups++;
    }
  });
  return {
    axes: groups.map((group) => group.reduce((n, k) => n * axes[k]!, 1)),
    outer: outerGroups,
    rewrite: rewriter(pool, groups),
  };
}

function rewriter(
  pool: ExprPool,
  groups: readonly (readonly number[])[],
): MergedAxes["rewrite"] {
  /** What stands for each old axis; undefined for all but the last of some. */
  const places = new Map<number, Expr>();
  groups.forEach((group, k) =>
    places.set(group[group.length - 1]!, pool.axis(k))
  );
  const zero = pool.constant(0);
  const known = new Map<Expr, Expr>();
  const isKnown = (expr: Expr) => known.has(expr);
  const rewrite = (expr: Expr): Expr => {
    visitUnknown(
      expr,
      isKnown,
      (one) => one.args,
      (one) => known.set(one, make(one)),
    );
    return known.get(expr)!;
  };
  // An index steps along the last axis of a group as it does along the group;
  // the others of the group add nothing any more.
  const make = (expr: Expr): Expr => {
    if (expr.op === "axis") return places.get(expr.value) ?? zero;
    const args = expr.args.map((arg) => known.get(arg)!);
    if (args.every((arg, k) => arg === expr.args[k])) return expr;
    const [a, b] = args as [Expr, Expr];
    if (expr.dtype === "i32") {
      if (expr.op === "add" && a === zero) return b;
      if ((expr.op === "add" || expr.op === "subtract") && b === zero) return a;
      if (expr.op === "multiply" && (a === zero || b === zero)) return zero;
    }
    return pool.make(expr.op, expr.dtype, args, expr.value);
  };
  return rewrite;
}
