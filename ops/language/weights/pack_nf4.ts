/**
 * Numbers in NF4 with packed scales, after "QLoRA: Efficient Finetuning of
 * Quantized LLMs" (Dettmers and others, 2023, arXiv 2305.14314).
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { PackedWeight } from "./weight.ts";

/** How {@linkcode packNf4} packs. */
export interface PackNf4Options {
  /** Elements that share a scale, a power of two from 32 to 4096; 64 by default. */
  readonly blockSize?: number | undefined;
  /** Whether scales are packed, too, 256 together; true by default. */
  readonly doubleQuantize?: boolean | undefined;
}

/**
 * Packs a weight: 4 bits a number, and for each block a scale of 8 bits (the
 * scales less their mean, by the signed dynamic map), so that blocks of 64 take
 * 4.126953125 bits a number; 4.5 bits where scales stay f32. Codes and scales are
 * those of bitsandbytes.
 *
 * @param x The numbers. Nothing is computed yet.
 * @param options `blockSize` (64), `doubleQuantize` (true).
 * @returns The weight.
 * @throws {ParameterError} When the size of blocks is not one.
 *
 * @example
 * ```ts
 * import { decodeWeight, packNf4 } from "@weft/weft/ops/language";
 * import * as wf from "@weft/weft/tensor";
 *
 * const weight = packNf4(wf.tensor([[-1, 0], [0.5, 1]]));
 * const [row] = await wf.read(wf.slice(decodeWeight(weight, "f32"), 0));
 * console.log(row); // Float32Array [-1, 0]
 * ```
 */
export function packNf4(
  x: wf.Tensor<wf.FloatDType>,
  options: PackNf4Options = {},
): PackedWeight {
  const { blockSize = 64, doubleQuantize = true } = options;
  const { codes, absmax } = wf.quantizeBlockwise4Bit(x, { blockSize });
  if (!doubleQuantize) {
    return { format: "nf4", shape: x.shape, parts: { codes, absmax } };
  }
  const absmaxOffset = wf.mean(absmax);
  const packed = wf.quantizeBlockwise8Bit(wf.subtract(absmax, absmaxOffset));
  return {
    format: "nf4",
    shape: x.shape,
    parts: {
      codes,
      absmaxCodes: packed.codes,
      absmaxScales: packed.absmax,
      absmaxOffset,
    },
  };
}
