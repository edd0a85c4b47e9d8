/**
 * Finds slices that can be written into the buffer of what they are put into,
 * so that an update costs what it writes and nothing is copied: where the old
 * value was given up, or is one of a chain of updates.
 *
 * @module
 */

import { liveNodes } from "./cut_rules.ts";
import type { FlatGraph, FlatNode } from "./flat.ts";
import { unshaped } from "./simplify.ts";

/** What is asked of a flat graph, and what may be written over. */
export interface UpdateRequest {
  /** The graph. */
  readonly graph: FlatGraph;
  /** What is asked for. */
  readonly roots: readonly FlatNode[];
  /** Leaves that may be written over. */
  readonly donated: ReadonlySet<FlatNode>;
  /** Numbers of updates that have turned out to need a copy. */
  readonly excluded: ReadonlySet<number>;
}

/**
 * Turns updates into writes. Whether the readers of the old value can come
 * before is seen when the program is there.
 *
 * @param request The graph.
 * @returns Number of each update, by the node that it has become.
 */
export function markUpdates(
  { donated, excluded, graph, roots }: UpdateRequest,
): Map<FlatNode, number> {
  const marked = new Map<FlatNode, number>();
  const asked = new Set(roots.map(unshaped));
  /** Values that are written over already. */
  const taken = new Set<FlatNode>();
  let number = 0;
  for (const node of liveNodes(roots)) {
    if (node.op !== "dynamicUpdateSlice") continue;
    const own = number++;
    const [x, update, start] = node.inputs as [FlatNode, FlatNode, FlatNode];
    const over = unshaped(x);
    const isFree = !asked.has(over) && !taken.has(over) &&
      (donated.has(over) || over.op === "dynamicUpdateSlice" ||
        over.op === "written");
    if (!isFree || excluded.has(own)) continue;
    taken.add(over);
    const write = graph.addUnique(
      "write",
      [update, start, over],
      node.dtype,
      update.shape,
      node.at,
      { axis: node.attributes.axis! },
    );
    write.target = node;
    node.op = "written";
    node.inputs = [write, over];
    node.attributes = {};
    marked.set(node, own);
  }
  return marked;
}
