/**
 * What primitives cost where they are computed in place.
 *
 * @module
 */

import { isElementwise, type PrimitiveName } from "../../device/primitives.ts";
import type { Estimate, FlatNode, FlatOp } from "./flat.ts";
import { isNumber, unshaped } from "./simplify.ts";

const COSTS: Readonly<Partial<Record<FlatOp, number>>> = {
  divide: 3,
  sqrt: 4,
  remainder: 4,
  exp: 8,
  expm1: 10,
  log: 8,
  log1p: 10,
  sin: 12,
  cos: 12,
  tan: 14,
  asin: 14,
  acos: 14,
  atan: 12,
  atan2: 16,
  sinh: 12,
  cosh: 12,
  tanh: 10,
  sigmoid: 10,
  softplus: 16,
  erf: 20,
  erfc: 30,
  logNormalCdf: 40,
  lgamma: 40,
  polygamma: 40,
  power: 20,
  randomBits: 60,
  take: 2,
  takeAlongAxis: 2,
  pad: 2,
  dynamicSlice: 1,
  dynamicUpdateSlice: 3,
  write: 0,
  concat: 3,
  reshape: 0,
  expand: 0,
  permute: 0,
  slice: 0,
  iota: 0,
  output: 0,
};

/**
 * How long a primitive takes for an element.
 *
 * @param op The primitive.
 * @returns About how many additions.
 */
export function costOf(op: string): number {
  return COSTS[op as FlatOp] ?? 1;
}

const NOTHING: Estimate = {
  cost: 0,
  heaviest: 0,
  count: 0,
  reshapes: 0,
  loads: [],
  isUniform: true,
};

/**
 * What computing a node in place costs; its inputs have estimates.
 *
 * @param node The node.
 * @returns The estimate.
 */
export function estimateOf(node: FlatNode): Estimate {
  if (isNumber(node)) return NOTHING;
  const own = costOf(node.op);
  let cost = own;
  let heaviest = own;
  let count = 1;
  let reshapes = node.op === "reshape" ? 1 : 0;
  let loads: readonly FlatNode[] = [];
  let isUniform = node.size === 1 || isSpread(node.op);
  // What is written over is not read.
  const inputs = node.op === "write" ? node.inputs.slice(0, 2) : node.inputs;
  for (const input of inputs) {
    if (isNumber(input)) continue;
    // A reshape is read like what it reshapes, also where that has been given a
    // buffer after the estimate of the reshape was made.
    const base = unshaped(input);
    const isRead = hasBuffer(base);
    const read = isRead ? [base] : input.estimate!.loads;
    loads = loads.length === 0 ? read : union(loads, read);
    if (isRead) {
      isUniform &&= node.size === 1 || base.size === 1;
      continue;
    }
    const below = input.estimate!;
    isUniform &&= node.size === 1 || below.isUniform;
    cost += below.cost;
    count += below.count;
    reshapes += below.reshapes;
    heaviest = Math.max(heaviest, below.heaviest);
  }
  return { cost, heaviest, count, reshapes, loads, isUniform };
}

/** Whether the elements of a primitive are alike where those of its inputs are. */
function isSpread(op: FlatOp): boolean {
  return op === "expand" || op === "reshape" || op === "permute" ||
    op === "slice" || isElementwise(op as PrimitiveName);
}

/**
 * Whether a node is read from a buffer by the kernels of others.
 *
 * @param node The node.
 * @returns True for leaves and for what kernels compute.
 */
export function hasBuffer(node: FlatNode): boolean {
  return node.op === "leaf" || node.op === "empty" || node.home !== undefined;
}

function union(
  a: readonly FlatNode[],
  b: readonly FlatNode[],
): readonly FlatNode[] {
  const missing = b.filter((one) => !a.includes(one));
  return missing.length === 0 ? a : [...a, ...missing];
}
