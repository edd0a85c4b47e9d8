/**
 * Arithmetic, comparisons and choices as instructions.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { hasRelaxedSimd } from "../assembler_features.ts";
import { pushBitcast, pushCast } from "./conversions.ts";
import type { Emitter } from "./emitter.ts";
import {
  floatShape,
  integerShape,
  isUnsigned,
  type Kind,
  kindOf,
} from "./kinds.ts";
import { pushMaskFor, pushWideMask } from "./lanes.ts";
import { pushMultiplyAdd } from "./multiply_add.ts";
import { pushBits } from "./float_bits.ts";
import { pushFloat } from "./floats.ts";
import { pushHelped } from "./helped.ts";
import { pushWholeBinary, pushWholeUnary, pushWrapped } from "./whole.ts";

/**
 * Pushes the value of an expression that has arguments and is no load.
 *
 * @param e The emitter.
 * @param expr The expression.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushOperation(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const [a, b, c] = expr.args as [Expr, Expr, Expr];
  const kind = kindOf(expr.dtype);
  const push = (arg: Expr) => e.push(arg, vector, unit);
  switch (expr.op) {
    case "equal":
    case "less":
    case "lessEqual":
      return pushComparison(e, expr.op, a, b, vector, unit);
    case "where":
      if (vector && pushPicked(e, expr, unit)) return;
      push(b);
      push(c);
      push(a);
      if (!vector) return fn.op("select");
      pushMaskFor(e, kind);
      return fn.op(
        hasRelaxedSimd() ? "i8x16.relaxed_laneselect" : "v128.bitselect",
      );
    case "rarely":
      return pushRarely(e, expr, vector, unit);
    case "quarterTurns":
    case "angleRest": {
      const turns = expr.op === "quarterTurns";
      const helper = e.settings.helpers.reduceAngle(turns);
      return pushHelped(e, expr, helper, vector, unit);
    }
    case "cast":
      return pushCast(e, a, expr.dtype, vector, unit);
    case "bitcast":
      return pushBitcast(e, a, expr.dtype, vector, unit);
    case "isNaN":
    case "isFinite":
      return pushClass(e, expr.op, a, vector, unit);
    case "multiplyAdd": {
      const isWhole = kind === "i32" || kind === "bool";
      if (vector && !isWhole) {
        return pushMultiplyAdd(fn, kind === "f32" ? "f32x4" : "f64x2", "add", {
          a: () => push(a),
          b: () => push(b),
          sum: () => push(c),
        });
      }
      const shape = isWhole ? integerShape(vector) : kind;
      push(a);
      push(b);
      fn.op(`${shape}.mul`);
      push(c);
      fn.op(`${shape}.add`);
      if (isWhole) pushWrapped(e, expr.dtype, vector);
      return;
    }
    case "copySign":
    case "powerOfTwo":
    case "exponentOf":
    case "mantissaOf":
      return pushBits(e, expr, vector, unit);
    default:
      if (kind === "bool") return pushLogic(e, expr, vector, unit);
      if (kind === "i32") {
        if (expr.args.length === 1) pushWholeUnary(e, expr, vector, unit);
        else pushWholeBinary(e, expr, vector, unit);
        return pushWrapped(e, expr.dtype, vector);
      }
      return pushFloat(e, expr, kind, vector, unit);
  }
}

/**
 * Pushes a choice of the larger or smaller of two floats, which is one
 * instruction.
 */
function pushPicked(e: Emitter, expr: Expr, unit: number): boolean {
  const [test, a, b] = expr.args as [Expr, Expr, Expr];
  const kind = kindOf(expr.dtype);
  if (test.op !== "less" || (kind !== "f32" && kind !== "f64")) return false;
  const [low, high] = test.args as [Expr, Expr];
  const larger = low === b && high === a;
  if (!larger && (low !== a || high !== b)) return false;
  e.push(b, true, unit);
  e.push(a, true, unit);
  const shape = kind === "f32" ? "f32x4" as const : "f64x2" as const;
  e.fn.op(`${shape}.${larger ? "pmax" : "pmin"}`);
  return true;
}

/** Computes the rare side of a choice only where a lane needs it. */
function pushRarely(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const [test, rare, usual] = expr.args as [Expr, Expr, Expr];
  const kind = kindOf(expr.dtype);
  const result = e.local(e.typeOf(kind, vector));
  e.push(usual, vector, unit);
  fn.set(result);
  const mask = e.hold(test, vector, unit);
  fn.get(mask);
  if (vector) fn.op("v128.any_true");
  fn.if(() =>
    e.scope(() => {
      e.push(rare, vector, unit);
      if (vector) {
        fn.get(result);
        fn.get(mask);
        pushMaskFor(e, kind);
        fn.op("v128.bitselect");
      }
      fn.set(result);
    })
  );
  fn.get(result);
}

function pushClass(
  e: Emitter,
  op: "isNaN" | "isFinite",
  a: Expr,
  vector: boolean,
  unit: number,
): void {
  const kind = kindOf(a.dtype);
  if (kind !== "f32" && kind !== "f64") {
    const result = Number(op === "isFinite");
    if (vector) e.pushSplat("bool", result);
    else e.fn.i32(result);
    return;
  }
  const shape = floatShape(kind, vector);
  const x = e.hold(a, vector, unit);
  e.fn.get(x);
  if (op === "isNaN") {
    e.fn.get(x);
    e.fn.op(`${shape}.ne`);
  } else {
    e.fn.op(`${shape}.abs`);
    e.constant(kind, Infinity, vector);
    e.fn.op(`${shape}.lt`);
  }
  if (vector && kind === "f32") pushWideMask(e);
}

function pushComparison(
  e: Emitter,
  op: "equal" | "less" | "lessEqual",
  a: Expr,
  b: Expr,
  vector: boolean,
  unit: number,
): void {
  const kind: Kind = kindOf(a.dtype);
  if (kind === "bool" && vector) {
    return pushMaskComparison(e, op, a, b, unit);
  }
  e.push(a, vector, unit);
  e.push(b, vector, unit);
  if (kind === "f32" || kind === "f64") {
    const name = op === "equal" ? "eq" : op === "less" ? "lt" : "le";
    e.fn.op(`${floatShape(kind, vector)}.${name}`);
  } else {
    const shape = integerShape(vector);
    const sign = isUnsigned(a.dtype) ? "u" : "s";
    if (op === "equal") e.fn.op(`${shape}.eq`);
    else e.fn.op(`${shape}.${op === "less" ? "lt" : "le"}_${sign}`);
  }
  if (vector && kind !== "f64") pushWideMask(e);
}

function pushMaskComparison(
  e: Emitter,
  op: "equal" | "less" | "lessEqual",
  a: Expr,
  b: Expr,
  unit: number,
): void {
  const { fn } = e;
  if (op === "less") {
    // b and not a
    e.push(b, true, unit);
    e.push(a, true, unit);
    return fn.op("v128.andnot");
  }
  e.push(a, true, unit);
  e.push(b, true, unit);
  if (op === "equal") return fn.op("v128.xor", "v128.not");
  // not (a and not b)
  fn.op("v128.andnot", "v128.not");
}

/** Pushes what is computed of booleans. */
function pushLogic(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  for (const arg of expr.args) e.push(arg, vector, unit);
  switch (expr.op) {
    case "not":
      return fn.op(vector ? "v128.not" : "i32.eqz");
    case "and":
    case "multiply":
    case "minimum":
      return fn.op(vector ? "v128.and" : "i32.and");
    case "or":
    case "maximum":
      return fn.op(vector ? "v128.or" : "i32.or");
    case "xor":
      return fn.op(vector ? "v128.xor" : "i32.xor");
    default:
      throw new Error(`"${expr.op}" is not defined for booleans`);
  }
}
