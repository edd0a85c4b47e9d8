/**
 * A text that is equal for graphs that differ only in the numbers they hold.
 *
 * @module
 */

import { digestText } from "../../core/hash.ts";
import {
  attributesOf,
  type Graph,
  type GraphNode,
  topologicalOrder,
  valueInputs,
} from "../graph.ts";
import { isLeaf } from "./clusters.ts";

const bodies = new WeakMap<Graph, number>();
/** Structures that are remembered; a forgotten one gets a new number. */
const MAX_IDS = 4096;
const ids = new Map<string, number>();
let nextId = 0;

/**
 * The structure of a graph.
 *
 * @param order All nodes, inputs first; each node's `slot` is its position.
 * @param roots What is asked for.
 * @returns The text.
 */
export function structureKey(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
): string {
  let key = "";
  for (let index = 0; index < order.length; index++) {
    const node = order[index]!;
    if (isLeaf(node)) {
      const place = node.op === "parameter"
        ? `p${attributesOf(node, "parameter").index}`
        : node.op === "constant"
        ? "c"
        : "d";
      key += `${place}:${node.dtype}[${node.shape}];`;
      continue;
    }
    key += `${node.op}${attributeText(node)}:${node.dtype}[${node.shape}]`;
    for (const input of valueInputs(node)) key += ` ${input.slot}`;
    key += ";";
  }
  for (const root of roots) key += ` ${root.slot}`;
  return key;
}

/** JSON has no words for NaN, infinity and -0. */
function spellNumbers(_: string, value: unknown): unknown {
  const plain = typeof value !== "number" ||
    (Number.isFinite(value) && !Object.is(value, -0));
  return plain ? value : Object.is(value, -0) ? "-0" : String(value);
}

/** The attributes that change what a kernel does. */
function attributeText(node: GraphNode): string {
  switch (node.op) {
    case "scan": {
      const { body, carries, sequences, length, reverse } = attributesOf(
        node,
        "scan",
      );
      return `(${carries},${sequences},${length},${reverse},#${bodyId(body)})`;
    }
    case "call":
      return `(#${bodyId(attributesOf(node, "call").body)})`;
    case "custom":
      return `(${attributesOf(node, "custom").outputs})`;
    case "polygamma":
    case "permute":
    case "slice":
    case "pad":
    case "concat":
    case "argmax":
    case "argmin":
    case "cumulativeSum":
    case "take":
    case "takeAlongAxis":
    case "scatterAdd":
    case "scatterAddAlongAxis":
    case "dynamicSlice":
    case "dynamicUpdateSlice":
    case "sum":
    case "prod":
    case "max":
    case "min":
    case "routine":
    case "output":
      return JSON.stringify(node.attributes, spellNumbers);
    default:
      return "";
  }
}

/**
 * A number that is equal for bodies of one structure.
 *
 * @param body The body of a loop or a program.
 * @returns The number.
 */
function bodyId(body: Graph): number {
  let id = bodies.get(body);
  if (id === undefined) {
    const order = topologicalOrder(body.outputs);
    // This runs amid the walk of the graph around, but over other nodes.
    order.forEach((node, index) => node.slot = index);
    // Bodies are long; what tells them apart need not be.
    const key = digestText(structureKey(order, body.outputs));
    id = ids.get(key);
    if (id === undefined) {
      if (ids.size >= MAX_IDS) ids.clear();
      ids.set(key, id = nextId++);
    }
    bodies.set(body, id);
  }
  return id;
}
