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
  storageOf,
} from "../device/graph.ts";
import type { TensorSpec } from "../device/graph.ts";
import { isElementwise, type PrimitiveName } from "../device/primitives.ts";
import { isIdentitySince } from "./node.ts";
import { Tensor } from "./tensor.ts";

/** A closed graph and the nodes from outside that it needs. */
export interface Closure {
  /** The graph: own parameters first, then one for each captured node. */
  readonly graph: Graph;
  /** Nodes from outside, in the order of their parameters. */
  readonly captured: readonly GraphNode[];
  /** Nodes from outside that have become part of the graph, for its own ones. */
  readonly lazy: readonly GraphNode[];
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

/** How a graph is closed. */
export interface CloseOptions {
  /**
   * Whether cheap arithmetic on what comes from outside becomes part of the
   * graph: for graphs that are put elsewhere whole, over and over. Without it
   * whatever does not depend on the parameters stays outside, computed once.
   */
  readonly takesAlong?: {
    /**
     * Which identities are the graph's own; gradients may be asked for with
     * respect to others.
     */
    readonly since: number;
  };
}

/**
 * Closes a graph: what it needs from outside is captured.
 *
 * @param parameters Nodes that stand for the arguments.
 * @param outputs What was computed from them.
 * @param options What stays outside.
 * @returns The closed graph, a copy.
 */
export function closeGraph(
  parameters: readonly GraphNode[],
  outputs: readonly GraphNode[],
  { takesAlong }: CloseOptions = {},
): Closure {
  const copies = new Map<GraphNode, GraphNode>();
  const own = parameters.map((node, index) => {
    const copy = parameterNode(index, node);
    copies.set(node, copy);
    return copy;
  });
  const order = fullOrder(outputs);
  const inside = new Set(parameters);
  for (const node of order) {
    if (node.inputs.some((one) => inside.has(one))) inside.add(node);
  }
  const lazy = takesAlong === undefined
    ? []
    : takeAlong(order, inside, outputs, takesAlong.since);
  const captured: GraphNode[] = [];
  const outside = new Map<GraphNode, GraphNode>();
  const numbers = new Map<string, GraphNode>();
  const copyOf = (node: GraphNode): GraphNode => {
    const copy = copies.get(node) ?? outside.get(node);
    if (copy !== undefined) return copy;
    const number = takesAlong && numberText(node);
    let parameter = number === undefined ? undefined : numbers.get(number);
    if (parameter === undefined) {
      parameter = parameterNode(own.length + captured.length, node);
      captured.push(node);
      if (number !== undefined) numbers.set(number, parameter);
    }
    outside.set(node, parameter);
    return parameter;
  };
  for (const node of order) {
    if (copies.has(node) || !inside.has(node)) continue;
    copies.set(node, rewired(node, node.inputs.map(copyOf)));
  }
  const results = outputs.map(copyOf);
  const graph = {
    parameters: [...own, ...new Set(outside.values())],
    outputs: results,
  };
  return { graph, captured, lazy };
}

/** Adds cheap arithmetic from outside to what is inside, and tells which. */
function takeAlong(
  order: readonly GraphNode[],
  inside: Set<GraphNode>,
  outputs: readonly GraphNode[],
  since: number,
): GraphNode[] {
  const lazy: GraphNode[] = [];
  const wanted = new Set(outputs);
  /** What is read by more than arithmetic from outside. */
  const first = new Set(outputs);
  for (const node of inside) {
    for (const input of node.inputs) first.add(input);
  }
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    if (!inside.has(node)) {
      const isFree = wanted.has(node) && node.inputs.length > 0 &&
        storageOf(node) === undefined &&
        (isCheap(node.op) || isIdentitySince(node, since));
      if (!isFree) continue;
      inside.add(node);
      if (first.has(node)) lazy.push(node);
    }
    for (const input of node.inputs) wanted.add(input);
  }
  return lazy;
}

/** Whether programs compute a primitive wherever its value is read. */
function isCheap(op: PrimitiveName): boolean {
  if (isElementwise(op)) return true;
  switch (op) {
    case "reshape":
    case "expand":
    case "permute":
    case "slice":
    case "pad":
    case "concat":
    case "take":
    case "takeAlongAxis":
    case "dynamicSlice":
      return true;
    default:
      return false;
  }
}

/** Equal for nodes that hold the same number, or count the same way. */
function numberText(node: GraphNode): string | undefined {
  if (storageOf(node) !== undefined) return undefined;
  if (node.op === "iota") return `iota:${node.dtype}[${node.shape}]`;
  if (node.op !== "constant") return undefined;
  const { value } = attributesOf(node, "constant");
  const text = Object.is(value, -0) ? "-0" : String(value);
  return `${text}:${node.dtype}[${node.shape}]`;
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
