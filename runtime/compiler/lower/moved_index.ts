/**
 * Where movement primitives read: the index in the input that belongs to an
 * index in the result, and the other way round.
 *
 * @module
 */

import { sameShape, type Shape } from "../../device/shapes.ts";
import type { IndexArithmetic } from "../ir/affine.ts";
import type { Expr } from "../ir/expr.ts";
import type { FlatNode } from "./flat.ts";

/**
 * The index in the input of a movement.
 *
 * @param index Arithmetic of the index space.
 * @param node A reshape, expand, permute or slice.
 * @param place Index along each axis of its result.
 * @returns Index along each axis of its input; undefined for other nodes.
 */
export function movedIndex(
  index: IndexArithmetic,
  node: FlatNode,
  place: readonly Expr[],
): readonly Expr[] | undefined {
  const x = node.inputs[0]!;
  switch (node.op) {
    case "reshape":
      return reshapedIndex(index, place, node.shape, x.shape);
    case "expand": {
      const lead = node.shape.length - x.shape.length;
      return x.shape.map((length, axis) =>
        length === 1 ? index.constant(0) : place[axis + lead]!
      );
    }
    case "permute": {
      const inner = new Array<Expr>(place.length);
      node.attributes.axes!.forEach((axis, k) => inner[axis] = place[k]!);
      return inner;
    }
    case "slice": {
      const starts = node.attributes.starts!;
      const steps = node.attributes.steps!;
      return place.map((one, axis) =>
        x.shape[axis] === 1
          ? index.constant(0)
          : index.scale(one, steps[axis]!, starts[axis]!)
      );
    }
    default:
      return undefined;
  }
}

/**
 * The index in the result of a movement that belongs to an index in its input,
 * for movements that only bring the elements into another order.
 *
 * @param index Arithmetic of the index space.
 * @param node The movement.
 * @param place Index along each axis of its input.
 * @returns Index along each axis of its result; undefined where there is none.
 */
export function resultIndex(
  index: IndexArithmetic,
  node: FlatNode,
  place: readonly Expr[],
): readonly Expr[] | undefined {
  const x = node.inputs[0]!;
  switch (node.op) {
    case "reshape":
      return reshapedIndex(index, place, x.shape, node.shape);
    case "permute":
      return node.attributes.axes!.map((axis) => place[axis]!);
    default:
      return undefined;
  }
}

/**
 * The index along other axes of the element at an index. Axes that stay as they
 * are are not taken apart.
 */
function reshapedIndex(
  index: IndexArithmetic,
  place: readonly Expr[],
  from: Shape,
  to: Shape,
): readonly Expr[] {
  if (sameShape(from, to)) return place;
  const result: Expr[] = [];
  let a = 0;
  let b = 0;
  while (a < from.length || b < to.length) {
    const startA = a;
    const startB = b;
    let sizeA = a < from.length ? from[a++]! : 1;
    let sizeB = b < to.length ? to[b++]! : 1;
    while (sizeA !== sizeB) {
      if (sizeA < sizeB) sizeA *= from[a++]!;
      else sizeB *= to[b++]!;
    }
    const position = index.linear(
      place.slice(startA, a),
      from.slice(startA, a),
    );
    result.push(...index.unravel(position, to.slice(startB, b)));
  }
  return result;
}
