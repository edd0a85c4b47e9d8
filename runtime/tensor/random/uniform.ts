/**
 * Uniform random numbers.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { checkShape, type Shape, sizeOf } from "../../device/shapes.ts";
import {
  add,
  bitwiseAnd,
  bitwiseRightShift,
  cast,
  less,
  multiply,
} from "../elementwise.ts";
import { reshape } from "../movement.ts";
import { expandTo } from "../node.ts";
import { type Bool, Tensor } from "../tensor.ts";
import { drawBits, drawWords } from "./bits.ts";
import { type Key, requireKey } from "./key.ts";

/** The dtype of random numbers. */
export interface RandomOptions<D extends FloatDType> {
  /** f64, f32 or f16; default f32. */
  readonly dtype?: D;
}

/** Dtype and range of uniform numbers. */
export interface UniformOptions<D extends FloatDType> extends RandomOptions<D> {
  /** The smallest number; default 0. */
  readonly low?: number;
  /** The end of the range; default 1. */
  readonly high?: number;
}

/**
 * Uniform numbers in `[low, high)`. In `[0, 1)` they are all multiples of 2^-53 (f64),
 * 2^-24 (f32) or 2^-11 (f16), each equally likely, and the same on every device. In other
 * ranges rounding may reach `high` itself.
 *
 * @param key The key; not to be used for anything else.
 * @param shape Shape of the result.
 * @param options Dtype and range.
 * @returns The numbers.
 * @throws {ParameterError} The range is empty or not finite.
 * @throws {ShapeError} The key is no key, or the shape no shape.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.random.uniform(wf.random.key(1), [1000], { dtype: "f64" });
 * const mean = await wf.mean(x).item();
 * console.log(Math.abs(mean - 0.5) < 0.05); // true
 * ```
 */
export function uniform<D extends FloatDType = "f32">(
  key: Key,
  shape: Shape,
  options: UniformOptions<D> = {},
): Tensor<D> {
  requireKey("uniform", key);
  checkShape("uniform", shape);
  const { low = 0, high = 1, dtype = "f32" as D } = options;
  if (!(low < high) || !Number.isFinite(high - low)) {
    throw new ParameterError(
      `Cannot draw uniform numbers from ${low} to ${high}`,
      { expected: "two finite numbers, the lower one first" },
    );
  }
  const unit = reshape(unitUniform(key, sizeOf(shape), dtype), shape);
  if (low === 0 && high === 1) return unit;
  return add(multiply(unit, high - low), low);
}

function unitUniform<D extends FloatDType>(
  key: Key,
  draws: number,
  dtype: D,
): Tensor<D> {
  if (dtype === "f64") {
    const { high, low } = drawBits(key, draws);
    const upper = cast(bitwiseRightShift(high, 5), dtype);
    const lower = cast(bitwiseRightShift(low, 6), dtype);
    return multiply(add(multiply(upper, 2 ** 26), lower), 2 ** -53);
  }
  const bits = dtype === "f16" ? 11 : 24;
  const words = bitwiseRightShift(drawWords(key, draws), 32 - bits);
  return multiply(cast(words, dtype), 2 ** -bits);
}

/** Random numbers in halves: a size in (0, 1/2), and which half is meant. */
export interface Halves<D extends FloatDType> {
  /** Odd multiples of 2^-54 (f64) or 2^-25 (f32), `[draws]`; never 0 or 1/2. */
  readonly size: Tensor<D>;
  /** Fair coins, `[draws]`. */
  readonly upper: Bool;
}

/**
 * Uniform numbers whose distance to the nearer end of (0, 1) is exact, as tails
 * of distributions need it.
 *
 * @param key The key.
 * @param draws How many.
 * @param dtype f64 or f32.
 * @returns The numbers.
 */
export function drawHalves<D extends "f64" | "f32">(
  key: Key,
  draws: number,
  dtype: D,
): Halves<D> {
  if (dtype === "f64") {
    const { high, low } = drawBits(key, draws);
    const top = multiply(cast(bitwiseAnd(high, 0xFFFFF), dtype), 2 ** 32);
    const whole = add(top, cast(low, dtype));
    return { size: multiply(add(whole, 0.5), 2 ** -53), upper: lastBit(high) };
  }
  const words = drawWords(key, draws);
  const whole = cast(bitwiseAnd(words, 0x7FFFFF), dtype);
  return { size: multiply(add(whole, 0.5), 2 ** -24), upper: lastBit(words) };
}

function lastBit(words: Tensor<"u32">): Bool {
  return cast(bitwiseRightShift(words, 31), "bool");
}

/**
 * Coins that show true with given probabilities (to 2^-24, or 2^-53 for f64).
 *
 * @param key The key; not to be used for anything else.
 * @param probability One for all, or one for each element.
 * @param shape Shape of the result; by default that of the probabilities.
 * @returns The coins.
 * @throws {ParameterError} A probability given as a number is not in `[0, 1]`.
 * @throws {ShapeError} The probabilities do not broadcast to the shape.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const coins = wf.random.bernoulli(wf.random.key(3), 1, [2]);
 * console.log(await coins.toArray()); // [1, 1]
 * ```
 */
export function bernoulli<D extends FloatDType>(
  key: Key,
  probability: number | Tensor<D>,
  shape?: Shape,
): Bool {
  requireKey("bernoulli", key);
  if (probability instanceof Tensor) {
    return biasedCoins(key, probability, shape);
  }
  if (!(probability >= 0 && probability <= 1)) {
    throw new ParameterError(
      `Cannot use the probability: current value is ${probability}`,
      { expected: "a number from 0 to 1" },
    );
  }
  return less(uniform(key, shape ?? []), probability);
}

function biasedCoins<D extends FloatDType>(
  key: Key,
  probability: Tensor<D>,
  shape: Shape = probability.shape,
): Bool {
  const { dtype } = probability;
  return less(uniform(key, shape, { dtype }), expandTo(probability, shape));
}
