/**
 * Layer normalisation.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import type { Tensor } from "../tensor.ts";
import { type NormOptions, standardize } from "./standardize.ts";

/** What {@linkcode layerNorm} takes beside the tensor. */
export interface LayerNormOptions<D extends FloatDType> extends NormOptions<D> {
  /** Summands, shaped as the normalised axes are; none by default. */
  readonly bias?: Tensor<D> | undefined;
}

/**
 * `(x - mean) / √(variance + epsilon) · weight + bias`, with mean and (biased)
 * variance over the axes. f16 is computed in f32.
 *
 * @param x Floats.
 * @param options `axis` (-1), `weight`, `bias`, `epsilon` (1e-5).
 * @returns The result, in the shape of `x`.
 * @throws {DTypeError} When dtypes differ or are no floats.
 * @throws {ParameterError} When epsilon is negative or no number.
 * @throws {ShapeError} When an axis is out of range, or weight or bias do not
 * have the lengths of the axes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 3], [10, 14]], { dtype: "f64" });
 * console.log(await wf.layerNorm(x, { epsilon: 0 }).toArray()); // [[-1, 1], [-1, 1]]
 * ```
 */
export function layerNorm<D extends FloatDType>(
  x: Tensor<D>,
  options: LayerNormOptions<D> = {},
): Tensor<D> {
  const defaults = { epsilon: 1e-5, isCentred: true };
  return standardize("layerNorm", x, options, defaults);
}
