/**
 * What packed blocks stand for, as expressions that a product reads its operand
 * by. Parts have the axes of the weight but for the last one, then one axis of
 * blocks, then what a block holds.
 *
 * The values are those of the Python package `gguf`, bit for bit.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { bitFields } from "./bit_fields.ts";
import { partOf } from "./parts.ts";
import type { PackedFormat, PackedWeight } from "./weight.ts";

/** The formats that are made of blocks along rows. */
export type BlockFormat = Exclude<PackedFormat, "bf16" | "nf4">;

/** Decodes blocks: `[..., blocks, elements]`, f32. */
type Decode = (weight: PackedWeight) => wf.F32;

/** A scale of each block, as factors of its elements. */
function scaleOf(weight: PackedWeight, name: string): wf.F32 {
  return wf.expandDims(wf.cast(partOf(weight, name, "f16"), "f32"), -1);
}

function nibblesOf(weight: PackedWeight): wf.F32 {
  return wf.cast(bitFields(partOf(weight, "codes", "u8"), 4), "f32");
}

/** Codes of five bits: four of "codes" and one of "highBits". */
function fiveBitsOf(weight: PackedWeight): wf.F32 {
  const low = bitFields(partOf(weight, "codes", "u8"), 4);
  const high = bitFields(partOf(weight, "highBits", "u8"), 1);
  return fiveBits(low, high);
}

function fiveBits(low: wf.Tensor<"u8">, high: wf.Tensor<"u8">): wf.F32 {
  return wf.cast(wf.bitwiseOr(low, wf.bitwiseLeftShift(high, 4)), "f32");
}

function affine(weight: PackedWeight, codes: wf.F32): wf.F32 {
  return wf.add(
    wf.multiply(scaleOf(weight, "scales"), codes),
    scaleOf(weight, "offsets"),
  );
}

function symmetric(
  weight: PackedWeight,
  codes: wf.F32,
  middle: number,
): wf.F32 {
  return wf.multiply(scaleOf(weight, "scales"), wf.subtract(codes, middle));
}

/** Splits the elements of blocks of 256 into sub-blocks. */
function subBlocks<D extends wf.DType>(
  x: wf.Tensor<D>,
  count: number,
): wf.Tensor<D> {
  return wf.reshape(x, [...x.shape.slice(0, -1), count, 256 / count]);
}

function whole(x: wf.F32): wf.F32 {
  return wf.reshape(x, [...x.shape.slice(0, -2), 256]);
}

/** Joins the last two axes. */
function joined<D extends wf.DType>(x: wf.Tensor<D>): wf.Tensor<D> {
  const [outer, inner] = x.shape.slice(-2) as [number, number];
  return wf.reshape(x, [...x.shape.slice(0, -2), outer * inner]);
}

/** A factor of each sub-block: the block's one by the sub-block's own. */
function subScale(
  weight: PackedWeight,
  name: string,
  own: string,
  dtype: "u8" | "i8",
): wf.F32 {
  const factors = wf.cast(partOf(weight, own, dtype), "f32");
  return wf.expandDims(wf.multiply(scaleOf(weight, name), factors), -1);
}

function scaledSubBlocks(weight: PackedWeight, codes: wf.F32): wf.F32 {
  const scales = subScale(weight, "scales", "subScales", "u8");
  const offsets = subScale(weight, "offsets", "subOffsets", "u8");
  return whole(wf.subtract(
    wf.multiply(scales, subBlocks(codes, 8)),
    offsets,
  ));
}

const DECODE: Readonly<Record<BlockFormat, Decode>> = {
  q4_0: (weight) => symmetric(weight, nibblesOf(weight), 8),
  q4_1: (weight) => affine(weight, nibblesOf(weight)),
  q5_0: (weight) => symmetric(weight, fiveBitsOf(weight), 16),
  q5_1: (weight) => affine(weight, fiveBitsOf(weight)),
  q8_0: (weight) =>
    wf.multiply(
      scaleOf(weight, "scales"),
      wf.cast(partOf(weight, "codes", "i8"), "f32"),
    ),
  q4_k: (weight) => scaledSubBlocks(weight, joined(nibblesOf(weight))),
  q5_k: (weight) => {
    const low = joined(bitFields(partOf(weight, "codes", "u8"), 4));
    const high = bitFields(partOf(weight, "highBits", "u8"), 1);
    return scaledSubBlocks(weight, fiveBits(low, high));
  },
  q6_k: (weight) => {
    const low = joined(bitFields(partOf(weight, "codes", "u8"), 4));
    const high = joined(bitFields(partOf(weight, "highBits", "u8"), 2));
    const codes = wf.cast(
      wf.bitwiseOr(low, wf.bitwiseLeftShift(high, 4)),
      "f32",
    );
    const scales = subScale(weight, "scales", "subScales", "i8");
    return whole(wf.multiply(scales, subBlocks(wf.subtract(codes, 32), 16)));
  },
};

/**
 * Decodes the blocks of a weight.
 *
 * @param weight The weight.
 * @param format Its format.
 * @returns The numbers, in the shape of the weight.
 * @throws {DataError} When a part is missing or of another dtype.
 */
export function decodeBlocks(
  weight: PackedWeight,
  format: BlockFormat,
): wf.F32 {
  return wf.reshape(DECODE[format](weight), weight.shape);
}
