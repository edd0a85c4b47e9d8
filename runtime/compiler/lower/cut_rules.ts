/**
 * Rules of thumb about what is computed in place and what is written to memory.
 *
 * @module
 */

import { byteSize } from "../../device/dtypes.ts";
import { hasBuffer } from "./costs.ts";
import type { FlatNode } from "./flat.ts";
import { isNumber } from "./simplify.ts";

/** What is dearer than this is not computed twice. */
export const HEAVY = 8;

/**
 * What a node is called in reasons.
 *
 * @param node The node.
 * @returns The name of the routine, or of the primitive.
 */
export function nameOf(node: FlatNode): string {
  return node.attributes.name ?? node.op;
}

/**
 * Whether a node should not be computed several times.
 *
 * @param node The node.
 * @returns True where it is computed in place, at some cost.
 */
export function isDear(node: FlatNode): boolean {
  return !isNumber(node) && !hasBuffer(node) &&
    (node.estimate?.cost ?? 0) >= HEAVY;
}

/**
 * Whether an operand of a product is arithmetic that costs next to nothing
 * beside the loop of the product.
 *
 * @param node The operand.
 * @returns True when it may be computed as it is read.
 */
export function isCheapOperand(node: FlatNode): boolean {
  if (hasBuffer(node) || isPacked(node)) return true;
  const { cost, heaviest } = node.estimate!;
  const large = largeOf(node);
  // Whoever makes what it reads can do its arithmetic, too.
  const isNext = cost > 0 &&
    large.some((load) => load.size === node.size && isMadeByLoops(load));
  return !isNext && cost <= 10 && heaviest <= 2 && large.length <= 2;
}

/**
 * Whether a node is read from far fewer bytes than it would take itself, by
 * arithmetic that products hide: codes with their scales. It is never stored.
 *
 * @param node The node.
 * @returns True when it is.
 */
export function isPacked(node: FlatNode): boolean {
  if (isNumber(node) || hasBuffer(node)) return false;
  const { cost, heaviest, loads } = node.estimate!;
  const read = loads.reduce(
    (sum, load) => sum + load.size * byteSize(load.dtype),
    0,
  );
  return cost <= 64 && heaviest <= 3 && loads.every(isLeaf) &&
    2 * read <= node.size * byteSize(node.dtype);
}

function isLeaf({ op }: FlatNode): boolean {
  return op === "leaf";
}

/**
 * What takes about as long to read again as the node itself.
 *
 * @param node The node.
 * @returns Those of the nodes that it reads.
 */
export function largeOf({ size, estimate }: FlatNode): FlatNode[] {
  return estimate!.loads.filter((load) => 8 * load.size >= size);
}

function isMadeByLoops({ home }: FlatNode): boolean {
  return home !== undefined &&
    (home.kind === "rows" || home.kind === "contract");
}

/**
 * Whether a node only moves what a kernel makes.
 *
 * @param node The node.
 * @returns True when it does.
 */
export function isMade(node: FlatNode): boolean {
  return !isNumber(node) && !hasBuffer(node) &&
    node.estimate!.loads.every((load) =>
      load.size === node.size && isMadeByLoops(load)
    );
}

/**
 * All nodes that roots depend on, by rising number: inputs first.
 *
 * @param roots Where to start.
 * @param isKnown Nodes that are not wanted, nor what they depend on.
 * @returns The nodes.
 */
export function liveNodes(
  roots: readonly FlatNode[],
  isKnown: (node: FlatNode) => boolean = () => false,
): FlatNode[] {
  const seen = new Set<FlatNode>();
  for (const root of roots) if (!isKnown(root)) seen.add(root);
  for (const node of seen) {
    for (const input of node.inputs) if (!isKnown(input)) seen.add(input);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
