/**
 * The approximate Gaussian error linear unit.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { add, multiply, sigmoid, square } from "../elementwise.ts";
import { requireFloat } from "../node.ts";
import type { Tensor } from "../tensor.ts";

/**
 * `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, the form of {@linkcode gelu} that
 * GPT-2 and others were trained with; at most 0.0005 from the exact one.
 *
 * @param x Floats.
 * @returns The values.
 * @throws {DTypeError} When the dtype is not a float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([-1, 0, 1], { dtype: "f64" });
 * console.log(await wf.geluTanh(x).toArray()); // -0.1588…, 0, 0.8411…
 * ```
 */
export function geluTanh<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireFloat("geluTanh", x);
  // (1 + tanh(u)) / 2 is the sigmoid of 2u, which keeps its digits where tanh
  // is near -1.
  const inner = multiply(x, add(multiply(square(x), 0.044715), 1));
  return multiply(x, sigmoid(multiply(inner, 2 * Math.sqrt(2 / Math.PI))));
}
