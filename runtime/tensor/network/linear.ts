/**
 * The affine layer.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { add } from "../elementwise.ts";
import { transpose } from "../movement.ts";
import type { Tensor } from "../tensor.ts";

/**
 * `x · weightᵀ + bias`, with weights as PyTorch stores them.
 *
 * @param x `[..., inputs]`.
 * @param weight `[outputs, inputs]`.
 * @param bias `[outputs]`; none by default.
 * @returns `[..., outputs]`.
 * @throws {DTypeError} When dtypes differ.
 * @throws {ShapeError} When shapes do not fit.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const weight = wf.tensor([[1, 2], [3, 4], [5, 6]]);
 * const bias = wf.tensor([0, 0, 1]);
 * console.log(await wf.linear(wf.tensor([1, 1]), weight, bias).toArray()); // [3, 7, 12]
 * ```
 */
export function linear<D extends DType>(
  x: Tensor<D>,
  weight: Tensor<D>,
  bias?: Tensor<D>,
): Tensor<D> {
  const product = matmul(x, transpose(weight));
  return bias === undefined ? product : add(product, bias);
}
