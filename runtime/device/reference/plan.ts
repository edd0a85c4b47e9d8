/**
 * Makes plans: movement becomes views, elementwise chains become one loop nest
 * each (with a reduction at the end where there is one), the rest become
 * kernels. A plan depends on the structure of a graph only, not on the numbers
 * in it, so that it is used again.
 *
 * @module
 */

import { attributesOf, type GraphNode, valueInputs } from "../graph.ts";
import type { ReduceName } from "../primitives.ts";
import { type Plan, PlanBuilder } from "./builder.ts";
import {
  chainText,
  clusterName,
  findClusters,
  isLeaf,
  isReduction,
  nestShape,
} from "./clusters.ts";
import { planKernel, typeOfNode } from "./kernels.ts";
import { planLoops } from "./loop_step.ts";
import { planMovement } from "./movement.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Makes the plan of a graph.
 *
 * @param order All nodes, inputs first; each node's `slot` is its position.
 * @param roots What is asked for.
 * @param options Whether chains become one loop nest; true by default.
 * @returns The plan.
 */
export function makePlan(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  options: { readonly fuse?: boolean } = {},
): Plan {
  const builder = new PlanBuilder();
  const views = new Array<View | undefined>(order.length);
  const leaves: number[] = [];
  order.forEach((node, index) => {
    if (!isLeaf(node)) return;
    leaves.push(index);
    const size = node.op === "constant" ? 1 : node.size;
    views[index] = leafView(node, builder.newSlot(size));
  });
  const cluster = findClusters(order, roots, options.fuse ?? true);
  const members = groupMembers(order, cluster);
  const wanted = wantedOutputs(order);
  const results = new Map<number, readonly (View | undefined)[]>();
  const viewOf = (node: GraphNode): View => views[node.slot]!;
  order.forEach((node, index) => {
    if (views[index] !== undefined || cluster[index]! >= 0) {
      const nest = members.get(index);
      if (nest !== undefined) {
        views[index] = planCluster(builder, nest, index, viewOf);
      }
      return;
    }
    const source = node.inputs[0];
    if (node.op === "output") {
      const at = attributesOf(node, "output").index;
      views[index] = results.get(source!.slot)![at]!;
      return;
    }
    if (node.op === "custom") {
      results.set(index, valueInputs(node).map(viewOf));
      return;
    }
    const first = source === undefined ? undefined : views[source.slot];
    const moved = planMovement(builder, node, index, first);
    if (moved !== undefined) {
      views[index] = moved;
      return;
    }
    const made = planKernel(builder, {
      node: typeOfNode(node),
      index,
      inputs: node.inputs.map(viewOf),
      wanted: wanted.get(index) ?? [],
    });
    if (node.outputs === undefined) views[index] = made[0];
    else results.set(index, made);
  });
  const slots = roots.map((root) =>
    builder.compact(viewOf(root), root.dtype, root.slot).slot
  );
  return builder.finish(leaves, slots);
}

function leafView(node: GraphNode, slot: number): View {
  if (node.op !== "constant") return wholeView(slot, node.shape);
  const strides = node.shape.map(() => 0);
  return { slot, offset: 0, strides, shape: node.shape };
}

/** The nodes of each loop nest, by the position of the node that ends it. */
function groupMembers(
  order: readonly GraphNode[],
  cluster: Int32Array,
): Map<number, GraphNode[]> {
  const members = new Map<number, GraphNode[]>();
  order.forEach((node, index) => {
    const end = cluster[index]!;
    if (end < 0) return;
    const list = members.get(end);
    if (list === undefined) members.set(end, [node]);
    else list.push(node);
  });
  return members;
}

/** Which results of primitives with several are asked for. */
function wantedOutputs(order: readonly GraphNode[]): Map<number, number[]> {
  const wanted = new Map<number, number[]>();
  for (const node of order) {
    if (node.op !== "output" || isLeaf(node)) continue;
    const parent = node.inputs[0]!.slot;
    const list = wanted.get(parent) ?? [];
    list.push(attributesOf(node, "output").index);
    wanted.set(parent, list);
  }
  return wanted;
}

function planCluster(
  builder: PlanBuilder,
  nodes: readonly GraphNode[],
  index: number,
  viewOf: (node: GraphNode) => View,
): View {
  const end = nodes[nodes.length - 1]!;
  const slot = builder.newSlot(end.size);
  const reduces = isReduction(end);
  const name = end.op as ReduceName;
  planLoops(builder, {
    name: clusterName(nodes),
    node: index,
    shape: nestShape(end),
    ...chainText(
      reduces ? nodes.slice(0, -1) : nodes,
      reduces ? end.inputs[0]! : end,
      viewOf,
    ),
    ...(reduces
      ? { reduce: { name, axes: attributesOf(end, name).axes } }
      : {}),
    out: { slot, dtype: end.dtype },
  });
  return wholeView(slot, end.shape);
}
