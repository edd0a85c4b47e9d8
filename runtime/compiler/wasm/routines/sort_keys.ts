/**
 * Numbers as keys: whole numbers without sign that stand in the same order, NaN
 * last.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { FunctionBuilder } from "../assembler.ts";

/** How keys of a dtype are made. */
export interface SortKeys {
  /** Type that holds a key. */
  readonly type: "i32" | "i64";
  /** Bytes of a key that differ between numbers. */
  readonly digits: number;
}

/**
 * How keys of a dtype are made.
 *
 * @param dtype The dtype.
 * @returns Their type and length.
 */
export function keysOf(dtype: DType): SortKeys {
  switch (dtype) {
    case "f64":
      return { type: "i64", digits: 8 };
    case "f32":
    case "i32":
    case "u32":
      return { type: "i32", digits: 4 };
    case "f16":
      return { type: "i32", digits: 2 };
    default:
      return { type: "i32", digits: 1 };
  }
}

/**
 * Replaces the address of a number on the stack by its key.
 *
 * @param fn The function.
 * @param dtype Dtype of the number.
 * @param descending Whether the order is turned around; NaN stays last.
 */
export function pushKey(
  fn: FunctionBuilder,
  dtype: DType,
  descending: boolean,
): void {
  switch (dtype) {
    case "f64":
      return pushLongKey(fn, descending);
    case "f32":
      fn.memory("f32.load");
      // Zeros are equal, whatever their sign.
      fn.f32(0);
      fn.op("f32.add", "i32.reinterpret_f32");
      return pushFloatKey(fn, descending, 31, 0x7f800000);
    case "f16":
      fn.memory("i32.load16_u");
      pushWithoutZeroSign(fn);
      return pushFloatKey(fn, descending, 15, 0x7c00);
    case "i32":
      fn.memory("i32.load");
      fn.i32(-2147483648);
      fn.op("i32.xor");
      break;
    case "u32":
      fn.memory("i32.load");
      break;
    case "i8":
      fn.memory("i32.load8_s");
      fn.i32(128);
      fn.op("i32.add");
      break;
    default:
      fn.memory("i32.load8_u");
  }
  if (!descending) return;
  fn.i32(-1);
  fn.op("i32.xor");
}

/** Replaces the bits of -0 in 16 bits by those of 0. */
function pushWithoutZeroSign(fn: FunctionBuilder): void {
  const bits = fn.local("i32");
  fn.tee(bits);
  fn.i32(0);
  fn.get(bits);
  fn.i32(0x8000);
  fn.op("i32.ne", "select");
}

/** Replaces the bits of a float, whose sign is a given bit, by its key. */
function pushFloatKey(
  fn: FunctionBuilder,
  descending: boolean,
  sign: number,
  infinity: number,
): void {
  const bits = fn.local("i32");
  fn.set(bits);
  // Negative numbers: all bits are turned; others: the sign only. The other way
  // around where the order is to be.
  fn.i32(-1);
  fn.get(bits);
  fn.i32(descending ? 0 : -1);
  fn.i32(descending ? 2 ** sign - 1 : (1 << sign) | 0);
  fn.get(bits);
  fn.i32((1 << sign) | 0);
  fn.op("i32.and", "select");
  fn.op("i32.xor");
  fn.get(bits);
  fn.i32(2 ** sign - 1);
  fn.op("i32.and");
  fn.i32(infinity);
  fn.op("i32.gt_u", "select");
}

function pushLongKey(fn: FunctionBuilder, descending: boolean): void {
  const value = fn.local("f64");
  const bits = fn.local("i64");
  fn.memory("f64.load");
  fn.f64(0);
  fn.op("f64.add");
  fn.tee(value);
  fn.op("i64.reinterpret_f64");
  fn.set(bits);
  fn.i64(-1n);
  fn.get(bits);
  const smallest = -(2n ** 63n);
  fn.i64(descending ? 0n : -1n);
  fn.i64(descending ? 2n ** 63n - 1n : smallest);
  fn.get(bits);
  fn.i64(0n);
  fn.op("i64.lt_s", "select", "i64.xor");
  fn.get(value);
  fn.get(value);
  fn.op("f64.ne", "select");
}
