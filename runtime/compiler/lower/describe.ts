/**
 * What kernels are called, and which nodes they are charged to.
 *
 * @module
 */

import { isElementwise, type PrimitiveName } from "../../device/primitives.ts";
import type { FlatNode } from "./flat.ts";
import type { Group } from "./group.ts";

/** What a kernel is called and charged to. */
export interface Description {
  /** What it computes, for people. */
  readonly name: string;
  /** Position of the node that it is charged to. */
  readonly node: number;
  /** Positions of all nodes that it computes. */
  readonly nodes: readonly number[];
  /** Why it ends where it does. */
  readonly cut: string;
}

/**
 * What a group is called and charged to.
 *
 * @param group The group.
 * @param stored The members that are stored.
 * @returns Name, positions and why it ends here.
 */
export function describe(
  group: Group,
  stored: readonly FlatNode[],
): Description {
  return describeNodes(stored, (node) => group.members.has(node));
}

const MAX_NAMES = 6;

/**
 * What a kernel is called and charged to.
 *
 * @param stored Nodes that it stores.
 * @param isInside Whether it computes a node that other kernels may store.
 * @returns Name, positions and why it ends here.
 */
export function describeNodes(
  stored: readonly FlatNode[],
  isInside: (node: FlatNode) => boolean,
): Description {
  const seen = new Set(stored);
  for (const node of seen) {
    for (const input of node.inputs) {
      const isOther = input.op === "leaf" || input.op === "literal" ||
        input.op === "scalar" || input.op === "empty" ||
        (input.home !== undefined && !isInside(input));
      if (!isOther) seen.add(input);
    }
  }
  const nodes = [...seen].sort((a, b) => a.id - b.id);
  const names = nodes.flatMap((node) => isNamed(node) ? [node.op] : []);
  const last = nodes.at(-1)!;
  const shown = names.slice(-MAX_NAMES);
  const more = names.length - shown.length;
  const reasons = new Set(stored.map((node) => node.reason));
  return {
    name: shown.length === 0
      ? last.op === "literal" || last.op === "scalar" ? "fill" : "copy"
      : (more > 0 ? `${more} more·` : "") + shown.join("·"),
    node: stored.reduce((at, node) => Math.max(at, node.at), 0),
    nodes: [...new Set(nodes.map((node) => node.at))].sort((a, b) => a - b),
    cut: [...reasons].join("; "),
  };
}

function isNamed(node: FlatNode): boolean {
  if (isElementwise(node.op as PrimitiveName)) return true;
  switch (node.op) {
    case "written":
    case "reshape":
    case "expand":
    case "permute":
    case "slice":
    case "literal":
    case "scalar":
    case "output":
      return false;
    default:
      return true;
  }
}
