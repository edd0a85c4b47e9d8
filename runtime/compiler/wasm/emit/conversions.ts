/**
 * Casts between dtypes.
 *
 * @module
 */

import { type DType, INTEGER_RANGE } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { Emitter } from "./emitter.ts";
import { floatShape, integerShape, kindOf } from "./kinds.ts";
import {
  pushDecoded,
  pushEncoded,
  pushMaskFor,
  pushWideMask,
} from "./lanes.ts";
import { pushWrapped } from "./whole.ts";

/**
 * Pushes a value as another dtype.
 *
 * @param e The emitter.
 * @param a The value.
 * @param to The dtype.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushCast(
  e: Emitter,
  a: Expr,
  to: DType,
  vector: boolean,
  unit: number,
): void {
  const from = kindOf(a.dtype);
  const kind = kindOf(to);
  e.push(a, vector, unit);
  if (a.dtype === to) return;
  if (kind === "bool") pushTruth(e, from, vector);
  else if (from === "bool") pushFromBool(e, kind, vector);
  else if (kind === "i32") {
    if (from === "i32") pushWrapped(e, to, vector);
    else pushTruncated(e, from, to, vector);
  } else {
    if (from === "i32") pushFloated(e, a.dtype, kind, vector);
    else if (from !== kind) {
      if (vector) {
        e.fn.op(
          kind === "f64"
            ? "f64x2.promote_low_f32x4"
            : "f32x4.demote_f64x2_zero",
        );
      } else e.fn.op(kind === "f64" ? "f64.promote_f32" : "f32.demote_f64");
    }
    if (to === "f16") {
      pushEncoded(e, vector);
      pushDecoded(e, vector);
    }
  }
}

function pushTruth(
  e: Emitter,
  from: "f32" | "f64" | "i32" | "bool",
  vector: boolean,
): void {
  if (from === "bool") return;
  e.constant(from, 0, vector);
  if (from === "i32") e.fn.op(`${integerShape(vector)}.ne`);
  else e.fn.op(`${floatShape(from, vector)}.ne`);
  if (vector && from !== "f64") pushWideMask(e);
}

function pushFromBool(
  e: Emitter,
  kind: "f32" | "f64" | "i32",
  vector: boolean,
): void {
  if (vector) {
    pushMaskFor(e, kind);
    e.pushSplat(kind, 1);
    e.fn.op("v128.and");
  } else if (kind !== "i32") e.fn.op(`${kind}.convert_i32_u`);
}

function pushTruncated(
  e: Emitter,
  from: "f32" | "f64",
  to: DType,
  vector: boolean,
): void {
  const { fn } = e;
  const sign = to === "u32" ? "u" : "s";
  if (!vector) fn.op(`i32.trunc_sat_${from}_${sign}`);
  else if (from === "f32") fn.op(`i32x4.trunc_sat_f32x4_${sign}`);
  else fn.op(`i32x4.trunc_sat_f64x2_${sign}_zero`);
  if (to !== "i8" && to !== "u8") return;
  const [low, high] = INTEGER_RANGE[to];
  if (vector) {
    e.pushSplat("i32", low);
    fn.op("i32x4.max_s");
    e.pushSplat("i32", high);
    fn.op("i32x4.min_s");
    return;
  }
  const value = e.local("i32");
  for (
    const [bound, name] of [[low, "i32.gt_s"], [high, "i32.lt_s"]] as const
  ) {
    fn.tee(value);
    fn.i32(bound);
    fn.get(value);
    fn.i32(bound);
    fn.op(name, "select");
  }
}

function pushFloated(
  e: Emitter,
  from: DType,
  kind: "f32" | "f64",
  vector: boolean,
): void {
  // Bytes are not negative in i32, and signed numbers are converted faster.
  const sign = from === "u32" ? "u" : "s";
  if (!vector) e.fn.op(`${kind}.convert_i32_${sign}`);
  else if (kind === "f32") e.fn.op(`f32x4.convert_i32x4_${sign}`);
  else e.fn.op(`f64x2.convert_low_i32x4_${sign}`);
}

/**
 * Pushes the bits of a value as another dtype.
 *
 * @param e The emitter.
 * @param a The value.
 * @param to The dtype, of the same size.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushBitcast(
  e: Emitter,
  a: Expr,
  to: DType,
  vector: boolean,
  unit: number,
): void {
  const from = kindOf(a.dtype);
  const kind = kindOf(to);
  if (from === "bool" || kind === "bool") {
    return pushCast(e, a, to, vector, unit);
  }
  e.push(a, vector, unit);
  if (from === "i32" && kind === "i32") pushWrapped(e, to, vector);
  else if (vector || from === kind) return;
  else if (kind === "f32") e.fn.op("f32.reinterpret_i32");
  else if (from === "f32") e.fn.op("i32.reinterpret_f32");
}
