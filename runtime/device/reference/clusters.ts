/**
 * Finds the elementwise chains of a graph that become one loop nest each.
 *
 * @module
 */

import type { DType } from "../dtypes.ts";
import { type GraphNode, storageOf, valueInputs } from "../graph.ts";
import { BINARY, COMPARE, isElementwise } from "../primitives.ts";
import { sameShape } from "../shapes.ts";
import { expressionOf } from "./expressions.ts";
import type { View } from "./views.ts";

/** Nodes that one loop nest may hold before its text gets slow to compile. */
const MAX_CLUSTER = 192;

/**
 * Whether a node is a leaf of an execution.
 *
 * @param node The node.
 * @returns True for constants, parameters and data.
 */
export function isLeaf(node: GraphNode): boolean {
  return node.op === "constant" || node.op === "parameter" ||
    storageOf(node) !== undefined;
}

/**
 * Whether a node reduces over axes.
 *
 * @param node The node.
 * @returns True for sum, prod, max and min.
 */
export function isReduction(node: GraphNode): boolean {
  return node.op === "sum" || node.op === "prod" || node.op === "max" ||
    node.op === "min";
}

/**
 * The index space of the loop nest that a node ends.
 *
 * @param root The node.
 * @returns Its shape, or the shape before the reduction.
 */
export function nestShape(root: GraphNode): readonly number[] {
  return isReduction(root) ? root.inputs[0]!.shape : root.shape;
}

/**
 * Assigns nodes to loop nests. A node joins the nest of its users when all of
 * them are in one nest over its own shape, so that nothing is computed twice
 * and no nest waits for itself.
 *
 * @param order All nodes, inputs first; each node's `slot` is its position.
 * @param roots What is asked for.
 * @param fuse Whether to join them at all.
 * @returns For each node the position of the node that ends its nest, or -1.
 */
export function findClusters(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  fuse: boolean,
): Int32Array {
  const cluster = new Int32Array(order.length).fill(-1);
  const sizes = new Int32Array(order.length);
  // The nest that all users seen so far are in: -1 none yet, -2 several.
  const users = new Int32Array(order.length).fill(-1);
  for (const root of roots) users[root.slot] = -2;
  for (let index = order.length - 1; index >= 0; index--) {
    const node = order[index]!;
    if (isLeaf(node)) continue;
    if (isElementwise(node.op)) {
      const nest = users[index]!;
      const joins = fuse && nest >= 0 && sizes[nest]! < MAX_CLUSTER &&
        sameShape(nestShape(order[nest]!), node.shape);
      cluster[index] = joins ? nest : index;
    } else if (isReduction(node)) cluster[index] = index;
    const own = cluster[index]!;
    if (own >= 0) sizes[own]!++;
    for (const input of valueInputs(node)) {
      const seen = users[input.slot]!;
      const mine = own >= 0 ? own : -2;
      users[input.slot] = seen === -1 || seen === mine ? mine : -2;
    }
  }
  return cluster;
}

/** The text of a chain and what it reads. */
export interface ChainText {
  /** What it reads: operand `k` is `x<k>`. */
  readonly operands: { readonly view: View; readonly dtype: DType }[];
  /** One statement a node. */
  readonly statements: string;
  /** Name of the last value. */
  readonly result: string;
  /** Number of nodes. */
  readonly cost: number;
}

/**
 * Writes a chain of elementwise nodes as statements.
 *
 * @param nodes The nodes, inputs first.
 * @param result The node whose value is the result; may be outside the chain.
 * @param viewOf The view of a node outside the chain.
 * @returns The text.
 */
export function chainText(
  nodes: readonly GraphNode[],
  result: GraphNode,
  viewOf: (node: GraphNode) => View,
): ChainText {
  const names = new Map<GraphNode, string>();
  const operands: { view: View; dtype: DType }[] = [];
  const inside = new Set(nodes);
  const nameOf = (node: GraphNode): string => {
    let name = names.get(node);
    if (name === undefined) {
      if (inside.has(node)) name = `v${names.size}`;
      else {
        name = `x${operands.length}`;
        operands.push({ view: viewOf(node), dtype: node.dtype });
      }
      names.set(node, name);
    }
    return name;
  };
  const statements: string[] = [];
  for (const node of nodes) {
    const text = expressionOf(node, node.inputs.map(nameOf));
    statements.push(`const ${nameOf(node)}=${text};`);
  }
  return {
    operands,
    statements: statements.join("\n"),
    result: nameOf(result),
    cost: nodes.reduce((cost, node) => cost + costOf(node), 1),
  };
}

/** Primitives that take about as long as so many additions. */
const COSTS: Readonly<Record<string, number>> = {
  erf: 40,
  erfc: 40,
  lgamma: 40,
  polygamma: 40,
  logNormalCdf: 60,
  power: 20,
  sigmoid: 12,
  softplus: 20,
};

/** Elementary primitives, which take one or two cycles. */
const LIGHT: ReadonlySet<string> = new Set([
  ...BINARY.filter((name) => name !== "atan2" && name !== "remainder"),
  ...COMPARE,
  "where",
  "cast",
  "bitcast",
  "negative",
  "absolute",
  "sqrt",
  "not",
  "isNaN",
  "isFinite",
]);

/**
 * How long a primitive takes for an element.
 *
 * @param node The node.
 * @returns About how many additions.
 */
export function costOf(node: GraphNode): number {
  return COSTS[node.op] ?? (LIGHT.has(node.op) ? 1 : 8);
}

const MAX_NAMES = 6;

/**
 * The name of a loop nest in a trace.
 *
 * @param nodes Its nodes, inputs first.
 * @returns For example `multiply·exp·sum`.
 */
export function clusterName(nodes: readonly GraphNode[]): string {
  const names = nodes.slice(-MAX_NAMES).map((node) => node.op);
  const more = nodes.length - names.length;
  return (more > 0 ? `${more} more·` : "") + names.join("·");
}
