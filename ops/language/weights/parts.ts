/**
 * The parts of packed weights, with their dtypes.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { DType, Tensor } from "../../../runtime/tensor/mod.ts";
import type { PackedWeight } from "./weight.ts";

function hasDType<D extends DType>(x: Tensor, dtype: D): x is Tensor<D> {
  return x.dtype === dtype;
}

/**
 * A part of a packed weight.
 *
 * @param weight The weight.
 * @param name Name of the part.
 * @param dtype The dtype that it must have.
 * @returns The part.
 * @throws {DataError} When there is none, or its dtype is another.
 */
export function partOf<D extends DType>(
  weight: PackedWeight,
  name: string,
  dtype: D,
): Tensor<D> {
  const part = weight.parts[name];
  if (part === undefined || !hasDType(part, dtype)) {
    throw new DataError(
      `Cannot decode a weight of format "${weight.format}" by its part "${name}"`,
      {
        expected: `a tensor of dtype "${dtype}"`,
        actual: part === undefined
          ? `parts ${Object.keys(weight.parts).join(", ")}`
          : `dtype "${part.dtype}"`,
      },
    );
  }
  return part;
}
