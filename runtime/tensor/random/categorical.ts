/**
 * Draws of classes.
 *
 * @module
 */

import type { Shape } from "../../device/shapes.ts";
import { checkShape, normalizeAxis, sizeOf } from "../../device/shapes.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { add, cast, log, log1p, negative, where } from "../elementwise.ts";
import { reshape } from "../movement.ts";
import { requireFloat } from "../node.ts";
import { argmax } from "../reductions.ts";
import type { I32, Tensor } from "../tensor.ts";
import { type Key, requireKey } from "./key.ts";
import { drawHalves, type RandomOptions } from "./uniform.ts";

/**
 * Independent numbers of the standard Gumbel distribution, `-log(-log(u))`.
 *
 * @param key The key; not to be used for anything else.
 * @param shape Shape of the result.
 * @param options Dtype.
 * @returns The numbers, in (-3.7, 37.5) for f64 and (-2.9, 17.4) for f32.
 * @throws {ShapeError} The key is no key, or the shape no shape.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.random.gumbel(wf.random.key(1), [3]);
 * console.log(x.shape); // [3]
 * ```
 */
export function gumbel<D extends FloatDType = "f32">(
  key: Key,
  shape: Shape,
  options: RandomOptions<D> = {},
): Tensor<D> {
  requireKey("gumbel", key);
  checkShape("gumbel", shape);
  const { dtype = "f32" as D } = options;
  const draws = sizeOf(shape);
  const flat = dtype === "f64"
    ? standardGumbel(key, draws, "f64")
    : standardGumbel(key, draws, "f32");
  return reshape(cast(flat, dtype), shape);
}

function standardGumbel<D extends "f64" | "f32">(
  key: Key,
  draws: number,
  dtype: D,
): Tensor<D> {
  const { size, upper } = drawHalves(key, draws, dtype);
  // -log(u) near u = 1 from the distance to 1, which is exact.
  const logOfUniform = where(upper, log1p(negative(size)), log(size));
  return negative(log(negative(logOfUniform)));
}

/** Along which axis the classes of {@linkcode categorical} stand. */
export interface CategoricalOptions {
  /** Axis of the classes; default the last one. */
  readonly axis?: number;
}

/**
 * Draws one class for each row of logits, with probabilities `softmax(logits)`, as
 * the largest of the logits plus Gumbel noise. Probabilities below about 1e-7 (f32)
 * or 1e-16 (f64) are not resolved.
 *
 * @param key The key; not to be used for anything else.
 * @param logits Logits of any scale; `-Infinity` excludes a class.
 * @param options Axis of the classes.
 * @returns Classes, of the shape of the logits without the axis.
 * @throws {ShapeError} There is no such axis, or the key is no key.
 * @throws {DTypeError} The dtype is no float.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const logits = wf.tensor([[0, -Infinity], [-Infinity, 0]]);
 * const drawn = wf.random.categorical(wf.random.key(0), logits);
 * console.log(await drawn.toArray()); // [0, 1]
 * ```
 */
export function categorical<D extends FloatDType>(
  key: Key,
  logits: Tensor<D>,
  options: CategoricalOptions = {},
): I32 {
  requireKey("categorical", key);
  requireFloat("categorical", logits);
  const axis = normalizeAxis("categorical", options.axis ?? -1, logits.ndim);
  const noise = gumbel(key, logits.shape, { dtype: logits.dtype });
  return argmax(add(logits, noise), { axis });
}
