/**
 * Discrete Fourier transforms of complex numbers.
 *
 * @module
 */

import { ShapeError } from "../../../core/errors.ts";
import type { FloatDType } from "../../../device/dtypes.ts";
import { formatShape, sameShape } from "../../../device/shapes.ts";
import { zerosLike } from "../../creation.ts";
import { multiply } from "../../elementwise.ts";
import type { Tensor } from "../../tensor.ts";
import { fourierFactor, type FourierOptions, fourierRows } from "./axis.ts";
import { type ComplexPair, eachPart } from "./complex.ts";
import { type Direction, transform } from "./transform.ts";

/**
 * The discrete Fourier transform, `X[j] = Σ x[k] exp(-2πi jk / n)`. Lengths with
 * small prime factors are fastest. f16 is computed in f32.
 *
 * @param x Real numbers, or complex ones as a pair of tensors.
 * @param options `axis` (-1), `length`, `norm` ("backward").
 * @returns Real and imaginary parts.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When length or norm make no sense.
 * @throws {ShapeError} When there is no such axis, nothing along it, or the parts
 * have two shapes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { real, imaginary } = wf.fft(wf.tensor([0, 1, 0, -1], { dtype: "f64" }));
 * console.log(await real.toArray(), await imaginary.toArray()); // [0, 0, 0, 0] [0, -2, 0, 2]
 * ```
 */
export function fft<D extends FloatDType>(
  x: Tensor<D> | ComplexPair<D>,
  options: FourierOptions = {},
): ComplexPair<D> {
  return transformed("fft", x, options, -1);
}

/**
 * The inverse of {@linkcode fft}, `x[k] = Σ X[j] exp(2πi jk / n) / n`.
 *
 * @param x Real numbers, or complex ones as a pair of tensors.
 * @param options `axis` (-1), `length`, `norm` ("backward").
 * @returns Real and imaginary parts.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When length or norm make no sense.
 * @throws {ShapeError} When there is no such axis, nothing along it, or the parts
 * have two shapes.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1, 2, 3], { dtype: "f64" });
 * const { real } = wf.ifft(wf.fft(x));
 * console.log((await wf.sum(real).item()).toFixed(9)); // 6.000000000
 * ```
 */
export function ifft<D extends FloatDType>(
  x: Tensor<D> | ComplexPair<D>,
  options: FourierOptions = {},
): ComplexPair<D> {
  return transformed("ifft", x, options, 1);
}

function transformed<D extends FloatDType>(
  name: string,
  x: Tensor<D> | ComplexPair<D>,
  options: FourierOptions,
  direction: Direction,
): ComplexPair<D> {
  const given = "real" in x ? x : { real: x, imaginary: zerosLike(x) };
  const { real, imaginary } = given;
  if (!sameShape(real.shape, imaginary.shape)) {
    throw new ShapeError(
      `Cannot transform parts of shapes ${formatShape(real.shape)} and ${
        formatShape(imaginary.shape)
      } in "${name}"`,
      { expected: "real and imaginary parts of one shape" },
    );
  }
  const a = fourierRows(name, real, options, options.length);
  const b = fourierRows(name, imaginary, options, options.length);
  const made = transform({ real: a.rows, imaginary: b.rows }, direction);
  const factor = fourierFactor(
    options.norm,
    a.rows.shape[1]!,
    direction === 1,
  );
  return eachPart(
    made,
    (part) => a.restore(factor === 1 ? part : multiply(part, factor)),
  );
}
