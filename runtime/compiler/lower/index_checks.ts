/**
 * Indices that come from data may lie outside of their axis. Kernels move them to
 * its nearest end; a program that does so also computes the worst index, so that
 * whoever runs it can say what is wrong.
 *
 * @module
 */

import { attributesOf, type GraphNode } from "../../device/graph.ts";
import type { FlatNode } from "./flat.ts";
import type { FlatMaker } from "./simplify.ts";

/** An index that must be inside of an axis. */
export interface IndexCheck {
  /** Number that is 0 when all indices are inside, else one that is not. */
  readonly worst: FlatNode;
  /** The value that the index is used for. */
  readonly value: FlatNode;
  /** Position in the graph's order of the node that uses the index. */
  readonly at: number;
  /** The primitive. */
  readonly name: string;
  /** Length of the axis. */
  readonly length: number;
}

/**
 * The check of a primitive that takes indices.
 *
 * @param maker Makes nodes.
 * @param node The primitive.
 * @param inputs Its inputs.
 * @param value Its value.
 * @returns The check; undefined where the primitive takes no indices, or they are
 * known to be inside.
 */
export function indexCheck(
  maker: FlatMaker,
  node: GraphNode,
  inputs: readonly FlatNode[],
  value: FlatNode,
): IndexCheck | undefined {
  switch (node.op) {
    case "take":
    case "takeAlongAxis":
    case "scatterAdd":
    case "scatterAddAlongAxis":
      break;
    default:
      return undefined;
  }
  const [x, indices] = inputs as [FlatNode, FlatNode];
  const length = x.shape[attributesOf(node, "take").axis]!;
  if (indices.size === 0) return undefined;
  const [low, high] = boundsOf(indices);
  if (low >= -length && high < length) return undefined;
  const worst = worstOf(maker, indices, low < -length, high >= length, length);
  return { worst, value, at: maker.at, name: node.op, length };
}

function worstOf(
  maker: FlatMaker,
  indices: FlatNode,
  mayBeBelow: boolean,
  mayBeAbove: boolean,
  length: number,
): FlatNode {
  const index = maker.cast(maker.reshape(indices, [indices.size]), "i32");
  const number = (value: number) => maker.literal(value, "i32", index.shape);
  const worst = (op: "max" | "min", isBad: FlatNode) =>
    maker.make(
      op,
      [maker.map("where", [isBad, index, number(0)], "i32")],
      "i32",
      [],
      { axes: [0] },
    );
  const above = mayBeAbove
    ? worst("max", maker.map("lessEqual", [number(length), index], "bool"))
    : maker.literal(0, "i32");
  if (!mayBeBelow) return above;
  const below = worst(
    "min",
    maker.map("less", [index, number(-length)], "bool"),
  );
  if (!mayBeAbove) return below;
  const isAbove = maker.map("less", [maker.literal(0, "i32"), above], "bool");
  return maker.map("where", [isAbove, above, below], "i32");
}

/** Bounds of whole numbers, as far as they follow from how they are made. */
function boundsOf(node: FlatNode): readonly [number, number] {
  let at = node;
  for (;;) {
    switch (at.op) {
      case "reshape":
      case "expand":
      case "permute":
      case "slice":
        at = at.inputs[0]!;
        continue;
      case "cast": {
        const source = at.inputs[0]!.dtype;
        if (source === "f64" || source === "f32" || source === "f16") break;
        const inner = boundsOf(at.inputs[0]!);
        const [low, high] = DTYPE_BOUNDS[at.dtype] ?? [0, -1];
        if (inner[0] >= low && inner[1] <= high) return inner;
        break;
      }
      case "and": {
        // Nothing is larger than a mask.
        const masks = at.inputs.map(boundsOf).filter(([low]) => low >= 0);
        if (masks.length === 0) break;
        return [0, Math.min(...masks.map(([, high]) => high))];
      }
      case "iota":
        return [0, at.shape[0]! - 1];
      case "literal":
        return [at.attributes.value!, at.attributes.value!];
      case "argmax":
      case "argmin":
        return [0, at.inputs[0]!.shape[at.attributes.axis!]! - 1];
      case "output": {
        const source = at.inputs[0]!;
        const { name } = source.attributes;
        if (name !== "argsort" && name !== "argTopK") break;
        return [0, source.inputs[0]!.shape.at(-1)! - 1];
      }
    }
    return DTYPE_BOUNDS[at.dtype] ?? [-Infinity, Infinity];
  }
}

const DTYPE_BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
  i8: [-128, 127],
  u8: [0, 255],
  bool: [0, 1],
};
