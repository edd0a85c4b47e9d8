/**
 * Dropout.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { multiply, where } from "../elementwise.ts";
import { requireFloat } from "../node.ts";
import { bernoulli } from "../random/uniform.ts";
import type { Tensor, U32 } from "../tensor.ts";

/**
 * Sets elements to 0 with a given probability, and divides the others by the
 * probability that they stay, so that means are kept.
 *
 * @param x Floats.
 * @param rate Probability of 0, from 0 (nothing happens) to below 1.
 * @param key Decides which, see `random.key`; another one for each call.
 * @returns The tensor, thinned out.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When the rate is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.dropout(wf.ones([8]), 0.5, wf.random.key(1));
 * console.log(await x.toArray()); // zeros and twos
 * ```
 */
export function dropout<D extends FloatDType>(
  x: Tensor<D>,
  rate: number,
  key: U32,
): Tensor<D> {
  requireFloat("dropout", x);
  if (!(rate >= 0 && rate < 1)) {
    throw new ParameterError(`Cannot drop elements at a rate of ${rate}`, {
      expected: "a probability from 0 to below 1",
      actual: String(rate),
    });
  }
  if (rate === 0) return x;
  const stays = bernoulli(key, 1 - rate, x.shape);
  return where(stays, multiply(x, 1 / (1 - rate)), 0);
}
