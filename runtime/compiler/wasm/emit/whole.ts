/**
 * Arithmetic of whole numbers, modulo the size of their dtype.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { Local } from "../assembler.ts";
import type { Emitter } from "./emitter.ts";
import { integerShape, isUnsigned } from "./kinds.ts";
import { extractLane } from "./lanes.ts";

/**
 * Wraps whole numbers on the stack to the range of their dtype.
 *
 * @param e The emitter.
 * @param dtype The dtype.
 * @param vector Whether they lie in lanes.
 */
export function pushWrapped(e: Emitter, dtype: DType, vector: boolean): void {
  const { fn } = e;
  if (dtype === "i8") {
    if (!vector) return fn.op("i32.extend8_s");
    fn.i32(24);
    fn.op("i32x4.shl");
    fn.i32(24);
    fn.op("i32x4.shr_s");
  } else if (dtype === "u8") {
    e.constant("i32", 255, vector);
    fn.op(vector ? "v128.and" : "i32.and");
  }
}

/**
 * Pushes what is computed of one whole number.
 *
 * @param e The emitter.
 * @param expr The expression.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushWholeUnary(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const a = expr.args[0]!;
  const unsigned = isUnsigned(expr.dtype);
  switch (expr.op) {
    case "floor":
    case "ceil":
    case "round":
    case "trunc":
      return e.push(a, vector, unit);
    case "not":
      e.push(a, vector, unit);
      e.constant("i32", -1, vector);
      return fn.op(vector ? "v128.xor" : "i32.xor");
    case "negative":
      e.constant("i32", 0, vector);
      e.push(a, vector, unit);
      return fn.op(`${integerShape(vector)}.sub`);
    case "absolute": {
      if (unsigned) return e.push(a, vector, unit);
      if (vector) {
        e.push(a, vector, unit);
        return fn.op("i32x4.abs");
      }
      const x = e.hold(a, false, unit);
      fn.i32(0);
      fn.get(x);
      fn.op("i32.sub");
      fn.get(x);
      fn.get(x);
      fn.i32(0);
      return fn.op("i32.lt_s", "select");
    }
    case "sign": {
      const x = e.hold(a, vector, unit);
      const shape = integerShape(vector);
      // A true comparison is 1 singly, and -1 in lanes.
      const [first, second] = vector !== unsigned
        ? ["lt_s", "gt_s"] as const
        : ["gt_s", "lt_s"] as const;
      if (unsigned) {
        fn.get(x);
        e.constant("i32", 1, vector);
        return vector ? fn.op("i32x4.min_u") : pushBound(e, "lt_u");
      }
      fn.get(x);
      e.constant("i32", 0, vector);
      fn.op(`${shape}.${first}`);
      fn.get(x);
      e.constant("i32", 0, vector);
      return fn.op(`${shape}.${second}`, `${shape}.sub`);
    }
    default:
      throw new Error(`"${expr.op}" is not defined for whole numbers`);
  }
}

/**
 * Replaces two numbers on the stack by the smaller or larger one.
 *
 * @param e The emitter.
 * @param name How the one that is kept compares to the other.
 */
export function pushBound(
  e: Emitter,
  name: "lt_s" | "lt_u" | "gt_s" | "gt_u",
): void {
  const { fn } = e;
  const b = e.local("i32");
  const a = e.local("i32");
  fn.set(b);
  fn.tee(a);
  fn.get(b);
  fn.get(a);
  fn.get(b);
  fn.op(`i32.${name}`, "select");
}

/**
 * Pushes what is computed of two whole numbers.
 *
 * @param e The emitter.
 * @param expr The expression.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushWholeBinary(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const { op } = expr;
  const [a, b] = expr.args as [Expr, Expr];
  const shape = integerShape(vector);
  const sign = isUnsigned(expr.dtype) ? "u" : "s";
  switch (op) {
    case "add":
    case "subtract":
    case "multiply":
      e.push(a, vector, unit);
      e.push(b, vector, unit);
      return fn.op(
        `${shape}.${op === "add" ? "add" : op === "subtract" ? "sub" : "mul"}`,
      );
    case "and":
    case "or":
    case "xor":
      e.push(a, vector, unit);
      e.push(b, vector, unit);
      return fn.op(vector ? `v128.${op}` : `i32.${op}`);
    case "maximum":
    case "minimum":
      e.push(a, vector, unit);
      e.push(b, vector, unit);
      if (!vector) {
        return pushBound(e, `${op === "minimum" ? "lt" : "gt"}_${sign}`);
      }
      return fn.op(`i32x4.${op === "minimum" ? "min" : "max"}_${sign}`);
    case "shiftLeft":
    case "shiftRight": {
      const name = op === "shiftLeft" ? "shl" : `shr_${sign}` as const;
      if (vector && e.varies(b)) break;
      e.push(a, vector, unit);
      e.push(b, false);
      return fn.op(`${shape}.${name}`);
    }
  }
  if (!vector) {
    return pushSingle(e, expr, e.hold(a, false, unit), e.hold(b, false, unit));
  }
  pushLaneByLane(e, expr, unit);
}

/** Computes lane by lane what has no instruction for vectors. */
function pushLaneByLane(e: Emitter, expr: Expr, unit: number): void {
  const { fn } = e;
  const vectors = expr.args.map((arg) => e.hold(arg, true, unit));
  const result = e.local("v128");
  const singles = vectors.map(() => e.local("i32"));
  for (let lane = 0; lane < e.lanes; lane++) {
    vectors.forEach((vector, k) => {
      fn.get(vector);
      extractLane(e, "i32", lane);
      fn.set(singles[k]!);
    });
    if (lane > 0) fn.get(result);
    pushSingle(e, expr, singles[0]!, singles[1]!);
    if (lane === 0) fn.op("i32x4.splat");
    else fn.lane("i32x4.replace_lane", lane);
    fn.set(result);
  }
  fn.get(result);
}

function pushSingle(e: Emitter, expr: Expr, a: Local, b: Local): void {
  const { fn } = e;
  const unsigned = isUnsigned(expr.dtype);
  const sign = unsigned ? "u" : "s";
  switch (expr.op) {
    case "quotient":
    case "modulo":
      fn.get(a);
      fn.get(b);
      return fn.op(expr.op === "quotient" ? "i32.div_u" : "i32.rem_u");
    case "shiftLeft":
    case "shiftRight":
      fn.get(a);
      fn.get(b);
      return fn.op(expr.op === "shiftLeft" ? "i32.shl" : `i32.shr_${sign}`);
    case "divide":
      return pushQuotient(e, a, b, unsigned);
    case "remainder":
      return pushRemainder(e, a, b, unsigned);
    case "power":
      fn.get(a);
      fn.get(b);
      return fn.call(e.settings.helpers.integerPower(!unsigned));
    default:
      throw new Error(`"${expr.op}" is not defined for whole numbers`);
  }
}

/** The quotient towards 0; 0 where the divisor is 0. */
function pushQuotient(
  e: Emitter,
  a: Local,
  b: Local,
  unsigned: boolean,
): void {
  const { fn } = e;
  // Division traps at 0, and at the smallest number over -1.
  fn.i32(0);
  if (!unsigned) {
    fn.i32(0);
    fn.get(a);
    fn.op("i32.sub");
  }
  fn.get(a);
  pushDivisor(e, b, unsigned);
  fn.op(unsigned ? "i32.div_u" : "i32.div_s");
  if (!unsigned) {
    fn.get(b);
    fn.i32(-1);
    fn.op("i32.eq", "select");
  }
  fn.get(b);
  fn.op("i32.eqz", "select");
}

/** Pushes the divisor, or 1 where division by it would trap. */
function pushDivisor(e: Emitter, b: Local, unsigned: boolean): void {
  const { fn } = e;
  fn.i32(1);
  fn.get(b);
  fn.get(b);
  fn.op("i32.eqz");
  if (!unsigned) {
    fn.get(b);
    fn.i32(-1);
    fn.op("i32.eq", "i32.or");
  }
  fn.op("select");
}

/** The remainder with the sign of the divisor; 0 where the divisor is 0. */
function pushRemainder(
  e: Emitter,
  a: Local,
  b: Local,
  unsigned: boolean,
): void {
  const { fn } = e;
  fn.get(a);
  pushDivisor(e, b, true);
  fn.op(unsigned ? "i32.rem_u" : "i32.rem_s");
  if (unsigned) return;
  const rest = e.local("i32");
  fn.tee(rest);
  fn.get(b);
  fn.op("i32.add");
  fn.get(rest);
  fn.get(rest);
  fn.get(b);
  fn.op("i32.xor");
  fn.i32(0);
  fn.op("i32.lt_s");
  fn.get(rest);
  fn.i32(0);
  fn.op("i32.ne", "i32.and", "select");
}
