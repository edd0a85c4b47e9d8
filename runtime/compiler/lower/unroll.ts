/**
 * Short sums and products of small matrices inside of loops, written out.
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import { type Draft, MISALIGNED, type Place } from "./draft.ts";
import type { FlatNode } from "./flat.ts";
import { isReduction, reducedAxes, sumDType } from "./reductions.ts";

/** Terms of a sum that are written out. */
const MAX_TERMS = 32;

/**
 * The value of a short reduction or product.
 *
 * @param draft The kernel.
 * @param node A node.
 * @param place Index along each of its axes.
 * @param valid Where the value matters.
 * @returns The value; undefined for nodes of other kinds.
 */
export function unrolled(
  draft: Draft,
  node: FlatNode,
  place: Place,
  valid: Expr | undefined,
): Expr | undefined {
  if (node.op === "matmul") return product(draft, node, place, valid);
  if (!isReduction(node) || node.attributes.axes === undefined) {
    return undefined;
  }
  const x = node.inputs[0]!;
  const axes = reducedAxes(node);
  const lengths = axes.map((axis) => x.shape[axis]!);
  const count = lengths.reduce((size, length) => size * length, 1);
  if (count > MAX_TERMS) throw MISALIGNED;
  const isSum = node.op === "sum" || node.op === "prod";
  const wide = isSum ? sumDType(node.dtype) : node.dtype;
  const terms = Array.from({ length: count }, (_, k) => {
    const inner = draft.index.unravel(draft.index.constant(k), lengths);
    const whole = [...place];
    axes.forEach((axis, n) => whole.splice(axis, 0, inner[n]!));
    return draft.cast(draft.pull(x, whole, valid), wide);
  });
  const op = OPERATORS[node.op as keyof typeof OPERATORS];
  const total = terms.reduce((a, b) => draft.pool.make(op, wide, [a, b]));
  draft.weight += count;
  return draft.cast(total, node.dtype);
}

const OPERATORS = {
  sum: "add",
  prod: "multiply",
  max: "maximum",
  min: "minimum",
} as const;

function product(
  draft: Draft,
  node: FlatNode,
  place: Place,
  valid: Expr | undefined,
): Expr {
  const [a, b] = node.inputs as [FlatNode, FlatNode];
  const depth = a.shape.at(-1)!;
  if (depth > MAX_TERMS) throw MISALIGNED;
  const wide = sumDType(node.dtype);
  const batch = place.slice(0, -2);
  const [row, column] = [place.at(-2)!, place.at(-1)!];
  let total: Expr | undefined;
  for (let k = 0; k < depth; k++) {
    const at = draft.index.constant(k);
    const x = draft.cast(draft.pull(a, [...batch, row, at], valid), wide);
    const y = draft.cast(draft.pull(b, [...batch, at, column], valid), wide);
    const term = draft.pool.make("multiply", wide, [x, y]);
    total = total === undefined
      ? term
      : draft.pool.make("add", wide, [total, term]);
  }
  draft.weight += 2 * depth;
  return draft.cast(total!, node.dtype);
}
