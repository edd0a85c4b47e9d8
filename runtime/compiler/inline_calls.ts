/**
 * Writes out calls of programs that were traced once, so that their primitives
 * can run on different devices.
 *
 * @module
 */

import {
  attributesOf,
  type Graph,
  GraphNode,
  storageOf,
  topologicalOrder,
} from "../device/graph.ts";

/** A graph without calls. */
export interface InlinedGraph {
  /** All nodes, inputs first; each node's `slot` is its position. */
  readonly order: readonly GraphNode[];
  /** What is asked for. */
  readonly roots: readonly GraphNode[];
  /** Position in the first graph of each node, or of the call it comes from. */
  readonly origins: ReadonlyMap<GraphNode, number>;
}

/**
 * Replaces each call by the graph that it calls. Nodes outside of calls that do
 * not depend on one stay the same objects.
 *
 * @param order All nodes, inputs first.
 * @param roots What is asked for.
 * @returns The graph without calls.
 */
export function inlineCalls(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
): InlinedGraph {
  const origins = new Map<GraphNode, number>();
  const copies = new Map<GraphNode, GraphNode>();
  const results = new Map<GraphNode, readonly GraphNode[]>();
  order.forEach((node, slot) => {
    const note = (made: GraphNode): GraphNode => {
      if (!origins.has(made)) origins.set(made, slot);
      return made;
    };
    if (storageOf(node) !== undefined) copies.set(node, note(node));
    else if (node.op === "call") {
      const inputs = node.inputs.map((input) => copies.get(input)!);
      const { body } = attributesOf(node, "call");
      results.set(node, inlineBody(body, inputs, note));
    } else {
      const made = node.op === "output"
        ? results.get(node.inputs[0]!)?.[attributesOf(node, "output").index]
        : undefined;
      copies.set(node, made ?? note(withInputs(node, copies)));
    }
  });
  const own = roots.map((root) => copies.get(root)!);
  const inlined = topologicalOrder(own);
  inlined.forEach((node, slot) => node.slot = slot);
  return { order: inlined, roots: own, origins };
}

/** The outputs of a body over other inputs; calls inside are written out too. */
function inlineBody(
  body: Graph,
  inputs: readonly GraphNode[],
  note: (node: GraphNode) => GraphNode,
): readonly GraphNode[] {
  const copies = new Map<GraphNode, GraphNode>();
  const results = new Map<GraphNode, readonly GraphNode[]>();
  body.parameters.forEach((node, k) => copies.set(node, inputs[k]!));
  for (const node of topologicalOrder(body.outputs)) {
    if (copies.has(node)) continue;
    if (node.op === "call") {
      const inner = node.inputs.map((input) => copies.get(input)!);
      results.set(
        node,
        inlineBody(attributesOf(node, "call").body, inner, note),
      );
      continue;
    }
    const made = node.op === "output"
      ? results.get(node.inputs[0]!)?.[attributesOf(node, "output").index]
      : undefined;
    copies.set(node, made ?? note(withInputs(node, copies)));
  }
  return body.outputs.map((node) => copies.get(node)!);
}

/** A node over the copies of its inputs; the node itself where none changed. */
function withInputs(
  node: GraphNode,
  copies: ReadonlyMap<GraphNode, GraphNode>,
): GraphNode {
  // Arguments of a rule for gradients have no copies, and no effect on values.
  const inputs = node.inputs.map((input) => copies.get(input) ?? input);
  if (inputs.every((input, k) => input === node.inputs[k])) return node;
  return new GraphNode(
    node.op,
    node.attributes,
    inputs,
    node.dtype,
    node.shape,
    node.blame,
    node.outputs,
  );
}
