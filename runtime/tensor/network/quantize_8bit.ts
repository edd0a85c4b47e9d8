/**
 * Numbers in 8 bits with a dynamic exponent, after "8-bit Optimizers via
 * Block-wise Quantization" (Dettmers and others, 2021, arXiv 2110.02861).
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { type Shape, sizeOf } from "../../device/shapes.ts";
import { tensor } from "../creation.ts";
import {
  absolute,
  cast,
  clip,
  divide,
  maximum,
  multiply,
} from "../elementwise.ts";
import { take } from "../indexing.ts";
import {
  expandDims,
  flatten,
  pad,
  repeat,
  reshape,
  slice,
} from "../movement.ts";
import { castTo, requireFloat } from "../node.ts";
import { max } from "../reductions.ts";
import { searchSorted } from "../searching.ts";
import type { F32, Tensor } from "../tensor.ts";
import { checkBlockSize, checkPart } from "./quantized_parts.ts";

/** Powers of ten that the exponent can say. */
const DECADES = 7;

/**
 * The 256 values of a code, ascending: each power of ten from 1e-6 to 1 has twice
 * as many as the one below it, in the middle of equal cells, and there are 0 and 1.
 *
 * @param signed Whether half of them are negative.
 * @returns The values, as bitsandbytes has them.
 */
export function dynamicMap(signed: boolean): Float32Array<ArrayBuffer> {
  const values = [0, 1];
  for (let decade = 0; decade < DECADES; decade++) {
    const cells = 2 ** (signed ? decade : decade + 1);
    const scale = 10 ** (decade - DECADES + 1);
    for (let cell = 0; cell < cells; cell++) {
      const ends = boundary(cell, cells) + boundary(cell + 1, cells);
      const value = Math.fround(Math.fround(scale) * Math.fround(ends) / 2);
      values.push(value);
      if (signed) values.push(-value);
    }
  }
  return Float32Array.from(values).sort();
}

/** The ends of equal cells between 0.1 and 1, rounded where PyTorch rounds them. */
function boundary(index: number, cells: number): number {
  const width = Math.fround((1 - Math.fround(0.1)) / cells);
  return index < (cells + 1) / 2
    ? Math.fround(Math.fround(0.1) + width * index)
    : Math.fround(1 - width * (cells - index));
}

/** A code with the numbers half-way between its values, at which codes change. */
interface Code {
  readonly values: Float32Array<ArrayBuffer>;
  readonly bounds: Float32Array<ArrayBuffer>;
}

function codeOf(signed: boolean): Code {
  const values = dynamicMap(signed);
  const bounds = Float32Array.from(
    { length: values.length - 1 },
    (_, k) => (values[k]! + values[k + 1]!) / 2,
  );
  return { values, bounds };
}

const SIGNED = codeOf(true);
const UNSIGNED = codeOf(false);

/** Numbers in 8 bits each, with one scale a block. */
export interface Quantized8Bit {
  /** One code a number, `[elements]`. */
  readonly codes: Tensor<"u8">;
  /** Largest size in each block, `[elements / blockSize]`, rounded up. */
  readonly absmax: F32;
  /** Shape of the numbers. */
  readonly shape: Shape;
  /** Elements of a block, row-major; the last one may be shorter. */
  readonly blockSize: number;
  /** Whether codes stand for negative numbers, too. */
  readonly signed: boolean;
}

/** How {@linkcode quantizeBlockwise8Bit} makes codes. */
export interface Quantize8BitOptions {
  /** Elements of a block, a power of two from 32 to 4096; 256 by default. */
  readonly blockSize?: number;
  /** Whether there are negative numbers; true by default. */
  readonly signed?: boolean;
}

/**
 * Stores numbers in 8 bits: each is the nearest of the 256 values of the dynamic
 * map times the largest size in its block; codes are those of bitsandbytes. Small
 * numbers in a block keep their order of magnitude, down to a millionth.
 *
 * @param x Floats; not below 0 where codes are unsigned.
 * @param options `blockSize` (256), `signed` (true).
 * @returns Codes and scales.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When the size of blocks is not one.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const small = wf.quantizeBlockwise8Bit(wf.tensor([-2, 0.002, 0]));
 * console.log(await small.codes.toArray()); // [0, 176, 127]
 * const back = await wf.dequantizeBlockwise8Bit(small).data();
 * console.log(back.every((x, k) => Math.abs(x - [-2, 0.002, 0][k]!) < 0.02)); // true
 * ```
 */
export function quantizeBlockwise8Bit(
  x: Tensor<FloatDType>,
  options: Quantize8BitOptions = {},
): Quantized8Bit {
  requireFloat("quantizeBlockwise8Bit", x);
  const { blockSize = 256, signed = true } = options;
  checkBlockSize(blockSize);
  const blocks = Math.ceil(x.size / blockSize);
  const short = blocks * blockSize - x.size;
  const whole = pad(flatten(castTo(x, "f32")), [[0, short]]);
  const rows = reshape(whole, [blocks, blockSize]);
  const absmax = max(absolute(rows), { axis: 1 });
  const unit = divide(rows, expandDims(maximum(absmax, 1e-38), 1));
  const { bounds } = signed ? SIGNED : UNSIGNED;
  const codes = cast(
    searchSorted(tensor(bounds), clip(unit, signed ? -1 : 0, 1)),
    "u8",
  );
  return {
    codes: slice(flatten(codes), [0, x.size]),
    absmax,
    shape: x.shape,
    blockSize,
    signed,
  };
}

/**
 * Numbers from 8 bits, an expression that reads the codes where it is used.
 *
 * @param x Codes and scales, see {@linkcode quantizeBlockwise8Bit}.
 * @returns The numbers, f32, in their shape.
 * @throws {DTypeError} When codes are not u8 or scales not f32.
 * @throws {ParameterError} When the size of blocks is not one.
 * @throws {ShapeError} When lengths do not fit.
 */
export function dequantizeBlockwise8Bit(x: Quantized8Bit): F32 {
  const { codes, absmax, shape, blockSize, signed } = x;
  checkBlockSize(blockSize);
  const size = sizeOf(shape);
  checkPart("codes", codes, "u8", size);
  checkPart("absmax", absmax, "f32", Math.ceil(size / blockSize));
  const { values } = signed ? SIGNED : UNSIGNED;
  const scales = slice(repeat(absmax, blockSize), [0, size]);
  return reshape(multiply(take(tensor(values), codes), scales), shape);
}
