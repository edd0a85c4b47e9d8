/**
 * WGSL types and literals. A value is one number or four: a vector of four
 * stands for four consecutive points of the index space.
 *
 * @module
 */

import { type DType, isFloatDType } from "../../../device/dtypes.ts";

/** Numbers that a value holds at once. */
export type Width = 1 | 4;

/** WGSL type in which one number of a dtype is computed. */
export type ScalarType = "f32" | "i32" | "u32" | "bool";

/**
 * The type in which one number of a dtype is computed.
 *
 * @param dtype The dtype; not f64, which WebGPU does not have.
 * @returns The WGSL type.
 */
export function scalarType(dtype: DType): ScalarType {
  switch (dtype) {
    case "f32":
    case "f16":
      return "f32";
    case "i32":
    case "i8":
      return "i32";
    case "u32":
    case "u8":
      return "u32";
    case "bool":
      return "bool";
    case "f64":
      throw new Error("WGSL has no 64-bit floats");
  }
}

/**
 * A type of a width.
 *
 * @param type Type of one number.
 * @param width How many numbers.
 * @returns The WGSL type.
 */
export function widen(type: string, width: Width): string {
  return width === 1 ? type : `vec4<${type}>`;
}

/**
 * The type in which values of a dtype are computed.
 *
 * @param dtype The dtype.
 * @param width How many numbers.
 * @returns The WGSL type.
 */
export function valueType(dtype: DType, width: Width): string {
  return widen(scalarType(dtype), width);
}

/**
 * Whether elements of a dtype take one byte and are packed in words.
 *
 * @param dtype The dtype.
 * @returns True for i8, u8 and bool.
 */
export function isPacked(dtype: DType): boolean {
  return dtype === "i8" || dtype === "u8" || dtype === "bool";
}

const SMALLEST_NORMAL = 1.1754943508222875e-38;
const BITS = new Uint32Array(1);
const FLOATS = new Float32Array(BITS.buffer);

/**
 * The bits of a number in single precision.
 *
 * @param value The number.
 * @returns The bits, as an unsigned number.
 */
export function floatBits(value: number): number {
  FLOATS[0] = value;
  return BITS[0]!;
}

/**
 * A number as WGSL text.
 *
 * @param dtype Its dtype.
 * @param value The number.
 * @returns The text, or undefined for NaN and infinities: WGSL refuses them as
 * constants, so that they must come from a parameter.
 */
export function literal(dtype: DType, value: number): string | undefined {
  if (isFloatDType(dtype)) {
    const rounded = dtype === "f16" ? Math.f16round(value) : Math.fround(value);
    if (!Number.isFinite(rounded)) return undefined;
    const plain = Math.abs(rounded) >= SMALLEST_NORMAL ||
      Object.is(rounded, 0);
    if (!plain) return `bitcast<f32>(${floatBits(rounded)}u)`;
    return rounded < 0 ? `(${rounded}f)` : `${rounded}f`;
  }
  switch (scalarType(dtype)) {
    case "bool":
      return value === 0 ? "false" : "true";
    case "u32":
      return `${value >>> 0}u`;
    default:
      return value < 0 ? `i32(${value | 0})` : `${value | 0}i`;
  }
}
