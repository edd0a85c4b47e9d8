/**
 * bf16: the upper halves of f32.
 *
 * The part "words", u32, `[..., ⌈columns / 2⌉]`, holds two numbers each, the
 * first in the low bits, as files have them.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { partOf } from "./parts.ts";
import type { PackedWeight } from "./weight.ts";

/**
 * Decodes a weight.
 *
 * @param weight The weight.
 * @returns The numbers, in its shape.
 * @throws {DataError} When the part is missing or of another dtype.
 */
export function decodeBf16(weight: PackedWeight): wf.F32 {
  const words = partOf(weight, "words", "u32");
  const lead = words.shape.slice(0, -1);
  const columns = weight.shape.at(-1) ?? 1;
  const shifts = wf.arange(0, 32, 16, { dtype: "u32" });
  const halves = wf.bitwiseRightShift(wf.expandDims(words, -1), shifts);
  const whole = wf.bitcast(wf.bitwiseLeftShift(halves, 16), "f32");
  const rows = wf.reshape(whole, [...lead, 2 * words.shape.at(-1)!]);
  const all = new Array<null>(lead.length).fill(null);
  return wf.reshape(wf.slice(rows, ...all, [0, columns]), weight.shape);
}
