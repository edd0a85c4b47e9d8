/**
 * Random bits, the primitive under all random numbers.
 *
 * @module
 */

import { bitwiseXor } from "../elementwise.ts";
import { constant } from "../node.ts";
import { defineRoutine } from "../routine.ts";
import type { U32 } from "../tensor.ts";

const randomBits = defineRoutine({
  name: "randomBits",
  outputs: (_, { draws }) => {
    const spec = { dtype: "u32", shape: [Number(draws)] } as const;
    return [spec, spec];
  },
});

/** Two independent words for each draw. */
export interface Bits {
  /** The first words, `[draws]`. */
  readonly high: U32;
  /** The second words, `[draws]`. */
  readonly low: U32;
}

/**
 * Draws 64 bits for each of a run of counters, by Threefry-2x32 with 20 rounds.
 * They are integer arithmetic only, hence the same on every device.
 *
 * @param key The key, `[2]`.
 * @param draws How many.
 * @param first The first counter; default 0.
 * @returns The words.
 */
export function drawBits(
  key: U32,
  draws: number,
  first: U32 = constant(0, "u32"),
): Bits {
  const [high, low] = randomBits([key, first], { draws });
  return { high: high as U32, low: low as U32 };
}

/**
 * Draws 32 bits for each element.
 *
 * @param key The key, `[2]`.
 * @param draws How many.
 * @returns The words, `[draws]`.
 */
export function drawWords(key: U32, draws: number): U32 {
  const { high, low } = drawBits(key, draws);
  return bitwiseXor(high, low);
}
