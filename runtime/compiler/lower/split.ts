/**
 * Long reductions with few results: many workers reduce pieces, and a second
 * kernel reduces what they found.
 *
 * @module
 */

import type { FlatNode } from "./flat.ts";
import { reducedAxes, sumDType } from "./reductions.ts";
import { isFriendlySpace } from "./space.ts";
import { type FlatMaker, identityOf } from "./simplify.ts";

/** Points that are worth a second kernel. */
const MIN_SIZE = 65_536;
/** Rows that are enough work for everybody. */
const MANY_ROWS = 512;
/** Columns that are enough work for everybody. */
const MANY_COLUMNS = 16_384;
/** Shortest piece of a row, and of a column. */
const ROW_PIECE = 2048;
const COLUMN_PIECE = 64;

/**
 * Other nodes for a long reduction.
 *
 * @param maker Makes nodes.
 * @param node The reduction.
 * @param isSpread Whether its result is spread over what was reduced.
 * @returns The node that has the same value; undefined where the reduction is
 * fine as it is.
 */
export function splitReduction(
  maker: FlatMaker,
  node: FlatNode,
  isSpread: boolean,
): FlatNode | undefined {
  const x = node.inputs[0]!;
  if (x.size < MIN_SIZE || node.attributes.isPiece) return undefined;
  const axes = reducedAxes(node);
  const kept = x.shape.map((_, axis) => axis).filter((axis) =>
    !axes.includes(axis)
  );
  const inner = axes.reduce((size, axis) => size * x.shape[axis]!, 1);
  const outer = x.size / inner;
  const first = axes.find((axis) => x.shape[axis] !== 1)!;
  const behind = kept.filter((axis) => axis > first && x.shape[axis] !== 1);
  const isRow = behind.length === 0;
  if (isSpread && isFriendlySpace({ shape: x.shape, reduced: axes })) {
    return undefined;
  }
  const wanted = isRow
    ? Math.min(Math.ceil(MANY_ROWS / outer), Math.floor(inner / ROW_PIECE))
    : Math.min(
      Math.ceil(MANY_COLUMNS / outer),
      Math.floor(inner / COLUMN_PIECE),
    );
  if (wanted < 2) return undefined;
  if (node.op === "argmax" || node.op === "argmin") {
    return positionOf(maker, node);
  }
  // Reduced axes side by side, where the first of them stands.
  const before = kept.filter((axis) => axis < first);
  const after = kept.filter((axis) => axis > first);
  const order = [...before, ...axes, ...after];
  const sorted = maker.make(
    "permute",
    [x],
    x.dtype,
    order.map((axis) => x.shape[axis]!),
    { axes: order },
  );
  const lead = before.reduce((size, axis) => size * x.shape[axis]!, 1);
  const tail = after.reduce((size, axis) => size * x.shape[axis]!, 1);
  const { pieces, length } = piecesOf(inner, wanted);
  const op = node.op as "sum" | "prod" | "max" | "min";
  let wide = maker.reshape(sorted, [lead, inner, tail]);
  if (op === "sum" || op === "prod") {
    wide = maker.cast(wide, sumDType(x.dtype));
  }
  const filled = maker.make(
    "pad",
    [wide],
    wide.dtype,
    [lead, pieces * length, tail],
    { before: [0, 0, 0], value: fillOf(op, wide) },
  );
  const cut = maker.reshape(filled, [lead, pieces, length, tail]);
  const partial = maker.make(op, [cut], cut.dtype, [lead, pieces, tail], {
    axes: [2],
    isPiece: true,
  });
  const total = maker.make(op, [partial], cut.dtype, [lead, tail], {
    axes: [1],
  });
  return maker.reshape(maker.cast(total, node.dtype), node.shape);
}

function fillOf(op: "sum" | "prod" | "max" | "min", x: FlatNode): number {
  switch (x.dtype) {
    case "f64":
    case "f32":
    case "f16":
      return identityOf(op, x.dtype);
  }
  if (op === "sum") return 0;
  if (op === "prod") return 1;
  const [low, high] = LIMITS[x.dtype];
  return op === "max" ? low : high;
}

const LIMITS = {
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
  i8: [-128, 127],
  u8: [0, 255],
  bool: [0, 1],
} as const;

/** Pieces of equal length, without a rest where that is possible. */
function piecesOf(
  inner: number,
  wanted: number,
): { pieces: number; length: number } {
  for (let pieces = wanted; pieces >= wanted / 2; pieces--) {
    if (pieces > 1 && inner % pieces === 0) {
      return { pieces, length: inner / pieces };
    }
  }
  const length = Math.ceil(inner / wanted);
  return { pieces: Math.ceil(inner / length), length };
}

/** The first position at which the extreme stands. */
function positionOf(maker: FlatMaker, node: FlatNode): FlatNode {
  const x = node.inputs[0]!;
  const axis = node.attributes.axis!;
  const length = x.shape[axis]!;
  const extreme = maker.make(
    node.op === "argmax" ? "max" : "min",
    [x],
    x.dtype,
    node.shape,
    { axes: [axis] },
  );
  const wide = node.shape.toSpliced(axis, 0, 1);
  const level = maker.expand(maker.reshape(extreme, wide), x.shape);
  let isThere = maker.map("equal", [x, level], "bool");
  if (x.dtype === "f64" || x.dtype === "f32" || x.dtype === "f16") {
    // Where there is NaN it is the extreme, and it equals nothing.
    isThere = maker.map("or", [isThere, maker.map("isNaN", [x], "bool")]);
  }
  const count = maker.make("iota", [], "i32", [length]);
  const along = x.shape.map((n, k) => k === axis ? n : 1);
  const positions = maker.expand(maker.reshape(count, along), x.shape);
  const none = maker.literal(length, "i32", x.shape);
  const found = maker.map("where", [isThere, positions, none], "i32");
  return maker.make("min", [found], "i32", node.shape, { axes: [axis] });
}
