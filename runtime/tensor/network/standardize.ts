/**
 * What layer norm and RMS norm share.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import {
  formatShape,
  normalizeAxes,
  sameShape,
  type Shape,
} from "../../device/shapes.ts";
import { customGradient } from "../custom.ts";
import { add, multiply, rsqrt, square, subtract } from "../elementwise.ts";
import { reshape } from "../movement.ts";
import { axisOption, castTo, requireFloat } from "../node.ts";
import { mean } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";

/** A tensor that has gradients. */
type AnyFloat = Tensor<FloatDType>;

/** How a norm is taken. */
interface Rule {
  readonly axis: readonly number[];
  readonly epsilon: number;
  /** Whether the mean is taken away first. */
  readonly isCentred: boolean;
}

/** What a norm takes. */
export interface NormOptions<D extends FloatDType> {
  /** Axes that are normalised together; the last one by default. */
  readonly axis?: number | readonly number[] | undefined;
  /** Factors, shaped as the normalised axes are; none by default. */
  readonly weight?: Tensor<D> | undefined;
  /** Added under the root. */
  readonly epsilon?: number | undefined;
}

/**
 * Divides by the root of the mean of squares; f16 is computed in f32.
 *
 * @param name Name of the operation, for errors.
 * @param x The tensor.
 * @param options Axes, epsilon, and what to multiply by and to add.
 * @param defaults The default epsilon, and whether the mean goes first.
 * @returns The result, in the dtype of `x`.
 * @throws {DTypeError} When dtypes differ or are no floats.
 * @throws {ParameterError} When epsilon is negative or no number.
 * @throws {ShapeError} When an axis is out of range or a shape does not fit.
 */
export function standardize<D extends FloatDType>(
  name: string,
  x: Tensor<D>,
  options: NormOptions<D> & { readonly bias?: Tensor<D> | undefined },
  defaults: { readonly epsilon: number; readonly isCentred: boolean },
): Tensor<D> {
  requireFloat(name, x);
  const axis = normalizeAxes(name, axisOption(name, options) ?? -1, x.ndim);
  const { weight, bias, epsilon = defaults.epsilon } = options;
  if (!(epsilon >= 0)) {
    throw new ParameterError(
      `Cannot add ${epsilon} under the root of "${name}"`,
      {
        expected: "a number that is not negative",
        actual: String(epsilon),
      },
    );
  }
  const wide = x.dtype === "f64" ? "f64" : "f32";
  const rule = { axis, epsilon, isCentred: defaults.isCentred };
  let result: AnyFloat = customGradient(
    (one: AnyFloat) => normalized(one, rule).result,
    ({ inputs: [one], cotangent }) => [gradient(one!, cotangent, rule)],
  )(castTo(x, wide));
  for (const [given, combine] of [[weight, multiply], [bias, add]] as const) {
    if (given === undefined) continue;
    const own: AnyFloat = castTo(parameter(name, x, axis, given), wide);
    result = combine<FloatDType>(result, own);
  }
  return castTo(result, x.dtype);
}

function normalized(x: AnyFloat, { axis, epsilon, isCentred }: Rule) {
  const along = { axis, keepDims: true };
  const centred = isCentred ? subtract(x, mean(x, along)) : x;
  const factor = rsqrt(add(mean(square(centred), along), epsilon));
  return { result: multiply(centred, factor), factor };
}

function gradient(x: AnyFloat, cotangent: AnyFloat, rule: Rule): AnyFloat {
  const along = { axis: rule.axis, keepDims: true };
  const { result, factor } = normalized(x, rule);
  const part = mean(multiply(cotangent, result), along);
  const rest = subtract(cotangent, multiply(result, part));
  return multiply(
    rule.isCentred ? subtract(rest, mean(cotangent, along)) : rest,
    factor,
  );
}

/** Factors or summands, shaped so that they broadcast. */
function parameter<D extends FloatDType>(
  name: string,
  x: Tensor<D>,
  axis: readonly number[],
  given: Tensor<D>,
): Tensor<D> {
  if (given.dtype !== x.dtype) {
    throw new DTypeError(
      `Cannot combine dtypes in "${name}": current dtypes are "${x.dtype}" and "${given.dtype}"`,
      { expected: `"${x.dtype}"`, hint: `Use cast(weight, "${x.dtype}")` },
    );
  }
  const shape: Shape = axis.map((one) => x.shape[one]!);
  if (!sameShape(given.shape, shape)) {
    throw new ShapeError(
      `Cannot use a weight or bias of shape ${
        formatShape(given.shape)
      } in "${name}"`,
      { expected: formatShape(shape) },
    );
  }
  return reshape(
    given,
    x.shape.map((length, k) => axis.includes(k) ? length : 1),
  );
}
