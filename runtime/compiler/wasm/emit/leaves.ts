/**
 * Expressions without arguments.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { Emitter } from "./emitter.ts";
import { kindOf } from "./kinds.ts";

/**
 * Pushes the value of a leaf.
 *
 * @param e The emitter.
 * @param expr An expression.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 * @returns False for what is no leaf, or must be computed singly and spread.
 */
export function pushLeaf(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): boolean {
  const { fn } = e;
  const { parameters } = e.settings;
  const kind = kindOf(expr.dtype);
  switch (expr.op) {
    case "constant":
      if (vector) e.pushSplat(kind, held(expr));
      else if (kind === "bool") fn.i32(Number(expr.value !== 0));
      else fn[kind](held(expr));
      return true;
    case "size":
      if (vector) return false;
      fn.get(parameters.size(expr.value));
      return true;
    case "scalar":
      if (vector) return false;
      fn.get(parameters.scalar(expr.value, expr.dtype));
      return true;
    case "axis":
      if (vector && !e.varies(expr)) return false;
      pushPosition(e, expr, vector, unit);
      return true;
    case "reduced":
    case "carry":
      if (vector && !e.varies(expr)) return false;
      throw new Error(`"${expr.op}" ${expr.value} is not known here`);
    default:
      return false;
  }
}

function pushPosition(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const from = unit * e.lanes;
  fn.get(e.settings.axes[expr.value]!);
  if (vector) {
    fn.op("i32x4.splat");
    fn.get(e.settings.parameters.vector(
      `lanes:${unit}`,
      () =>
        new Uint8Array(Int32Array.from([0, 1, 2, 3], (k) => from + k).buffer),
    ));
    fn.op("i32x4.add");
  } else if (from > 0) {
    fn.i32(from);
    fn.op("i32.add");
  }
}

/** The number of a constant as its dtype holds it. */
function held({ dtype, value }: Expr): number {
  if (dtype === "i8") return value << 24 >> 24;
  if (dtype === "u8") return value & 255;
  if (dtype === "f16") return Math.f16round(value);
  return value;
}
