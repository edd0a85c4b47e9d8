/**
 * Results that are written in another order than they are computed in.
 *
 * @module
 */

import { sameShape } from "../../device/shapes.ts";
import { strideAlong } from "../ir/index_arithmetic.ts";
import type { Draft, Place } from "./draft.ts";
import type { FlatNode } from "./flat.ts";
import type { Member } from "./group.ts";
import { resultIndex } from "./moved_index.ts";

/** Movement between a member and a node that is written in another order. */
const MAX_PATH = 64;

/**
 * The place that a node gets by way of movement from a member.
 *
 * @param draft The kernel.
 * @param members Its members.
 * @param node The node.
 * @param innermost The axis along which results should be written without jumps.
 * @returns Index along each axis of the node; undefined where there is no such
 * place.
 */
export function carriedPlace(
  draft: Draft,
  members: ReadonlyMap<FlatNode, Member>,
  node: FlatNode,
  innermost: number,
): Place | undefined {
  const path: FlatNode[] = [];
  let at = node;
  let member = members.get(at);
  while (member === undefined || member.isRow) {
    path.push(at);
    if (path.length > MAX_PATH) return undefined;
    const next = at.inputs.find((input) =>
      members.get(input)?.isRow === false ||
      (input.size === at.size && readsMember(members, input))
    );
    if (next === undefined || next.size !== at.size) return undefined;
    at = next;
    member = members.get(at);
  }
  let place = member.place;
  for (const step of path.reverse()) {
    if (step.op === "reshape" || step.op === "permute") {
      place = resultIndex(draft.index, step, place)!;
    } else if (!sameShape(step.shape, step.inputs[0]!.shape)) {
      return undefined;
    }
  }
  const position = draft.index.linear(place, node.shape);
  const isPlain = draft.axes[innermost] === 1 ||
    strideAlong(position, innermost) === 1;
  return isPlain ? place : undefined;
}

/** Whether a node that is computed in place reads a member. */
function readsMember(
  members: ReadonlyMap<FlatNode, Member>,
  { home, estimate }: FlatNode,
): boolean {
  return home === undefined && estimate !== undefined &&
    estimate.loads.some((one) => members.get(one)?.isRow === false);
}
