/**
 * Keys of random numbers.
 *
 * @module
 */

import { ParameterError, ShapeError } from "../../core/errors.ts";
import { formatShape } from "../../device/shapes.ts";
import { tensor } from "../creation.ts";
import { cast } from "../elementwise.ts";
import { concat, expandDims, reshape, slice } from "../movement.ts";
import { constant } from "../node.ts";
import { Tensor, type U32 } from "../tensor.ts";
import { drawBits } from "./bits.ts";

/**
 * Where random numbers come from: two words, `[2]`. The same key gives the same
 * numbers, on every device; different keys give independent numbers.
 */
export type Key = U32;

/** As many keys as a literal number says; a list where the number is not known. */
export type Keys<N extends number, Known extends Key[] = []> = number extends N
  ? Key[]
  : Known["length"] extends N ? Known
  : Known["length"] extends 32 ? Key[]
  : Keys<N, [...Known, Key]>;

/**
 * Makes a key from a seed.
 *
 * @param seed A whole number from 0 to 2^53 - 1.
 * @returns The key.
 * @throws {ParameterError} The seed is no such number.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const key = wf.random.key(42);
 * const x = wf.random.normal(key, [2, 3], { dtype: "f64" });
 * console.log(x.shape); // [2, 3]
 * ```
 */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ParameterError(
      `Cannot make a key of the seed: current value is ${seed}`,
      { expected: "a whole number from 0 to 2^53 - 1", actual: String(seed) },
    );
  }
  return tensor(new Uint32Array([Math.floor(seed / 2 ** 32), seed]));
}

/**
 * Splits a key into independent ones. The key itself must not be used after it.
 * The first keys do not change when more are asked for.
 *
 * @param parent The key.
 * @param count How many; default 2.
 * @returns The keys, one list element each.
 * @throws {ParameterError} `count` is no whole number from 1.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const [weights, noise] = wf.random.split(wf.random.key(0), 2);
 * console.log(wf.random.uniform(weights, [3]).shape, noise.shape); // [3] [2]
 * ```
 */
export function split<N extends number = 2>(
  parent: Key,
  count: N = 2 as N,
): Keys<N> {
  requireKey("split", parent);
  if (!Number.isInteger(count) || count < 1) {
    throw new ParameterError(
      `Cannot split a key: current count is ${count}`,
      { expected: "a whole number from 1", actual: String(count) },
    );
  }
  const { high, low } = drawBits(parent, count);
  const pairs = concat([expandDims(high, 1), expandDims(low, 1)], { axis: 1 });
  return Array.from({ length: count }, (_, i) => slice(pairs, i)) as Keys<N>;
}

/**
 * A new key from a key and a number, for example the number of a step. Different
 * numbers give independent keys.
 *
 * @param parent The key.
 * @param number A whole number from 0 to 2^32 - 1, or a scalar tensor of them.
 * @returns The new key.
 * @throws {ParameterError} The number is out of range.
 * @throws {ShapeError} A tensor is no scalar, or the key no key.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const key = wf.random.key(0);
 * const perStep = [1, 2, 3].map((step) => wf.random.foldIn(key, step));
 * console.log(perStep.length); // 3
 * ```
 */
export function foldIn(
  parent: Key,
  number: number | Tensor<"u32"> | Tensor<"i32">,
): Key {
  requireKey("foldIn", parent);
  if (number instanceof Tensor) {
    if (number.ndim !== 0) {
      throw new ShapeError(
        "Cannot fold a tensor into a key as it is no scalar",
        {
          expected: "[]",
          actual: formatShape(number.shape),
        },
      );
    }
    return folded(parent, cast(number, "u32"));
  }
  if (!Number.isInteger(number) || number < 0 || number >= 2 ** 32) {
    throw new ParameterError(
      `Cannot fold the number into a key: current value is ${number}`,
      { expected: "a whole number from 0 to 2^32 - 1", actual: String(number) },
    );
  }
  return folded(parent, constant(number, "u32"));
}

function folded(parent: Key, counter: U32): Key {
  const { high, low } = drawBits(parent, 1, counter);
  return concat([reshape(high, [1]), reshape(low, [1])]);
}

/**
 * Refuses what is no key.
 *
 * @param name Name of the operation.
 * @param key What should be a key.
 * @throws {ShapeError} When it is no pair of words.
 */
export function requireKey(name: string, key: Key): void {
  if (typeof key === "number") {
    throw new ParameterError(
      `Cannot use the number ${key} as a key in "${name}"`,
      {
        expected: "a key",
        actual: String(key),
        hint: `Make a key from the seed: "wf.random.key(${key})"`,
      },
    );
  }
  if (key.dtype !== "u32" || key.ndim !== 1 || key.size !== 2) {
    throw new ShapeError(`Cannot use the tensor as a key in "${name}"`, {
      expected: 'dtype "u32" of shape [2]',
      actual: `dtype "${key.dtype}" of shape ${formatShape(key.shape)}`,
      hint: 'Make a key from a seed, for example "wf.random.key(0)"',
    });
  }
}
