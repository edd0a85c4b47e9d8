/**
 * NF4 as bitsandbytes lays it out, with scales that may be packed, too.
 *
 * Parts: "codes", u8, two codes a byte, the first in the high bits; either
 * "absmax", f32, one for each block, or "absmaxCodes", u8, one for each block,
 * codes of the signed dynamic map, "absmaxScales", f32, one for each 256 blocks,
 * and "absmaxOffset", f32, a scalar.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { partOf } from "./parts.ts";
import type { PackedWeight } from "./weight.ts";

/** Blocks that share a scale of their scales. */
const SCALES_TOGETHER = 256;
const BLOCK_SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4096];

/** The elements of a block, from how many blocks there are. */
function blockSizeOf(elements: number, blocks: number): number {
  const size = BLOCK_SIZES.find((one) => Math.ceil(elements / one) === blocks);
  if (size === undefined) {
    throw new DataError(
      `Cannot decode ${elements} numbers of format "nf4" by ${blocks} scales`,
      { expected: `one for each block of ${BLOCK_SIZES.join(", ")} numbers` },
    );
  }
  return size;
}

/**
 * The elements of a weight that share a scale.
 *
 * @param weight The weight.
 * @returns The size of its blocks; the smallest that fits where there is one block.
 * @throws {DataError} When there are no scales, or their number fits no size.
 */
export function nf4BlockSize(weight: PackedWeight): number {
  const scales = "absmax" in weight.parts
    ? partOf(weight, "absmax", "f32")
    : partOf(weight, "absmaxCodes", "u8");
  return blockSizeOf(elementsOf(weight.shape), scales.size);
}

function elementsOf(shape: wf.Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The scales of the blocks, flat. */
function absmaxOf(weight: PackedWeight): wf.F32 {
  if ("absmax" in weight.parts) {
    return wf.flatten(partOf(weight, "absmax", "f32"));
  }
  const codes = wf.flatten(partOf(weight, "absmaxCodes", "u8"));
  const values = wf.dequantizeBlockwise8Bit({
    codes,
    absmax: partOf(weight, "absmaxScales", "f32"),
    shape: codes.shape,
    blockSize: SCALES_TOGETHER,
    signed: true,
  });
  return wf.add(values, partOf(weight, "absmaxOffset", "f32"));
}

/**
 * Decodes a weight.
 *
 * @param weight The weight.
 * @returns The numbers, in its shape.
 * @throws {DataError} When a part is missing, of another dtype, or too short.
 */
export function decodeNf4(weight: PackedWeight): wf.F32 {
  const absmax = absmaxOf(weight);
  return wf.dequantizeBlockwise4Bit({
    codes: wf.flatten(partOf(weight, "codes", "u8")),
    absmax,
    shape: weight.shape,
    blockSize: blockSizeOf(elementsOf(weight.shape), absmax.size),
  });
}

/**
 * The same weight with parts that have an axis of rows.
 *
 * @param weight A matrix.
 * @returns The weight; undefined where rows do not begin with a block.
 */
export function nf4Rows(weight: PackedWeight): PackedWeight | undefined {
  const [rows, columns] = weight.shape as [number, number];
  const absmax = absmaxOf(weight);
  if (columns % blockSizeOf(rows * columns, absmax.size) !== 0) {
    return undefined;
  }
  const codes = wf.reshape(partOf(weight, "codes", "u8"), [rows, -1]);
  const scales = wf.reshape(absmax, [rows, -1]);
  return { ...weight, parts: { codes, absmax: scales } };
}
