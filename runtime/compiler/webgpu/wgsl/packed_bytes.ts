/**
 * Elements of one byte, taken out of words that several of them share.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { LanePattern } from "../../ir/lane_patterns.ts";

/** Where the bytes of four lanes lie. */
export interface LaneBytes {
  /** Texts of the words that hold them, lane by lane. */
  readonly words: readonly string[];
  /** Number of the byte in its word, lane by lane. */
  readonly places: readonly number[];
  /** Text of a number of bits that all places are further; none by default. */
  readonly further?: string | undefined;
}

/**
 * Four elements.
 *
 * @param dtype u8 or i8.
 * @param bytes Where they lie.
 * @returns A vector of u32, or of i32 for i8.
 */
export function laneBytes(
  dtype: DType,
  { words, places, further }: LaneBytes,
): string {
  const isSigned = dtype === "i8";
  const [word] = words;
  const isOne = words.every((one) => one === word);
  if (
    isOne && further === undefined && places.every((place, k) => place === k)
  ) return `${isSigned ? "unpack4xI8" : "unpack4xU8"}(${word})`;
  const wide = isOne ? `vec4<u32>(${word})` : `vec4<u32>(${words.join(", ")})`;
  const bits = places.map((place) => 8 * (isSigned ? 3 - place : place));
  const own = `vec4<u32>(${bits.map((count) => `${count}u`).join(", ")})`;
  const shift = further === undefined
    ? own
    : `(${own} ${isSigned ? "-" : "+"} vec4<u32>(${further}))`;
  return isSigned
    ? `(bitcast<vec4<i32>>(${wide} << ${shift}) >> vec4<u32>(24u))`
    : `((${wide} >> ${shift}) & vec4<u32>(255u))`;
}

/**
 * Whether the four bytes of a pattern lie in one word.
 *
 * @param pattern Their indices.
 * @returns Whether the first is the first of its word too, or undefined where
 * they may lie in several.
 */
export function inOneWord(
  { divides, offsets }: LanePattern,
): { readonly isFirst: boolean } | undefined {
  const last = Math.max(...offsets);
  if (Math.min(...offsets) < 0 || last > 3) return undefined;
  const divisor = last > 1 ? 4 : last + 1;
  if (divides !== Infinity && divides % divisor !== 0) return undefined;
  return { isFirst: divides === Infinity || divides % 4 === 0 };
}
