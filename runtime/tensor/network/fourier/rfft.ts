/**
 * Discrete Fourier transforms of real numbers, half as long.
 *
 * @module
 */

import { ShapeError } from "../../../core/errors.ts";
import type { FloatDType } from "../../../device/dtypes.ts";
import { formatShape, sameShape } from "../../../device/shapes.ts";
import { tensor, zerosLike } from "../../creation.ts";
import { add, multiply, negative, subtract } from "../../elementwise.ts";
import { concat, flip, pad, reshape, slice, stack } from "../../movement.ts";
import type { Tensor } from "../../tensor.ts";
import { fourierFactor, type FourierOptions, fourierRows } from "./axis.ts";
import { complexMultiply, type ComplexPair, eachPart } from "./complex.ts";
import { transform } from "./transform.ts";

type AnyFloat = Tensor<FloatDType>;
type AnyPair = ComplexPair<FloatDType>;

/**
 * The first half of {@linkcode fft} of real numbers: `n / 2 + 1` elements, rounded
 * down; the others are their conjugates.
 *
 * @param x Real numbers.
 * @param options `axis` (-1), `length`, `norm` ("backward").
 * @returns Real and imaginary parts.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When length or norm make no sense.
 * @throws {ShapeError} When there is no such axis, or nothing along it.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const { real, imaginary } = wf.rfft(wf.tensor([0, 1, 0, -1], { dtype: "f64" }));
 * console.log(await real.toArray(), await imaginary.toArray()); // [0, 0, 0] [0, -2, 0], up to rounding
 * ```
 */
export function rfft<D extends FloatDType>(
  x: Tensor<D>,
  options: FourierOptions = {},
): ComplexPair<D> {
  const { rows, restore } = fourierRows("rfft", x, options, options.length);
  const n = rows.shape[1]!;
  const factor = fourierFactor(options.norm, n, false);
  const made = n % 2 === 0 ? ofEven(rows) : eachPart(
    transform({ real: rows, imaginary: zerosLike(rows) }, -1),
    (part) => slice(part, null, [0, (n + 1) / 2]),
  );
  return eachPart(
    made,
    (part) => restore(factor === 1 ? part : multiply(part, factor)),
  );
}

/**
 * The inverse of {@linkcode rfft}: real numbers. The imaginary parts of the first
 * element, and of the last one where the length is even, are taken as 0.
 *
 * @param x Real numbers, or complex ones as a pair of tensors.
 * @param options `axis` (-1), `norm` ("backward"), and `length` of the result, twice
 * the number of elements less 2 by default.
 * @returns Real numbers.
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
 * const back = wf.irfft(wf.rfft(x), { length: 3 });
 * console.log((await wf.max(back).item()).toFixed(9)); // 3.000000000
 * ```
 */
export function irfft<D extends FloatDType>(
  x: Tensor<D> | ComplexPair<D>,
  options: FourierOptions = {},
): Tensor<D> {
  const given = "real" in x ? x : { real: x, imaginary: zerosLike(x) };
  if (!sameShape(given.real.shape, given.imaginary.shape)) {
    throw new ShapeError(
      `Cannot transform parts of shapes ${formatShape(given.real.shape)} and ${
        formatShape(given.imaginary.shape)
      } in "irfft"`,
      { expected: "real and imaginary parts of one shape" },
    );
  }
  const whole = fourierRows("irfft", given.real, options);
  const n = options.length ?? 2 * (whole.rows.shape[1]! - 1);
  const half = Number.isInteger(n) && n > 0 ? Math.floor(n / 2) + 1 : n;
  const a = fourierRows("irfft", given.real, options, half);
  const b = fourierRows("irfft", given.imaginary, options, half);
  const factor = fourierFactor(options.norm, n, true);
  const pair = { real: a.rows, imaginary: realEnds(b.rows, n % 2 === 0) };
  const made = n % 2 === 0 ? toEven(pair) : toOdd(pair);
  return a.restore(factor === 1 ? made : multiply(made, factor));
}

/** Imaginary parts with 0 where the result is real for symmetry. */
function realEnds(x: AnyFloat, isEven: boolean): AnyFloat {
  const count = x.shape[1]!;
  const last = isEven && count > 1 ? 1 : 0;
  return pad(slice(x, null, [1, count - last]), [[0, 0], [1, last]]);
}

/** `exp(± 2πi k / n)` for k up to half of n. */
function halfTurn(n: number, sign: 1 | -1, like: AnyFloat): AnyPair {
  const angles = Float64Array.from(
    { length: n / 2 + 1 },
    (_, k) => 2 * Math.PI * k / n,
  );
  const { dtype } = like;
  return {
    real: tensor(angles.map(Math.cos), { dtype }),
    imaginary: tensor(angles.map((one) => sign * Math.sin(one)), { dtype }),
  };
}

/** Elements at even and odd places as one complex row of half the length. */
function ofEven(rows: AnyFloat): AnyPair {
  const n = rows.shape[1]!;
  const z = transform({
    real: slice(rows, null, [0, null, 2]),
    imaginary: slice(rows, null, [1, null, 2]),
  }, -1);
  const ahead = eachPart(
    z,
    (part) => concat([part, slice(part, null, [0, 1])], { axis: 1 }),
  );
  const behind = eachPart(ahead, (part) => flip(part, { axis: 1 }));
  const even = {
    real: add(ahead.real, behind.real),
    imaginary: subtract(ahead.imaginary, behind.imaginary),
  };
  const odd = {
    real: add(ahead.imaginary, behind.imaginary),
    imaginary: subtract(behind.real, ahead.real),
  };
  const turned = complexMultiply(odd, halfTurn(n, -1, rows));
  return {
    real: multiply(add(even.real, turned.real), 0.5),
    imaginary: multiply(add(even.imaginary, turned.imaginary), 0.5),
  };
}

/** The inverse of {@linkcode ofEven}, times the length. */
function toEven(x: AnyPair): AnyFloat {
  const [rows, count] = x.real.shape as [number, number];
  const n = 2 * (count - 1);
  const behind = eachPart(x, (part) => flip(part, { axis: 1 }));
  const even = {
    real: add(x.real, behind.real),
    imaginary: subtract(x.imaginary, behind.imaginary),
  };
  const odd = complexMultiply({
    real: subtract(x.real, behind.real),
    imaginary: add(x.imaginary, behind.imaginary),
  }, halfTurn(n, 1, x.real));
  const z = transform(
    eachPart(
      {
        real: subtract(even.real, odd.imaginary),
        imaginary: add(even.imaginary, odd.real),
      },
      (part) => slice(part, null, [0, -1]),
    ),
    1,
  );
  return reshape(stack([z.real, z.imaginary], { axis: 2 }), [rows, n]);
}

/** All elements from the first half; real for symmetry. */
function toOdd({ real, imaginary }: AnyPair): AnyFloat {
  const mirrored = (part: AnyFloat) =>
    flip(slice(part, null, [1]), { axis: 1 });
  return transform({
    real: concat([real, mirrored(real)], { axis: 1 }),
    imaginary: concat([imaginary, negative(mirrored(imaginary))], { axis: 1 }),
  }, 1).real;
}
