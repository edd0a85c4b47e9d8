/**
 * Rotary position embedding.
 *
 * @module
 */

import { ParameterError, ShapeError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { formatShape, sameShape } from "../../device/shapes.ts";
import { arange, tensor } from "../creation.ts";
import { customGradient } from "../custom.ts";
import { add, cos, multiply, negative, sin, subtract } from "../elementwise.ts";
import type { Indices } from "../indexing.ts";
import { concat, expandDims, reshape, slice, stack } from "../movement.ts";
import { castTo, requireFloat } from "../node.ts";
import type { Tensor } from "../tensor.ts";
import { broadcastsTo } from "./shapes.ts";

/** What {@linkcode rotaryEmbedding} takes beside the tensor. */
export interface RotaryOptions {
  /**
   * Positions, broadcast to `[..., positions]`; 0, 1, 2, … by default. For
   * `[batch, heads, n, size]` and positions of each sequence: `[batch, 1, n]`.
   */
  readonly positions?: Indices | undefined;
  /**
   * Which elements are turned together: "half" (i with i + size / 2, as Llama's
   * weights on the hub expect; the default) or "interleaved" (2i with 2i + 1).
   */
  readonly pairing?: "half" | "interleaved" | undefined;
  /** Base of the default frequencies, 10,000 by default. */
  readonly base?: number | undefined;
  /** Radians a position, `[size / 2]`; `base ** (-2i / size)` by default. */
  readonly frequencies?: Tensor | readonly number[] | undefined;
  /** How many elements are turned, from the first; all by default. */
  readonly size?: number | undefined;
}

/**
 * Turns pairs of elements by angles that grow with the position, so that
 * products of queries and keys depend on distances only. Angles are computed in
 * f32 at least.
 *
 * @param x `[..., positions, headSize]`.
 * @param options `positions`, `pairing`, `base`, `frequencies`, `size`.
 * @returns The turned tensor, in the shape of `x`.
 * @throws {DTypeError} When the dtype is not a float.
 * @throws {ParameterError} When the size is odd or larger than that of a head, or
 * the base is not positive.
 * @throws {ShapeError} When positions or frequencies do not fit.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 0], [1, 0]], { dtype: "f64" });
 * console.log(await wf.rotaryEmbedding(x).toArray()); // [[1, 0], [cos(1), sin(1)]]
 * ```
 */
export function rotaryEmbedding<D extends FloatDType>(
  x: Tensor<D>,
  options: RotaryOptions = {},
): Tensor<D> {
  requireFloat("rotaryEmbedding", x);
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot turn by positions: current shape is ${formatShape(x.shape)}`,
      { expected: "[..., positions, headSize]" },
    );
  }
  const headSize = x.shape.at(-1)!;
  const { pairing = "half", size = headSize } = options;
  if (
    !Number.isInteger(size) || size % 2 !== 0 || size < 0 || size > headSize
  ) {
    throw new ParameterError(`Cannot turn ${size} elements in pairs`, {
      expected: `an even number of at most ${headSize}`,
      actual: String(size),
    });
  }
  const wide = x.dtype === "f64" ? "f64" : "f32";
  const angles = multiply(
    expandDims(castTo(positionsOf(x, options.positions), wide), -1),
    frequenciesOf(size, options, wide),
  );
  const turned = customGradient(
    (own: Tensor<FloatDType>, c: Tensor<FloatDType>, s: Tensor<FloatDType>) =>
      turn(own, c, s, pairing),
    ({ inputs: [, c, s], cotangent }) => [
      turn(cotangent, c!, negative(s!), pairing),
      undefined,
      undefined,
    ],
  )(castTo(slice(x, ...lastAxis(x, 0, size)), wide), cos(angles), sin(angles));
  const result = castTo(turned, x.dtype);
  return size === headSize ? result : concat(
    [result, slice(x, ...lastAxis(x, size, headSize))],
    { axis: -1 },
  );
}

type Range = readonly [number, number];

function lastAxis(x: Tensor, ...range: Range): (null | Range)[] {
  return [...new Array<null>(x.ndim - 1).fill(null), range];
}

function turn<D extends FloatDType>(
  x: Tensor<D>,
  c: Tensor<D>,
  s: Tensor<D>,
  pairing: "half" | "interleaved",
): Tensor<D> {
  const half = x.shape.at(-1)! / 2;
  const pairs = pairing === "half"
    ? reshape(x, [...x.shape.slice(0, -1), 2, half])
    : reshape(x, [...x.shape.slice(0, -1), half, 2]);
  const axis = pairing === "half" ? -2 : -1;
  const at = (k: number) =>
    axis === -1
      ? slice(pairs, ...new Array<null>(x.ndim).fill(null), k)
      : slice(pairs, ...new Array<null>(x.ndim - 1).fill(null), k);
  const [a, b] = [at(0), at(1)];
  const made = stack([
    subtract(multiply(a, c), multiply(b, s)),
    add(multiply(b, c), multiply(a, s)),
  ], { axis });
  return reshape(made, x.shape);
}

function positionsOf(x: Tensor, given: Indices | undefined): Tensor {
  const full = x.shape.slice(0, -1);
  if (given === undefined) {
    return arange(full.at(-1)!, undefined, 1, { dtype: "i32" });
  }
  const own = "node" in given ? given : tensor(given, { dtype: "i32" });
  if (!broadcastsTo(own.shape, full)) {
    throw new ShapeError(
      `Cannot use positions of shape ${formatShape(own.shape)}`,
      { expected: `a shape that broadcasts to ${formatShape(full)}` },
    );
  }
  return own;
}

function frequenciesOf<D extends FloatDType>(
  size: number,
  { base = 10_000, frequencies }: RotaryOptions,
  dtype: D,
): Tensor<D> {
  if (!(base > 0)) {
    throw new ParameterError(`Cannot turn by powers of ${base}`, {
      expected: "a positive base",
      actual: String(base),
    });
  }
  const half = size / 2;
  const own = frequencies ??
    Float64Array.from({ length: half }, (_, k) => base ** (-2 * k / size));
  const made = "node" in own ? castTo(own, dtype) : tensor(own, { dtype });
  if (!sameShape(made.shape, [half])) {
    throw new ShapeError(
      `Cannot use frequencies of shape ${formatShape(made.shape)}`,
      { expected: formatShape([half]) },
    );
  }
  return made;
}
