/**
 * Loops whose step is elementwise, written as JavaScript text: carries live in
 * local variables, and the places of a batch are independent loops.
 *
 * @module
 */

import type { DType, TypedArray } from "../dtypes.ts";
import { attributesOf, type GraphNode, topologicalOrder } from "../graph.ts";
import { isElementwise, type ScanAttributes } from "../primitives.ts";
import { costOf } from "./clusters.ts";
import { expressionOf } from "./expressions.ts";
import * as special from "./special.ts";

/**
 * Runs steps `from`…`to` for the places `first`…`end` of the batch. Step `n`
 * is at index `n`, or `last - n` where `last` is not negative.
 */
export type ScanKernel = (
  sequences: readonly TypedArray[],
  captured: readonly TypedArray[],
  state: readonly TypedArray[],
  results: readonly TypedArray[],
  from: number,
  to: number,
  last: number,
  first: number,
  end: number,
) => void;

/** A loop that can be written as text. */
export interface ScanText {
  /** The compiled loop. */
  readonly kernel: ScanKernel;
  /** Number of places that loop side by side. */
  readonly batch: number;
  /** Number of primitives in a step. */
  readonly cost: number;
}

const MAX_NODES = 600;
const MAX_KERNELS = 512;
const kernels = new Map<string, ScanKernel>();

/**
 * Writes a loop as text where each of its values has one element, or one for
 * each place of a batch, and each primitive stays at its place.
 *
 * @param scan The loop.
 * @param wanted Positions of the results that are asked for, without the last
 * carries: results of steps first, then carries before steps.
 * @returns The loop, or undefined when its step is not of that kind.
 */
export function compileScan(
  scan: ScanAttributes,
  wanted: readonly number[],
): ScanText | undefined {
  const { body } = scan;
  const order = topologicalOrder(body.outputs);
  if (order.length > MAX_NODES) return undefined;
  const batch = batchOf([...body.parameters, ...order]);
  if (batch === undefined || !order.every(staysInPlace)) return undefined;
  const { source, cost } = scanSource(scan, order, wanted, batch);
  let kernel = kernels.get(source);
  if (kernel === undefined) {
    kernel = new Function("S", source)(special) as ScanKernel;
    if (kernels.size >= MAX_KERNELS) {
      kernels.delete(kernels.keys().next().value!);
    }
    kernels.set(source, kernel);
  }
  return { kernel, batch, cost };
}

/** The one size beside 1 that values have, if there is no third. */
function batchOf(nodes: readonly GraphNode[]): number | undefined {
  let batch = 1;
  for (const { size } of nodes) {
    if (size === 1 || size === batch) continue;
    if (batch !== 1) return undefined;
    batch = size;
  }
  return batch === 0 ? undefined : batch;
}

/** Whether each element of a node comes from the same place in its inputs. */
function staysInPlace(node: GraphNode): boolean {
  if (isElementwise(node.op)) return true;
  switch (node.op) {
    case "parameter":
    case "alias":
    case "reshape":
    case "custom":
      return true;
    case "output":
      return node.inputs[0]!.op === "custom";
    case "expand":
      // From one element, or only new leading axes of length 1.
      return node.inputs[0]!.size === 1 ||
        node.inputs[0]!.size === node.size;
    case "permute":
    case "sum":
    case "prod":
    case "max":
    case "min":
      return node.inputs[0]!.size === 1;
    default:
      return false;
  }
}

function scanSource(
  scan: ScanAttributes,
  order: readonly GraphNode[],
  wanted: readonly number[],
  batch: number,
): { source: string; cost: number } {
  const { body, carries, sequences } = scan;
  const many = batch > 1;
  const names = new Map<GraphNode, string>();
  const dtypes = (nodes: readonly GraphNode[]): DType[] =>
    nodes.map((node) => node.dtype);
  const head: string[] = [
    `// ${dtypes(body.parameters).join(" ")} > ${
      dtypes(body.outputs).join(" ")
    }`,
    "return function(X,K,C,O,from,to,last,first,end){",
  ];
  const start: string[] = [];
  const read: string[] = [];
  body.parameters.forEach((node, index) => {
    const name = index < carries
      ? `c${index}`
      : index < carries + sequences
      ? `x${index - carries}`
      : `k${index - carries - sequences}`;
    names.set(node, name);
    const wide = many && node.size > 1;
    if (index < carries) {
      head.push(`const C${index}=C[${index}];`);
      start.push(`let ${name}=C${index}[b];`);
    } else if (index < carries + sequences) {
      const k = index - carries;
      head.push(`const X${k}=X[${k}];`);
      read.push(`const ${name}=X${k}[${wide ? `t*${batch}+b` : "t"}];`);
    } else {
      const k = index - carries - sequences;
      head.push(`const K${k}=K[${k}];`);
      start.push(`const ${name}=K${k}[${wide ? "b" : "0"}];`);
    }
  });
  const outputs: readonly GraphNode[] = [
    ...body.outputs.slice(carries),
    ...body.parameters.slice(0, carries),
  ];
  wanted.forEach((_, place) => head.push(`const O${place}=O[${place}];`));
  let cost = 1;
  const step: string[] = [];
  for (const node of order) {
    if (names.has(node) || node.op === "custom") continue;
    if (!isElementwise(node.op)) {
      names.set(node, names.get(sourceOf(node))!);
      continue;
    }
    const name = `v${step.length}`;
    cost += costOf(node);
    const inputs = node.inputs.map((input) => names.get(input)!);
    names.set(node, name);
    step.push(`const ${name}=${expressionOf(node, inputs)};`);
  }
  wanted.forEach((index, place) => {
    const node = outputs[index]!;
    const at = many && node.size > 1 ? `t*${batch}+b` : "t";
    step.push(`O${place}[${at}]=${names.get(node)!};`);
  });
  const nexts = body.outputs.slice(0, carries);
  nexts.forEach((node, k) => step.push(`const n${k}=${names.get(node)!};`));
  nexts.forEach((_, k) => step.push(`c${k}=n${k};`));
  const source = [
    ...head,
    "for(let b=first;b<end;b++){",
    ...start,
    "for(let n=from;n<to;n++){",
    "const t=last<0?n:last-n;",
    ...read,
    ...step,
    "}",
    ...nexts.map((_, k) => `C${k}[b]=c${k};`),
    "}",
    "};",
  ].join("\n");
  return { source, cost: cost + outputs.length };
}

/** The node that a movement shows. */
function sourceOf(node: GraphNode): GraphNode {
  if (node.op !== "output") return node.inputs[0]!;
  return node.inputs[0]!.inputs[attributesOf(node, "output").index]!;
}
