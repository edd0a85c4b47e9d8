/**
 * A text that is equal for graphs that one program serves, and the leaves that
 * the program is run on. It is written at each execution, so it must be quick.
 *
 * @module
 */

import { digestText } from "../../core/hash.ts";
import {
  attributesOf,
  type Graph,
  type GraphNode,
  storageOf,
  topologicalOrder,
  valueInputs,
} from "../../device/graph.ts";
import { attributesText, spelled } from "../ir/spelled_numbers.ts";

/** What an execution knows of a graph before it looks for its program. */
export interface Structure {
  /** Equal for graphs that one program serves. */
  readonly key: string;
  /**
   * Data, parameters and numbers, in the order in which programs count them;
   * also the numbers inside of the bodies of calls and loops.
   */
  readonly leaves: GraphNode[];
}

/**
 * The structure of a graph.
 *
 * @param order All nodes, inputs first; each node's `slot` is its position.
 * @param roots What is asked for.
 * @returns The key and the leaves.
 */
export function structureOf(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
): Structure {
  const leaves: GraphNode[] = [];
  const handed = handedNumbers(order);
  let key = "";
  for (let index = 0; index < order.length; index++) {
    const node = order[index]!;
    if (isLeaf(node)) {
      if (isLiteral(node, handed)) {
        key += `=${spelled(attributesOf(node, "constant").value)}`;
      } else {
        leaves.push(node);
        key += node.op === "constant" ? "c" : "d";
      }
      key += typeText(node);
      continue;
    }
    if (node.op === "scan" || node.op === "call") {
      const { body } = attributesOf(node, node.op);
      if (node.op === "call") key += donatedText(node);
      key += `${node.op}${bodyOf(body).id}`;
      for (const number of bodyOf(body).numbers) leaves.push(number);
      if (node.op === "scan") key += loopText(node);
    } else key += node.op + attributeText(node);
    key += typeText(node);
    const inputs = valueInputs(node);
    for (let k = 0; k < inputs.length; k++) {
      key += ` ${inputs[k]!.slot}`;
    }
    key += ";";
  }
  for (const root of roots) key += ` ${root.slot}`;
  return { key, leaves };
}

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

const NONE: ReadonlySet<GraphNode> = new Set();

/**
 * Numbers that may change from call to call of a compiled function: such a
 * number is handed over as a scalar in double precision.
 *
 * @param order All nodes.
 * @returns The constants that must not be taken for literals.
 */
export function handedNumbers(
  order: readonly GraphNode[],
): ReadonlySet<GraphNode> {
  let handed: Set<GraphNode> | undefined;
  for (let index = 0; index < order.length; index++) {
    const node = order[index]!;
    if (node.op !== "call") continue;
    for (const input of node.inputs) {
      if (
        input.op === "constant" && input.dtype === "f64" &&
        input.shape.length === 0
      ) (handed ??= new Set()).add(input);
    }
  }
  return handed ?? NONE;
}

/**
 * Whether the number of a leaf is part of the program. Few numbers are: those
 * that make simpler arithmetic, and those of bytes.
 *
 * @param node The leaf.
 * @param handed Constants that are no literals whatever their value.
 * @returns True for constants with such a number.
 */
export function isLiteral(
  node: GraphNode,
  handed: ReadonlySet<GraphNode>,
): boolean {
  if (node.op !== "constant" || node.storage !== undefined) return false;
  // Numbers of bytes shift and mask codes: kernels are written for them.
  if (node.dtype === "u8" || node.dtype === "i8") return !handed.has(node);
  const { value } = attributesOf(node, "constant");
  // So do these numbers of words.
  const isWord = node.dtype === "u32" || node.dtype === "i32";
  if (isWord && (value === 4 || value === 8 || value === 16)) {
    return !handed.has(node);
  }
  switch (value) {
    case 0:
    case 1:
    case -1:
    case 2:
    case 3:
    case 0.5:
    case Infinity:
    case -Infinity:
      return !handed.has(node);
    default:
      return value !== value && !handed.has(node);
  }
}

function typeText(node: GraphNode): string {
  return node.typeText ??= `${node.dtype}[${node.shape}]`;
}

function donatedText(node: GraphNode): string {
  const { donated } = attributesOf(node, "call");
  return donated === undefined ? "" : `!${donated} `;
}

function loopText(node: GraphNode): string {
  const { carries, sequences, length, reverse } = attributesOf(node, "scan");
  return `(${carries},${sequences},${length},${reverse})`;
}

/** The attributes that change what a kernel does. */
function attributeText(node: GraphNode): string {
  switch (node.op) {
    case "custom":
      return `(${attributesOf(node, "custom").outputs})`;
    case "output":
      return `(${attributesOf(node, "output").index})`;
    case "sum":
    case "prod":
    case "max":
    case "min":
      return `(${attributesOf(node, node.op).axes})`;
    case "permute":
      return `(${attributesOf(node, "permute").axes})`;
    case "slice": {
      const { starts, steps } = attributesOf(node, "slice");
      return `(${starts}:${steps})`;
    }
    case "concat":
    case "argmax":
    case "argmin":
    case "take":
    case "takeAlongAxis":
    case "scatterAdd":
    case "scatterAddAlongAxis":
    case "dynamicSlice":
    case "dynamicUpdateSlice":
      return `(${attributesOf(node, node.op).axis})`;
    case "polygamma":
    case "pad":
    case "cumulativeSum":
    case "routine":
      return attributesText(node.attributes);
    default:
      return "";
  }
}

/** What is remembered of the body of a call or a loop. */
export interface Body {
  /** Equal for bodies of one structure. */
  readonly id: number;
  /** All nodes, inputs first. */
  readonly order: readonly GraphNode[];
  /** Constants that are no literals, also those of bodies inside of it. */
  readonly numbers: readonly GraphNode[];
}

const bodies = new WeakMap<Graph, Body>();
/** Structures that are remembered; a forgotten one gets a new number. */
const MAX_IDS = 4096;
const ids = new Map<string, number>();
let nextId = 0;

/**
 * What is remembered of a body.
 *
 * @param graph The body.
 * @returns Its structure, order and numbers.
 */
export function bodyOf(graph: Graph): Body {
  let body = bodies.get(graph);
  if (body === undefined) {
    const order = topologicalOrder(graph.outputs);
    // This runs amid the walk of the graph around, but over other nodes.
    order.forEach((node, index) => node.slot = index);
    const { key, leaves } = structureOf(order, graph.outputs);
    const parameters = order.flatMap((node) =>
      node.op === "parameter" ? [attributesOf(node, "parameter").index] : []
    );
    // Bodies are long; what tells them apart need not be.
    const whole = digestText(`${key}|${parameters}`);
    let id = ids.get(whole);
    if (id === undefined) {
      if (ids.size >= MAX_IDS) ids.clear();
      ids.set(whole, id = nextId++);
    }
    const numbers = leaves.filter((leaf) => leaf.op === "constant");
    bodies.set(graph, body = { id, order, numbers });
  }
  return body;
}
