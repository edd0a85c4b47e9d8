/**
 * Values that belong to the step of a loop.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { add, multiply } from "../elementwise.ts";
import { castTo } from "../node.ts";
import type { I32, Tensor } from "../tensor.ts";

/**
 * The same numbers, as a result of the step: what does not follow from the step
 * of a loop is computed before it, and stored, also where it was only repeated
 * along axes.
 *
 * @param x Numbers from outside of a loop.
 * @param step Any whole number of the step, `[]`.
 * @returns The same numbers, but -0 as 0.
 */
export function tied<D extends DType>(x: Tensor<D>, step: I32): Tensor<D> {
  return add(x, castTo(multiply(step, 0), x.dtype));
}
