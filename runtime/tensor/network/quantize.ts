/**
 * Weights in 4 bits (NF4, after "QLoRA: Efficient Finetuning of Quantized LLMs",
 * Dettmers and others, 2023, arXiv 2305.14314) and in 8 bits.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import { normalizeAxis, type Shape, sizeOf } from "../../device/shapes.ts";
import { arange, tensor } from "../creation.ts";
import {
  absolute,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseOr,
  bitwiseRightShift,
  cast,
  clip,
  divide,
  equal,
  maximum,
  multiply,
  round,
  subtract,
  where,
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
import { axisOption, castTo, requireFloat } from "../node.ts";
import { max } from "../reductions.ts";
import { searchSorted } from "../searching.ts";
import type { F32, Tensor } from "../tensor.ts";
import { checkBlockSize, checkPart } from "./quantized_parts.ts";

/** The sixteen values of NF4: quantiles of the normal distribution, and 0. */
const NORMAL_FLOAT = Float32Array.of(
  -1,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1,
);

/** Numbers half-way between neighbours, at which codes change. */
const BOUNDS = Float32Array.from(
  { length: NORMAL_FLOAT.length - 1 },
  (_, k) => (NORMAL_FLOAT[k]! + NORMAL_FLOAT[k + 1]!) / 2,
);

/** Numbers in 4 bits each. */
export interface Quantized4Bit {
  /** Two codes a byte, the first in the high bits, `[elements / 2]`, rounded up. */
  readonly codes: Tensor<"u8">;
  /**
   * Largest size in each block, `[elements / blockSize]`, rounded up; may itself be
   * the result of {@linkcode dequantizeInt8} or any other expression.
   */
  readonly absmax: F32;
  /** Shape of the numbers. */
  readonly shape: Shape;
  /** Elements of a block, row-major; the last one may be shorter. */
  readonly blockSize: number;
}

/**
 * Stores numbers in 4 bits: each is the nearest of the sixteen values of NF4 times
 * the largest size in its block; the layout is that of bitsandbytes. A block that
 * holds NaN or infinity cannot be restored.
 *
 * @param x Floats.
 * @param options `blockSize`: a power of two from 32 to 4096, 64 by default.
 * @returns Codes and scales, 4.5 bits a number for blocks of 64.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When the size of blocks is not one.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const weights = wf.random.normal(wf.random.key(1), [4, 64]);
 * const small = wf.quantizeBlockwise4Bit(weights);
 * console.log(small.codes.shape, small.absmax.shape); // [128] [4]
 * const x = wf.matmul(wf.ones([1, 4]), wf.dequantizeBlockwise4Bit(small));
 * console.log(x.shape); // [1, 64]
 * ```
 */
export function quantizeBlockwise4Bit(
  x: Tensor<FloatDType>,
  options: { readonly blockSize?: number } = {},
): Quantized4Bit {
  requireFloat("quantizeBlockwise4Bit", x);
  const { blockSize = 64 } = options;
  checkBlockSize(blockSize);
  const blocks = Math.ceil(x.size / blockSize);
  const short = blocks * blockSize - x.size;
  const whole = pad(flatten(castTo(x, "f32")), [[0, short]]);
  const rows = reshape(whole, [blocks, blockSize]);
  const absmax = max(absolute(rows), { axis: 1 });
  const unit = divide(rows, expandDims(maximum(absmax, 1e-38), 1));
  const bounds = tensor(BOUNDS);
  const codes = cast(searchSorted(bounds, clip(unit, -1, 1)), "u8");
  // The 0 that fills an odd end up has a code, too.
  const even = x.size + x.size % 2;
  const filled = pad(slice(flatten(codes), [0, x.size]), [[0, even - x.size]], {
    value: 7,
  });
  const pairs = reshape(filled, [even / 2, 2]);
  return {
    codes: bitwiseOr(
      bitwiseLeftShift(slice(pairs, null, 0), 4),
      slice(pairs, null, 1),
    ),
    absmax,
    shape: x.shape,
    blockSize,
  };
}

/**
 * Numbers from 4 bits. Nothing is stored: a matrix product of the result reads
 * the codes.
 *
 * @param x Codes and scales, see {@linkcode quantizeBlockwise4Bit}.
 * @param options `dtype`, f32 by default.
 * @returns The numbers, in their shape.
 * @throws {DTypeError} When codes are not u8 or scales not f32.
 * @throws {ParameterError} When the size of blocks is not one.
 * @throws {ShapeError} When lengths do not fit.
 */
export function dequantizeBlockwise4Bit<D extends FloatDType = "f32">(
  x: Quantized4Bit,
  options: { readonly dtype?: D } = {},
): Tensor<D> {
  const { codes, absmax, shape, blockSize } = x;
  checkBlockSize(blockSize);
  checkPart("codes", codes, "u8", Math.ceil(sizeOf(shape) / 2));
  const blocks = Math.ceil(sizeOf(shape) / blockSize);
  checkPart("absmax", absmax, "f32", blocks);
  const size = sizeOf(shape);
  // The shift is 4 for the first of a pair and 0 for the second.
  const shifts = multiply(
    subtract(1, arange(2, undefined, 1, { dtype: "u8" })),
    4,
  );
  const pairs = bitwiseRightShift(expandDims(codes, 1), shifts);
  const own = slice(flatten(bitwiseAnd(pairs, 15)), [0, size]);
  const values = take(tensor(NORMAL_FLOAT), own);
  const scales = slice(repeat(absmax, blockSize), [0, size]);
  const made = reshape(multiply(values, scales), shape);
  return castTo(made, options.dtype ?? "f32" as D);
}

/** Numbers in 8 bits each. */
export interface QuantizedInt8 {
  /** Whole numbers from -127 to 127, in the shape of the numbers. */
  readonly codes: Tensor<"i8">;
  /** What they are multiplied by, f32; the axis has length 1. */
  readonly scales: F32;
}

/**
 * Stores numbers as whole ones from -127 to 127, with one scale for each row.
 *
 * @param x Floats.
 * @param options `axis` of the rows, -1 by default.
 * @returns Codes and scales.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ShapeError} When there is no such axis, or nothing along it.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const small = wf.quantizeInt8(wf.tensor([[-2, 1], [0, 127]]));
 * console.log(await small.codes.toArray()); // [[-127, 64], [0, 127]]
 * console.log(await wf.dequantizeInt8(small).toArray()); // [[-2, 1.0078…], [0, 127]]
 * ```
 */
export function quantizeInt8(
  x: Tensor<FloatDType>,
  options: { readonly axis?: number } = {},
): QuantizedInt8 {
  requireFloat("quantizeInt8", x);
  const own = axisOption("quantizeInt8", options) ?? -1;
  const axis = normalizeAxis("quantizeInt8", own, x.ndim);
  const wide = castTo(x, "f32");
  const largest = max(absolute(wide), { axis, keepDims: true });
  const scales = divide(largest, 127);
  const unit = divide(wide, where(equal(scales, 0), 1, scales));
  return { codes: cast(clip(round(unit), -127, 127), "i8"), scales };
}

/**
 * Numbers from 8 bits. Nothing is stored: a matrix product of the result reads
 * the codes.
 *
 * @param x Codes and scales, see {@linkcode quantizeInt8}.
 * @param options `dtype`, f32 by default.
 * @returns The numbers.
 * @throws {DTypeError} When scales are not f32.
 * @throws {ShapeError} When shapes do not fit.
 */
export function dequantizeInt8<D extends FloatDType = "f32">(
  x: QuantizedInt8,
  options: { readonly dtype?: D } = {},
): Tensor<D> {
  const made = multiply(cast(x.codes, "f32"), x.scales);
  return castTo(made, options.dtype ?? "f32" as D);
}
