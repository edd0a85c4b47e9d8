/**
 * Contractions: which of them are loop nests over rows, and what the others
 * read.
 *
 * @module
 */

import { type Expr, exprOrder } from "../ir/expr.ts";
import { isPacked } from "./cut_rules.ts";
import type { Draft } from "./draft.ts";
import type { FlatNode } from "./flat.ts";
import type { Group } from "./group.ts";
import { sumDType } from "./reductions.ts";
import { type FlatMaker, isNumber } from "./simplify.ts";

/**
 * Whether a product of matrices is better a sum over rows: one of its factors is
 * a vector.
 *
 * @param node The product.
 * @returns True for vectors, unless a batch of them makes up a matrix.
 */
export function isRowProduct(node: FlatNode): boolean {
  const rank = node.shape.length;
  const [rows, columns] = [node.shape[rank - 2]!, node.shape[rank - 1]!];
  if (rows !== 1 && columns !== 1) return false;
  const [a, b] = node.inputs as [FlatNode, FlatNode];
  // Packed matrices are taken apart by what knows to multiply them.
  if (isPacked(rows === 1 ? b : a)) return false;
  const batch = node.size / (rows * columns);
  if (batch === 1) return true;
  // Vectors that share their matrix make up one product.
  return rows === 1 && columns !== 1
    ? !isRepeated(b)
    : columns === 1 && rows !== 1
    ? !isRepeated(a)
    : true;
}

/** Whether leading axes only repeat what is there. */
function isRepeated(node: FlatNode): boolean {
  let at = node;
  while (at.op === "reshape" || at.op === "permute") at = at.inputs[0]!;
  return at.op === "expand" || isNumber(at);
}

/**
 * A product as a sum over products of elements.
 *
 * @param maker Makes nodes.
 * @param node The product.
 * @returns The node of the same value.
 */
export function rowProduct(maker: FlatMaker, node: FlatNode): FlatNode {
  const rank = node.shape.length;
  const wide = sumDType(node.dtype);
  const [a, b] = node.inputs.map((one) => maker.cast(one, wide)) as [
    FlatNode,
    FlatNode,
  ];
  const batch = node.shape.slice(0, -2);
  const [m, n, k] = [node.shape.at(-2)!, node.shape.at(-1)!, a.shape.at(-1)!];
  if (n === 1) {
    // Both run along the last axis: a row of the matrix times the vector.
    const shape = [...batch, m, k];
    const vector = maker.reshape(b, [...batch, 1, k]);
    const product = maker.map("multiply", [a, maker.expand(vector, shape)]);
    const sum = maker.make("sum", [product], wide, [...batch, m], {
      axes: [rank - 1],
    });
    return maker.reshape(maker.cast(sum, node.dtype), node.shape);
  }
  const shape = [...batch, k, n];
  const vector = maker.reshape(a, [...batch, k, 1]);
  const product = maker.map("multiply", [maker.expand(vector, shape), b]);
  const sum = maker.make("sum", [product], wide, [...batch, n], {
    axes: [rank - 2],
  });
  return maker.reshape(maker.cast(sum, node.dtype), node.shape);
}

/**
 * Puts the factors and the sum of a product into its group.
 *
 * @param group The group; its axes are those of the result, then what is summed
 * over.
 * @param node The product.
 */
export function contraction(group: Group, node: FlatNode): void {
  const { draft, full } = group;
  const [a, b] = node.inputs as [FlatNode, FlatNode];
  const rank = node.shape.length;
  const batch = full.slice(0, rank - 2);
  const [row, column] = [full[rank - 2]!, full[rank - 1]!];
  const depth = draft.index.axis(rank);
  const wide = sumDType(node.dtype);
  group.attempt(() => {
    group.factors = [
      draft.cast(draft.pull(a, [...batch, row, depth]), wide),
      draft.cast(draft.pull(b, [...batch, depth, column]), wide),
    ];
    return group.factors[0];
  });
  const sum = draft.pool.make("reduced", wide, [], 0);
  group.members.set(node, {
    place: full,
    value: draft.cast(sum, node.dtype),
    isRow: false,
  });
}

/**
 * Whether a factor is read by plain strides.
 *
 * @param draft The kernel.
 * @param factor The factor.
 * @returns False where an index divides an axis.
 */
export function isPlain(draft: Draft, factor: Expr): boolean {
  return exprOrder([factor]).every((expr) =>
    expr.op !== "load" ||
    [...draft.index.parse(expr.args[0]!).terms.keys()].every((atom) =>
      atom.op !== "quotient" && atom.op !== "modulo"
    )
  );
}
