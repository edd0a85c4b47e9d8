/**
 * bf16: the upper halves of f32.
 *
 * The part "codes" is u8, `[..., 2]`: the low byte first, as files hold them.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { partOf } from "./parts.ts";
import type { PackedWeight } from "./weight.ts";

/** Bits of the fraction. */
const FRACTION = 128;
/** What the exponent is counted from, with the fraction as a whole number. */
const BIAS = 134;

/** Value of the lowest bit of the fraction by the exponent; the least ones share it. */
const UNITS = Float32Array.from(
  { length: 256 },
  (_, exponent) =>
    exponent === 255 ? Infinity : 2 ** (Math.max(exponent, 1) - BIAS),
);

/**
 * Decodes a weight.
 *
 * @param weight The weight.
 * @returns The numbers, in its shape.
 * @throws {DataError} When the part is missing or of another dtype.
 */
export function decodeBf16(weight: PackedWeight): wf.F32 {
  const codes = wf.cast(partOf(weight, "codes", "u8"), "i32");
  const rest = new Array<null>(codes.ndim - 1).fill(null);
  const low = wf.slice(codes, ...rest, 0);
  const high = wf.slice(codes, ...rest, 1);
  const exponent = wf.bitwiseOr(
    wf.bitwiseLeftShift(wf.bitwiseAnd(high, 127), 1),
    wf.bitwiseRightShift(low, 7),
  );
  const fraction = wf.bitwiseAnd(low, FRACTION - 1);
  const whole = wf.add(fraction, wf.where(wf.equal(exponent, 0), 0, FRACTION));
  const size = wf.multiply(
    wf.cast(whole, "f32"),
    wf.take(wf.tensor(UNITS), exponent),
  );
  return wf.where(wf.greaterEqual(high, 128), wf.negative(size), size);
}
