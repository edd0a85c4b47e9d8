/**
 * Checks that the functions of linear algebra share.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../../core/errors.ts";
import type { DType } from "../../device/dtypes.ts";
import { broadcastShapes, formatShape } from "../../device/shapes.ts";
import { expandTo, requireFloat } from "../node.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Refuses what is no batch of matrices of floats.
 *
 * @param name Name of the operation.
 * @param a The tensor.
 * @throws {ShapeError} When it has fewer than two axes.
 * @throws {DTypeError} When the dtype is no float.
 */
export function requireMatrices(name: string, a: Tensor): void {
  requireFloat(name, a);
  if (a.ndim < 2) {
    throw new ShapeError(
      `Cannot compute "${name}" of a tensor without two axes: current shape is ${
        formatShape(a.shape)
      }`,
      { expected: "[..., rows, columns]", actual: formatShape(a.shape) },
    );
  }
}

/**
 * Refuses what is no batch of square matrices of floats.
 *
 * @param name Name of the operation.
 * @param a The tensor.
 * @returns The order of the matrices.
 * @throws {ShapeError} When the last two axes differ.
 * @throws {DTypeError} When the dtype is no float.
 */
export function requireSquare(name: string, a: Tensor): number {
  requireMatrices(name, a);
  const rows = a.shape.at(-2)!;
  const columns = a.shape.at(-1)!;
  if (rows !== columns) {
    throw new ShapeError(
      `Cannot compute "${name}" of matrices that are not square: current shape is ${
        formatShape(a.shape)
      }`,
      { expected: "[..., n, n]", actual: formatShape(a.shape) },
    );
  }
  return rows;
}

/** A system of equations whose two sides have one batch. */
export interface Systems<D extends DType> {
  /** Matrices, `[...leading, n, n]`. */
  readonly a: Tensor<D>;
  /** Right-hand sides, `[...leading, n, m]`. */
  readonly b: Tensor<D>;
}

/**
 * Brings matrices and right-hand sides to one batch. A right-hand side of one
 * axis must have become a column already.
 *
 * @param name Name of the operation.
 * @param a Square matrices.
 * @param b Right-hand sides, `[..., n, m]`.
 * @returns Both, broadcast over the leading axes.
 * @throws {ShapeError} When the sizes do not fit.
 * @throws {DTypeError} When the dtypes differ.
 */
export function alignSystems<D extends DType>(
  name: string,
  a: Tensor<D>,
  b: Tensor<D>,
): Systems<D> {
  const n = requireSquare(name, a);
  requireMatrices(name, b);
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      `Cannot combine dtypes in "${name}": current dtypes are "${a.dtype}" and "${b.dtype}"`,
      {
        expected: "operands of one dtype",
        hint: `Use cast, for example cast(b, "${a.dtype}")`,
      },
    );
  }
  if (b.shape.at(-2) !== n) {
    throw new ShapeError(
      `Cannot compute "${name}" as the right-hand side has ${
        b.shape.at(-2)
      } rows`,
      {
        expected: `${n} rows, for matrices of shape ${formatShape(a.shape)}`,
        actual: `right-hand side of shape ${formatShape(b.shape)}`,
      },
    );
  }
  const leading = broadcastShapes(
    name,
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  );
  return {
    a: expandTo(a, [...leading, n, n]),
    b: expandTo(b, [...leading, n, b.shape.at(-1)!]),
  };
}
