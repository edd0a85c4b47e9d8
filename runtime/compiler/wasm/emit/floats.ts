/**
 * Arithmetic of floats.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { Emitter } from "./emitter.ts";
import { pushHelped } from "./helped.ts";
import { floatShape } from "./kinds.ts";

/**
 * Pushes what is computed of floats.
 *
 * @param e The emitter.
 * @param expr The expression.
 * @param kind Its kind.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushFloat(
  e: Emitter,
  expr: Expr,
  kind: "f32" | "f64",
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const shape = floatShape(kind, vector);
  const [a, b] = expr.args as [Expr, Expr];
  if (expr.op === "remainder") {
    const helper = e.settings.helpers.floatRemainder();
    return pushHelped(e, expr, helper, vector, unit);
  }
  if (vector && pushBounded(e, expr, kind, unit)) return;
  if (expr.op === "sign") return pushSign(e, a, kind, vector, unit);
  e.push(a, vector, unit);
  switch (expr.op) {
    case "negative":
      return fn.op(`${shape}.neg`);
    case "absolute":
      return fn.op(`${shape}.abs`);
    case "sqrt":
    case "floor":
    case "ceil":
    case "trunc":
      return fn.op(`${shape}.${expr.op}`);
    case "round":
      return fn.op(`${shape}.nearest`);
  }
  if (b !== undefined) e.push(b, vector, unit);
  switch (expr.op) {
    case "add":
      return fn.op(`${shape}.add`);
    case "subtract":
      return fn.op(`${shape}.sub`);
    case "multiply":
      return fn.op(`${shape}.mul`);
    case "divide":
      return fn.op(`${shape}.div`);
    case "maximum":
      return fn.op(`${shape}.max`);
    case "minimum":
      return fn.op(`${shape}.min`);
    default:
      throw new Error(`"${expr.op}" of ${expr.dtype} was not expanded`);
  }
}

/**
 * Pushes the larger or smaller of a float and a known bound in fewer
 * instructions than two unknown floats take. NaN and the sign of 0 are kept.
 */
function pushBounded(
  e: Emitter,
  { op, args }: Expr,
  kind: "f32" | "f64",
  unit: number,
): boolean {
  if (op !== "maximum" && op !== "minimum") return false;
  const bound = args.find((arg) => arg.op === "constant");
  const x = args.find((arg) => arg !== bound);
  if (bound === undefined || x === undefined) return false;
  const { value } = bound;
  if (Number.isNaN(value)) return false;
  const { fn } = e;
  const shape = kind === "f32" ? "f32x4" as const : "f64x2" as const;
  const largest = op === "maximum";
  if (value === 0 && Object.is(value, 0) === largest) {
    if (!largest) return false;
    // Nothing remains of what is at most 0.
    const held = e.hold(x, true, unit);
    fn.get(held);
    fn.get(held);
    e.pushSplat(kind, 0);
    fn.op(`${shape}.le`, "v128.andnot");
    return true;
  }
  e.push(x, true, unit);
  e.push(bound, true);
  fn.op(`${shape}.${largest ? "pmax" : "pmin"}`);
  return true;
}

/** Pushes 1, -1, or the number itself where it is 0 or NaN. */
function pushSign(
  e: Emitter,
  a: Expr,
  kind: "f32" | "f64",
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const shape = floatShape(kind, vector);
  const select = vector ? "v128.bitselect" : "select";
  const x = e.hold(a, vector, unit);
  e.constant(kind, 1, vector);
  e.constant(kind, -1, vector);
  fn.get(x);
  fn.get(x);
  e.constant(kind, 0, vector);
  fn.op(`${shape}.lt`, select);
  fn.get(x);
  e.constant(kind, 0, vector);
  fn.op(`${shape}.gt`, select);
}
