/**
 * Conversions between f32 and the bits of f16, in i32, singly or in lanes.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";

/** Where a conversion is written. */
interface Bits {
  readonly fn: FunctionBuilder;
  readonly vector: boolean;
  /** Pushes a whole number, in all lanes. */
  constant(value: number): void;
  /** A variable that the caller has given up. */
  local(): Local;
}

/** Pushes `where(mask, a, b)`, which lie on the stack as a, b, mask. */
function choose({ fn, vector }: Bits): void {
  fn.op(vector ? "v128.bitselect" : "select");
}

function shift(
  { fn, vector }: Bits,
  name: "shl" | "shr_u",
  count: number,
): void {
  fn.i32(count);
  fn.op(vector ? `i32x4.${name}` : `i32.${name}`);
}

function combine(
  { fn, vector }: Bits,
  name: "and" | "or" | "xor" | "add" | "sub",
): void {
  if (!vector) fn.op(`i32.${name}`);
  else if (name === "add" || name === "sub") fn.op(`i32x4.${name}`);
  else fn.op(`v128.${name}`);
}

/**
 * Replaces the bits of f16 on the stack, in the low half of each i32, by f32.
 *
 * @param bits Where it is written.
 */
export function decodeHalf(bits: Bits): void {
  const { fn, vector } = bits;
  const source = bits.local();
  const size = bits.local();
  const shape = vector ? "f32x4" : "f32";
  fn.set(source);
  // Shifted into place the exponent is 112 too small, which also is right for
  // subnormal numbers once they are multiplied.
  fn.get(source);
  bits.constant(0x7fff);
  combine(bits, "and");
  shift(bits, "shl", 13);
  fn.tee(size);
  if (!vector) fn.op("f32.reinterpret_i32");
  const scale = 2 ** 112;
  if (vector) {
    bits.constant(0x77800000);
  } else fn.f32(scale);
  fn.op(`${shape}.mul`);
  if (!vector) fn.op("i32.reinterpret_f32");
  // Infinities and NaN.
  if (vector) {
    bits.constant(0x7f800000);
    fn.get(size);
    bits.constant(0x0f7fffff);
    fn.op("i32x4.gt_s", "v128.and", "v128.or");
  } else {
    fn.i32(0x7f800000);
    fn.i32(0);
    fn.get(size);
    fn.i32(0x0f7fffff);
    fn.op("i32.gt_s", "select", "i32.or");
  }
  fn.get(source);
  bits.constant(0x8000);
  combine(bits, "and");
  shift(bits, "shl", 16);
  combine(bits, "or");
  if (!vector) fn.op("f32.reinterpret_i32");
}

/**
 * Replaces f32 on the stack by the bits of the nearest f16, in the low half of
 * each i32; the upper half is 0.
 *
 * @param bits Where it is written.
 */
export function encodeHalf(bits: Bits): void {
  const { fn, vector } = bits;
  const sign = bits.local();
  const size = bits.local();
  const shape = vector ? "i32x4" : "i32";
  if (!vector) fn.op("i32.reinterpret_f32");
  fn.tee(size);
  fn.get(size);
  bits.constant(-2147483648);
  combine(bits, "and");
  fn.tee(sign);
  combine(bits, "xor");
  fn.set(size);
  // Too large: infinity, or NaN.
  bits.constant(0x7e00);
  bits.constant(0x7c00);
  fn.get(size);
  bits.constant(0x7f800000);
  fn.op(`${shape}.gt_s`);
  choose(bits);
  // Subnormal: adding 1/2 rounds at the place of the smallest f16.
  fn.get(size);
  if (vector) {
    bits.constant(0x3f000000);
    fn.op("f32x4.add");
  } else {
    fn.op("f32.reinterpret_i32");
    fn.f32(0.5);
    fn.op("f32.add", "i32.reinterpret_f32");
  }
  bits.constant(0x3f000000);
  combine(bits, "sub");
  // Normal: the exponent is moved, and halves go to the even neighbour.
  fn.get(size);
  bits.constant(0xc8000fff | 0);
  combine(bits, "add");
  fn.get(size);
  shift(bits, "shr_u", 13);
  bits.constant(1);
  combine(bits, "and");
  combine(bits, "add");
  shift(bits, "shr_u", 13);
  fn.get(size);
  bits.constant(0x38800000);
  fn.op(`${shape}.lt_s`);
  choose(bits);
  fn.get(size);
  bits.constant(0x477fffff);
  fn.op(`${shape}.gt_s`);
  choose(bits);
  fn.get(sign);
  shift(bits, "shr_u", 16);
  combine(bits, "or");
}
