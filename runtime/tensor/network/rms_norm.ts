/**
 * Normalisation by the root of the mean of squares.
 *
 * @module
 */

import type { FloatDType } from "../../device/dtypes.ts";
import type { Tensor } from "../tensor.ts";
import { type NormOptions, standardize } from "./standardize.ts";

/**
 * `x / √(mean(x²) + epsilon) · weight`, with the mean over the axes. f16 is
 * computed in f32.
 *
 * @param x Floats.
 * @param options `axis` (-1), `weight`, `epsilon` (1e-6).
 * @returns The result, in the shape of `x`.
 * @throws {DTypeError} When dtypes differ or are no floats.
 * @throws {ParameterError} When epsilon is negative or no number.
 * @throws {ShapeError} When an axis is out of range, or the weight does not have
 * the lengths of the axes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([0, 2, 0, 0], { dtype: "f64" });
 * console.log(await wf.rmsNorm(x, { epsilon: 0 }).toArray()); // [0, 2, 0, 0]
 * ```
 */
export function rmsNorm<D extends FloatDType>(
  x: Tensor<D>,
  options: NormOptions<D> = {},
): Tensor<D> {
  const defaults = { epsilon: 1e-6, isCentred: false };
  return standardize("rmsNorm", x, options, defaults);
}
