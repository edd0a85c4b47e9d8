/**
 * Turns what a function has built into a closed graph: what it took from
 * outside becomes a parameter too, so that the graph can be put elsewhere.
 *
 * @module
 */

import {
  attributesOf,
  fullOrder,
  type Graph,
  GraphNode,
} from "../device/graph.ts";
import type { TensorSpec } from "../device/graph.ts";
import { Tensor } from "./tensor.ts";

/** A closed graph and the nodes from outside that it needs. */
export interface Closure {
  /** The graph: own parameters first, then one for each captured node. */
  readonly graph: Graph;
  /** Nodes from outside, in the order of their parameters. */
  readonly captured: readonly GraphNode[];
}

/**
 * A parameter of a graph.
 *
 * @param index Its position.
 * @param spec Its dtype and shape.
 * @returns The node.
 */
export function parameterNode(index: number, spec: TensorSpec): GraphNode {
  return new GraphNode(
    "parameter",
    { index },
    [],
    spec.dtype,
    spec.shape,
    undefined,
  );
}

/**
 * Closes a graph. Whatever does not depend on its parameters is captured, so
 * that it is computed once, outside.
 *
 * @param parameters Nodes that stand for the arguments.
 * @param outputs What was computed from them.
 * @returns The closed graph, a copy.
 */
export function closeGraph(
  parameters: readonly GraphNode[],
  outputs: readonly GraphNode[],
): Closure {
  const copies = new Map<GraphNode, GraphNode>();
  const own = parameters.map((node, index) => {
    const copy = parameterNode(index, node);
    copies.set(node, copy);
    return copy;
  });
  const captured: GraphNode[] = [];
  const outside = new Map<GraphNode, GraphNode>();
  const copyOf = (node: GraphNode): GraphNode => {
    const inside = copies.get(node);
    if (inside !== undefined) return inside;
    let parameter = outside.get(node);
    if (parameter === undefined) {
      parameter = parameterNode(own.length + captured.length, node);
      captured.push(node);
      outside.set(node, parameter);
    }
    return parameter;
  };
  for (const node of fullOrder(outputs)) {
    if (copies.has(node) || !node.inputs.some((one) => copies.has(one))) {
      continue;
    }
    copies.set(node, rewired(node, node.inputs.map(copyOf)));
  }
  const results = outputs.map(copyOf);
  const graph = {
    parameters: [...own, ...outside.values()],
    outputs: results,
  };
  return { graph, captured };
}

/**
 * Puts a closed graph into another one.
 *
 * @param graph The closed graph.
 * @param inputs One tensor a parameter.
 * @returns Its outputs.
 */
export function inlineGraph(
  graph: Graph,
  inputs: readonly Tensor[],
): Tensor[] {
  const copies = new Map<GraphNode, GraphNode>();
  graph.parameters.forEach((node, index) =>
    copies.set(node, inputs[index]!.node)
  );
  for (const node of fullOrder(graph.outputs)) {
    if (copies.has(node)) continue;
    const own = node.inputs.map((input) => copies.get(input)!);
    copies.set(node, rewired(node, own));
  }
  return graph.outputs.map((node) => new Tensor(copies.get(node)!));
}

function rewired(node: GraphNode, inputs: readonly GraphNode[]): GraphNode {
  return new GraphNode(
    node.op,
    attributesOf(node, node.op),
    inputs,
    node.dtype,
    node.shape,
    node.blame,
    node.outputs,
  );
}
