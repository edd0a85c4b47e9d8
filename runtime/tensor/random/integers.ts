/**
 * Random integers and orders.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import { checkShape, type Shape, sizeOf } from "../../device/shapes.ts";
import {
  add,
  bitwiseAnd,
  bitwiseRightShift,
  cast,
  greater,
  multiply,
  subtract,
} from "../elementwise.ts";
import { take } from "../indexing.ts";
import { argsort } from "../linear_algebra/sort.ts";
import { reshape } from "../movement.ts";
import type { I32, Tensor, U32 } from "../tensor.ts";
import { drawBits } from "./bits.ts";
import { type Key, requireKey } from "./key.ts";

/** Dtype and range of random integers. */
export interface RandintOptions<D extends "i32" | "u32"> {
  /** The smallest integer; default 0. */
  readonly low?: number;
  /** One more than the largest integer. */
  readonly high: number;
  /** i32 or u32; default i32. */
  readonly dtype?: D;
}

/**
 * Uniform integers in `[low, high)`.
 *
 * 64 random bits, read as a fraction of one, are multiplied by the length of the
 * range, and the whole part is taken. No integer is more likely than another by
 * more than 2^-64, which nobody can find out by counting; there is no modulo, whose
 * bias one can see. Integer arithmetic only: the same on every device.
 *
 * @param key The key; not to be used for anything else.
 * @param shape Shape of the result.
 * @param options Range and dtype.
 * @returns The integers.
 * @throws {ParameterError} The range is empty, too long (from 2^31 for i32, from
 * 2^32 for u32) or does not fit the dtype.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const dice = wf.random.randint(wf.random.key(0), [100], { low: 1, high: 7 });
 * console.log(await wf.max(dice).item() <= 6); // true
 * ```
 */
export function randint<D extends "i32" | "u32" = "i32">(
  key: Key,
  shape: Shape,
  options: RandintOptions<D>,
): Tensor<D> {
  requireKey("randint", key);
  checkShape("randint", shape);
  const { low = 0, high, dtype = "i32" as D } = options;
  const bounds = dtype === "i32"
    ? { from: -(2 ** 31), to: 2 ** 31, longest: 2 ** 31 - 1 }
    : { from: 0, to: 2 ** 32, longest: 2 ** 32 - 1 };
  const usable = Number.isInteger(low) && Number.isInteger(high) &&
    low < high && high - low <= bounds.longest &&
    low >= bounds.from && high <= bounds.to;
  if (!usable) {
    throw new ParameterError(
      `Cannot draw integers of dtype "${dtype}" from ${low} to ${high}`,
      {
        expected:
          `whole numbers from ${bounds.from} to ${bounds.to}, the lower one first, at most ${bounds.longest} apart`,
      },
    );
  }
  const { high: upper, low: lower } = drawBits(key, sizeOf(shape));
  const offset = reshape(scaledFraction(upper, lower, high - low), shape);
  return add(cast(offset, dtype), low);
}

/** Whole part of the fraction `(upper, lower) / 2^64` times a 32-bit range. */
function scaledFraction(upper: U32, lower: U32, range: number): U32 {
  const first = multiplyWords(upper, range);
  const second = multiplyWords(lower, range);
  // Carry of first.low + second.high, found without overflow.
  const carry = greater(first.low, subtract(0xFFFFFFFF, second.high));
  return add(first.high, cast(carry, "u32"));
}

/** The 64-bit product of 32-bit words, from 16-bit halves that never overflow. */
function multiplyWords(words: U32, factor: number): { high: U32; low: U32 } {
  const factorHigh = Math.floor(factor / 2 ** 16);
  const factorLow = factor % 2 ** 16;
  const wordsHigh = bitwiseRightShift(words, 16);
  const wordsLow = bitwiseAnd(words, 0xFFFF);
  const bottom = multiply(wordsLow, factorLow);
  const middle = add(
    multiply(wordsHigh, factorLow),
    bitwiseRightShift(bottom, 16),
  );
  const cross = add(
    multiply(wordsLow, factorHigh),
    bitwiseAnd(middle, 0xFFFF),
  );
  const high = add(
    add(multiply(wordsHigh, factorHigh), bitwiseRightShift(middle, 16)),
    bitwiseRightShift(cross, 16),
  );
  const low = add(
    multiply(bitwiseAnd(cross, 0xFFFF), 2 ** 16),
    bitwiseAnd(bottom, 0xFFFF),
  );
  return { high, low };
}

/**
 * A random order of `0 … count - 1`: all orders are equally likely, up to what ties
 * among `count` words of 64 bits change.
 *
 * @param key The key; not to be used for anything else.
 * @param count How many.
 * @returns The order, `[count]`.
 * @throws {ParameterError} `count` is no whole number from 0.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const order = wf.random.permutation(wf.random.key(0), 5);
 * const rows = wf.take(wf.arange(5), order, { axis: 0 }); // shuffled
 * console.log(await wf.sum(rows).item()); // 10
 * ```
 */
export function permutation(key: Key, count: number): I32 {
  requireKey("permutation", key);
  if (!Number.isInteger(count) || count < 0) {
    throw new ParameterError(`Cannot order ${count} things`, {
      expected: "a whole number from 0",
    });
  }
  const { high, low } = drawBits(key, count);
  // Two stable sorts, by the lower word first, sort by all 64 bits.
  const byLow = argsort(low);
  const byHigh = argsort(take(high, byLow, { axis: 0 }));
  return take(byLow, byHigh, { axis: 0 });
}
