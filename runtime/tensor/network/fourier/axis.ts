/**
 * What all Fourier transforms do with their axis and their factor.
 *
 * @module
 */

import { ParameterError, ShapeError } from "../../../core/errors.ts";
import type { FloatDType } from "../../../device/dtypes.ts";
import { formatShape, normalizeAxis } from "../../../device/shapes.ts";
import { moveAxis } from "../../axes.ts";
import { pad, reshape, slice } from "../../movement.ts";
import { axisOption, castTo, requireFloat } from "../../node.ts";
import type { Tensor } from "../../tensor.ts";

/** How a Fourier transform is taken; names and meanings are NumPy's. */
export interface FourierOptions {
  /** The axis; the last one by default. */
  readonly axis?: number | undefined;
  /**
   * Length of the axis that is transformed: what is longer is cut off, what is
   * shorter is filled with zeros. As it is by default.
   */
  readonly length?: number | undefined;
  /**
   * Where the factor `1 / length` goes: to the inverse ("backward", the
   * default), its root to both ("ortho"), or to the forward transform.
   */
  readonly norm?: "backward" | "ortho" | "forward" | undefined;
}

/**
 * The factor of a transform.
 *
 * @param norm Where the factor goes.
 * @param length Length of the transform.
 * @param isInverse Whether it is an inverse.
 * @returns The number to multiply by.
 * @throws {ParameterError} When there is no such norm.
 */
export function fourierFactor(
  norm: FourierOptions["norm"],
  length: number,
  isInverse: boolean,
): number {
  switch (norm ?? "backward") {
    case "backward":
      return isInverse ? 1 / length : 1;
    case "forward":
      return isInverse ? 1 : 1 / length;
    case "ortho":
      return 1 / Math.sqrt(length);
    default:
      throw new ParameterError(`Cannot normalise a transform by "${norm}"`, {
        expected: '"backward", "ortho" or "forward"',
      });
  }
}

/** Rows to transform, and how to put results back. */
export interface FourierRows<D extends FloatDType> {
  /** `[rows, length]`, in f32 or f64. */
  readonly rows: Tensor<FloatDType>;
  /**
   * Puts rows of any length back in the place of the axis.
   *
   * @param rows `[rows, n]`.
   */
  readonly restore: (rows: Tensor<FloatDType>) => Tensor<D>;
}

/**
 * Brings the axis of a transform last and to its length.
 *
 * @param name Name of the operation, for errors.
 * @param x The tensor.
 * @param options The axis.
 * @param length Its length; as it is when undefined.
 * @returns The rows.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When the length is not a positive whole number.
 * @throws {ShapeError} When there is no such axis, or nothing along it.
 */
export function fourierRows<D extends FloatDType>(
  name: string,
  x: Tensor<D>,
  options: FourierOptions,
  length?: number,
): FourierRows<D> {
  requireFloat(name, x);
  const axis = normalizeAxis(name, axisOption(name, options) ?? -1, x.ndim);
  const own = x.shape[axis]!;
  const count = length ?? own;
  if (length === undefined && own === 0) {
    throw new ShapeError(
      `Cannot transform nothing in "${name}": current shape is ${
        formatShape(x.shape)
      }`,
      { expected: "at least one element along the axis" },
    );
  }
  if (!Number.isInteger(count) || count < 1) {
    throw new ParameterError(
      `Cannot transform ${count} elements in "${name}"`,
      {
        expected: "a positive whole number",
        actual: String(count),
      },
    );
  }
  const last = moveAxis(x, axis, -1);
  const others = last.shape.slice(0, -1);
  const rowCount = others.reduce((product, n) => product * n, 1);
  const rows = slice(reshape(last, [rowCount, own]), null, [0, count]);
  const short = count - rows.shape[1]!;
  return {
    rows: castTo(
      pad(rows, [[0, 0], [0, short]]),
      x.dtype === "f64" ? "f64" : "f32",
    ),
    restore: (made) =>
      moveAxis(
        castTo(reshape(made, [...others, made.shape[1]!]), x.dtype),
        -1,
        axis,
      ),
  };
}
