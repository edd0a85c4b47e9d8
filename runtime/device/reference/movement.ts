/**
 * Movement primitives as views: no data are touched unless a reshape cannot be
 * expressed by strides.
 *
 * @module
 */

import { attributesOf, type GraphNode } from "../graph.ts";
import type { PlanBuilder } from "./builder.ts";
import {
  expandView,
  permuteView,
  reshapeView,
  sliceView,
  type View,
  wholeView,
} from "./views.ts";

/**
 * The view that a movement primitive gives.
 *
 * @param builder The plan, for copies.
 * @param node The node.
 * @param index Its position in the graph's order.
 * @param input View of its first operand.
 * @returns The view, or undefined when the primitive is no movement.
 */
export function planMovement(
  builder: PlanBuilder,
  node: GraphNode,
  index: number,
  input: View | undefined,
): View | undefined {
  if (input === undefined) return undefined;
  switch (node.op) {
    case "alias":
      return input;
    case "expand":
      return expandView(input, node.shape);
    case "permute":
      return permuteView(input, attributesOf(node, "permute").axes);
    case "slice": {
      const { starts, steps } = attributesOf(node, "slice");
      return sliceView(input, starts, steps, node.shape);
    }
    case "reshape": {
      const view = reshapeView(input, node.shape);
      if (view !== undefined) return view;
      const copy = builder.copy(input, node.dtype, index);
      return wholeView(copy.slot, node.shape);
    }
    default:
      return undefined;
  }
}
