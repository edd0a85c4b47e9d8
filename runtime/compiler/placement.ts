/**
 * Which primitives a GPU cannot run, and how much work a graph is.
 *
 * @module
 */

import { type DType, isFloatDType } from "../device/dtypes.ts";
import {
  attributesOf,
  type Graph,
  type GraphNode,
  storageOf,
  topologicalOrder,
  valueInputs,
} from "../device/graph.ts";
import { sizeOf } from "../device/shapes.ts";

/**
 * Whether a primitive computes with a dtype that a device lacks: in its result,
 * its operands, or the body of its loop or program.
 *
 * @param node The node.
 * @param supports Whether the device has a dtype.
 * @returns True when the device cannot run it.
 */
export function isOutOfReach(
  node: GraphNode,
  supports: (dtype: DType) => boolean,
): boolean {
  if (!supports(node.dtype)) return true;
  if (node.op === "output") return isOutOfReach(node.inputs[0]!, supports);
  // Numbers of a program are f64 until they meet a tensor; what only rounds one
  // is handed the rounded one.
  const takesNumbers = node.op === "cast" || node.op === "call";
  const isNumber = (input: GraphNode) =>
    takesNumbers && input.op === "constant" && input.size === 1;
  if (
    node.inputs.some((input) => !supports(input.dtype) && !isNumber(input)) ||
    node.outputs?.some(({ dtype }) => !supports(dtype)) === true
  ) {
    return true;
  }
  const body = bodyOf(node);
  return body !== undefined && dtypesIn(body).some((one) => !supports(one));
}

/** What graphs compute with: each result of a call asks for it. */
const bodyDTypes = new WeakMap<Graph, readonly DType[]>();

/** The dtypes that a body computes with, beside those of its parameters. */
function dtypesIn(body: Graph): readonly DType[] {
  let dtypes = bodyDTypes.get(body);
  if (dtypes === undefined) {
    const inner = topologicalOrder(body.outputs)
      .filter(({ op }) => op !== "parameter");
    dtypes = [...new Set(inner.map(({ dtype }) => dtype))];
    bodyDTypes.set(body, dtypes);
  }
  return dtypes;
}

function bodyOf(node: GraphNode): Graph | undefined {
  if (node.op === "call") return attributesOf(node, "call").body;
  if (node.op === "scan") return attributesOf(node, "scan").body;
  return undefined;
}

/**
 * Chooses between two devices for each node of a graph: the first one where it
 * can, but the second one also for whole numbers and booleans that only the
 * second one uses, as handing them over would cost more than computing them.
 *
 * @param order All nodes, inputs first.
 * @param roots What is asked for.
 * @param isOut Whether the first device cannot run a node.
 * @param second Number of the second device; the first one has 0.
 * @returns The device of a node of the graph.
 */
export function placesOf(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  isOut: (node: GraphNode) => boolean,
  second: number,
): (node: GraphNode) => number {
  const places = new Map<GraphNode, number>();
  const usedByFirst = new Set<GraphNode>(roots);
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    const isCheap = !isFloatDType(node.dtype) && node.op !== "matmul";
    const follows = isCheap && !usedByFirst.has(node);
    const place = isOut(node) || follows ? second : 0;
    places.set(node, place);
    if (place === second) continue;
    for (const input of valueInputs(node)) usedByFirst.add(input);
  }
  // A result stands where the primitive stands that gives it.
  for (const node of order) {
    if (node.op === "output") places.set(node, places.get(node.inputs[0]!)!);
  }
  return (node) => places.get(node)!;
}

const works = new WeakMap<Graph, number>();

/**
 * About how many elementary operations of a graph a GPU could take over: those
 * in f64 do not count.
 *
 * @param order All nodes, inputs first.
 * @returns The number.
 */
export function workOf(order: readonly GraphNode[]): number {
  let work = 0;
  for (const node of order) {
    if (storageOf(node) === undefined) work += workOfNode(node);
  }
  return work;
}

function workOfNode(node: GraphNode): number {
  if (node.dtype === "f64") return 0;
  switch (node.op) {
    case "constant":
    case "parameter":
    case "output":
    case "custom":
    case "reshape":
    case "expand":
    case "permute":
      return 0;
    case "matmul":
      return 2 * node.size * node.inputs[0]!.shape.at(-1)!;
    case "sum":
    case "prod":
    case "max":
    case "min":
      return node.inputs[0]!.size;
    case "call":
      return workOfBody(attributesOf(node, "call").body);
    case "scan": {
      const { body, length } = attributesOf(node, "scan");
      return length * workOfBody(body);
    }
    case "routine": {
      // Factorisations are cubic in the last axis.
      const { shape, size } = node.inputs[0] ?? node;
      return size * (shape.at(-1) ?? 1) + sizeOf(node.shape);
    }
    default:
      return node.size;
  }
}

function workOfBody(body: Graph): number {
  let work = works.get(body);
  if (work === undefined) {
    work = workOf(topologicalOrder(body.outputs));
    works.set(body, work);
  }
  return work;
}
