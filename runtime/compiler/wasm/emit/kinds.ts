/**
 * How values of each dtype are held while a kernel computes: one by one, or in
 * the lanes of a vector.
 *
 * A vector has 4 lanes of 32 bits or, in kernels with f64, 2 lanes of 64; then
 * values of 32 bits lie in the first two 32-bit lanes. Booleans are 0 or 1 one
 * by one, and masks of the width of the lanes in vectors.
 *
 * @module
 */

import { byteSize, type DType } from "../../../device/dtypes.ts";
import type { ValueType } from "../assembler.ts";

/** What a value is while a kernel computes. */
export type Kind = "f32" | "f64" | "i32" | "bool";

/** Values that are computed at once: 1 is no vector at all. */
export type Lanes = 1 | 2 | 4;

/** Prefix of the instructions on floats. */
export type FloatShape = "f32" | "f64" | "f32x4" | "f64x2";

/** Prefix of the instructions on whole numbers. */
export type IntegerShape = "i32" | "i32x4";

const KINDS: Readonly<Record<DType, Kind>> = {
  f64: "f64",
  f32: "f32",
  f16: "f32",
  i32: "i32",
  u32: "i32",
  i8: "i32",
  u8: "i32",
  bool: "bool",
};

/**
 * What values of a dtype are while a kernel computes.
 *
 * @param dtype The dtype.
 * @returns The kind.
 */
export function kindOf(dtype: DType): Kind {
  return KINDS[dtype];
}

/**
 * Whether whole numbers of a dtype have no sign.
 *
 * @param dtype The dtype.
 * @returns True for u32 and u8.
 */
export function isUnsigned(dtype: DType): boolean {
  return dtype === "u32" || dtype === "u8";
}

/**
 * The type of the local that holds a single value.
 *
 * @param kind What it is.
 * @returns The type.
 */
export function scalarType(kind: Kind): ValueType {
  return kind === "bool" ? "i32" : kind;
}

/**
 * Prefix of the instructions on floats.
 *
 * @param kind Kind of the floats.
 * @param vector Whether they lie in vectors.
 * @returns The prefix.
 */
export function floatShape(kind: "f32" | "f64", vector: boolean): FloatShape {
  if (kind === "f32") return vector ? "f32x4" : "f32";
  return vector ? "f64x2" : "f64";
}

/**
 * Prefix of the instructions on whole numbers.
 *
 * @param vector Whether they lie in vectors.
 * @returns The prefix.
 */
export function integerShape(vector: boolean): IntegerShape {
  return vector ? "i32x4" : "i32";
}

/**
 * The power of two that is the size of an element.
 *
 * @param dtype Its dtype.
 * @returns 0 to 3.
 */
export function byteShift(dtype: DType): number {
  return Math.log2(byteSize(dtype));
}
