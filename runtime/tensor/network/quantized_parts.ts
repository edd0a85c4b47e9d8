/**
 * What all block-wise codes are checked for.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { formatShape, sameShape } from "../../device/shapes.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Refuses sizes of blocks that are none.
 *
 * @param blockSize Elements of a block.
 * @throws {ParameterError} When it is no power of two from 32 to 4096.
 */
export function checkBlockSize(blockSize: number): void {
  const isPower = Number.isInteger(Math.log2(blockSize));
  if (!isPower || blockSize < 32 || blockSize > 4096) {
    throw new ParameterError(`Cannot quantise in blocks of ${blockSize}`, {
      expected: "a power of two from 32 to 4096",
      actual: String(blockSize),
    });
  }
}

/**
 * Refuses codes or scales that do not fit the numbers.
 *
 * @param name What they are called.
 * @param x The codes or scales.
 * @param dtype The dtype that they must have.
 * @param length How many there must be.
 * @throws {DTypeError} When the dtype is another one.
 * @throws {ShapeError} When there are more or fewer.
 */
export function checkPart(
  name: string,
  x: Tensor,
  dtype: "u8" | "f32",
  length: number,
): void {
  if (x.dtype !== dtype) {
    throw new DTypeError(`Cannot use "${name}" of dtype "${x.dtype}"`, {
      expected: `"${dtype}"`,
      actual: `"${x.dtype}"`,
    });
  }
  if (!sameShape(x.shape, [length])) {
    throw new ShapeError(
      `Cannot use "${name}" of shape ${formatShape(x.shape)}`,
      { expected: formatShape([length]) },
    );
  }
}
