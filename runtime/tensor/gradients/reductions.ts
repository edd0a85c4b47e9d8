/**
 * Gradients of reductions and contractions.
 *
 * @module
 */

import { attributesOf, type GraphNode } from "../../device/graph.ts";
import type { ReduceName } from "../../device/primitives.ts";
import { reducedShape } from "../../device/shapes.ts";
import { matmul } from "../contraction.ts";
import { divide, equal, multiply, where } from "../elementwise.ts";
import { reshape, transpose } from "../movement.ts";
import { castTo, expandTo } from "../node.ts";
import { cumulativeSum, prod, sum } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";
import type { GradientRule } from "./rule.ts";

function axesOf(node: GraphNode): readonly number[] {
  return attributesOf(node, node.op as ReduceName).axes;
}

/** Repeats a result over the axes that were reduced away. */
function restore(node: GraphNode, result: Tensor, x: Tensor): Tensor {
  const kept = reducedShape(x.shape, axesOf(node), true);
  return expandTo(reshape(result, kept), x.shape);
}

/** Equal elements share the gradient of an extreme. */
const extreme: GradientRule = ({ node, inputs: [x], output, cotangent }) => {
  const hit = equal(x!, restore(node, output, x!));
  const count = castTo(sum(hit, { axis: axesOf(node) }), x!.dtype);
  return [where(hit, restore(node, divide(cotangent, count), x!), 0)];
};

/** Rules by primitive. */
export const REDUCTION_RULES: Readonly<Record<string, GradientRule>> = {
  sum: ({ node, inputs: [x], cotangent }) => [restore(node, cotangent, x!)],
  // Zeros are counted, as the product of the others cannot be had by division.
  prod: ({ node, inputs: [x], cotangent }) => {
    const axis = axesOf(node);
    const isZero = equal(x!, 0);
    const zeros = restore(
      node,
      castTo(sum(isZero, { axis }), x!.dtype),
      x!,
    );
    const others = where(isZero, 1, x!);
    const product = restore(node, prod(others, { axis }), x!);
    const partial = where(
      equal(zeros, 0),
      divide(product, others),
      where(equal(zeros, 1), where(isZero, product, 0), 0),
    );
    return [multiply(restore(node, cotangent, x!), partial)];
  },
  max: extreme,
  min: extreme,
  argmax: () => [],
  argmin: () => [],
  cumulativeSum: ({ node, cotangent }) => {
    const { axis, reverse } = attributesOf(node, "cumulativeSum");
    return [cumulativeSum(cotangent, { axis, reverse: !reverse })];
  },
  matmul: ({ inputs: [a, b], cotangent, needs }) => [
    needs[0] ? matmul(cotangent, transpose(b!)) : undefined,
    needs[1] ? matmul(transpose(a!), cotangent) : undefined,
  ],
};
