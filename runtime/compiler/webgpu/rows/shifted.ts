/**
 * Rows whose length is no multiple of four: their vectors begin at multiples of
 * four in memory, thus at other positions from row to row, and the first and the
 * last one of a row hold elements of its neighbours too.
 *
 * @module
 */

import { compileExprs } from "../../ir/evaluate_expr.ts";
import type { Expr } from "../../ir/expr.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import type { RowKernel } from "../../ir/kernel.ts";
import { WgslScope } from "../wgsl/mod.ts";
import { indicesOf, LaneIndices } from "./lanes.ts";
import type { RowText } from "./row_text.ts";

/** Shorter rows have hardly any vector that is theirs alone. */
const SHORTEST = 16;

/**
 * The indices of a kernel that are multiples of four together.
 *
 * @param kernel The kernel, whose only inner axis is walked in vectors.
 * @returns The indices; undefined where vectors are not worth while.
 */
export function shiftedIndices(
  kernel: RowKernel,
): ReadonlySet<Expr> | undefined {
  const { axes, outer } = kernel;
  const last = axes.length - 1;
  if (outer !== last || axes[last]! < SHORTEST) return undefined;
  const { loads, stores } = indicesOf(kernel);
  const lanes = new LaneIndices(last);
  const all = new Set([...loads, ...stores]);
  const moving = [...all].filter((one) => lanes.isMoving(one));
  const classes = new Map<string, Set<Expr>>();
  for (const index of moving) {
    const phase = lanes.isDense(index) ? phaseOf(index, axes) : undefined;
    if (phase === undefined) continue;
    const known = classes.get(phase);
    if (known === undefined) classes.set(phase, new Set([index]));
    else known.add(index);
  }
  const largest = [...classes.values()].reduce<ReadonlySet<Expr>>(
    (a, b) => a.size >= b.size ? a : b,
    new Set(),
  );
  return 2 * largest.size > moving.length ? largest : undefined;
}

/** What tells the start of each row, modulo 4; undefined where nothing does. */
function phaseOf(index: Expr, axes: readonly number[]): string | undefined {
  const steps: number[] = [];
  for (let axis = 0; axis < axes.length - 1; axis++) {
    const stride = strideAlong(index, axis);
    if (stride === undefined) return undefined;
    steps.push(((stride % 4) + 4) % 4);
  }
  if (strideAlong(index, axes.length - 1) !== 1) return undefined;
  const [start] = compileExprs([index])({
    axes: axes.map(() => 0),
    operands: [],
    scalars: [],
    reduced: [],
    carries: [],
  });
  return `${steps} ${((start! % 4) + 4) % 4}`;
}

/**
 * How far behind a multiple of four the own row begins.
 *
 * @param text The text.
 * @param shifted Indices that agree on it.
 * @returns The name of the number.
 */
export function shiftOfRow(
  { kernel, module, root }: Pick<RowText, "kernel" | "module" | "root">,
  shifted: ReadonlySet<Expr>,
): string {
  const scope = new WgslScope(module, root);
  scope.bind("axis", kernel.axes.length - 1, "0i");
  const [index] = shifted;
  const start = scope.text(index!, 1);
  for (const line of scope.lines) root.line(line);
  return root.let("shift", `${start} & 3`);
}
