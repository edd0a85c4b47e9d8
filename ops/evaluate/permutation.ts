/**
 * Paired permutation tests: if two models are equally good, each unit's
 * results may as well be the other's.
 *
 * @module
 */

import * as wf from "../../runtime/tensor/mod.ts";
import { pacer } from "../pace.ts";

/** Up to so many units every way of swapping them is tried. */
const MOST_EXACT_UNITS = 13;

/** Sums in another order differ by this much and still count as equal. */
const TOLERANCE = 1e-12;

/** How a permutation test draws. */
export interface PermutationOptions {
  /** How many draws, where there are too many units to try all. */
  readonly permutations: number;
  /** Seed of the draws. */
  readonly seed: number;
}

/** A p-value of a permutation test. */
export interface PermutationResult {
  /** Two-sided p-value; where ways are drawn, (1 + hits) / (1 + draws). */
  readonly pValue: number;
  /** Whether all ways were tried rather than some drawn. */
  readonly isExact: boolean;
}

function* allSwaps(units: number): Generator<Int32Array> {
  for (let pattern = 0; pattern < 2 ** units; pattern++) {
    yield Int32Array.from({ length: units }, (_, unit) => pattern >> unit & 1);
  }
}

async function* drawnSwaps(
  units: number,
  { permutations, seed }: PermutationOptions,
): AsyncGenerator<Int32Array> {
  const key = wf.random.key(seed);
  for (let draw = 0; draw < permutations; draw++) {
    yield await wf.random.randint(wf.random.foldIn(key, draw), [units], {
      low: 0,
      high: 2,
    }).data();
  }
}

/**
 * The p-values of several statistics of a paired permutation test. All ways of
 * swapping are tried for up to 13 units, else some are drawn.
 *
 * @param units How many rows or clusters there are, each swapped as a whole.
 * @param differences The statistics (first less second) after the units whose
 * number is 1 were swapped; all zeros is how the data are.
 * @param options How ways are drawn.
 * @param signal Stops it.
 * @returns One result for each statistic.
 *
 * @example
 * ```ts
 * import { pairedPermutation } from "@weft/weft/ops/evaluate";
 *
 * const gains = [1, 2, 3];
 * const sum = (swaps: Int32Array) => [gains.reduce((s, gain, unit) => s + (swaps[unit] === 1 ? -gain : gain), 0)];
 * const [result] = await pairedPermutation(3, sum, { permutations: 100, seed: 0 });
 * console.log(result); // { pValue: 0.25, isExact: true }
 * ```
 */
export async function pairedPermutation(
  units: number,
  differences: (swaps: Int32Array) => readonly number[],
  options: PermutationOptions,
  signal?: AbortSignal,
): Promise<PermutationResult[]> {
  const observed = differences(new Int32Array(units)).map(Math.abs);
  const isExact = units <= MOST_EXACT_UNITS;
  const hits = observed.map(() => 0);
  let ways = 0;
  const pace = pacer(signal);
  for await (
    const swaps of isExact ? allSwaps(units) : drawnSwaps(units, options)
  ) {
    await pace();
    ways++;
    differences(swaps).forEach((difference, index) => {
      const least = observed[index]! * (1 - TOLERANCE);
      if (Math.abs(difference) >= least) hits[index]! += 1;
    });
  }
  // The data themselves are among all ways, and count as one more draw
  const extra = isExact ? 0 : 1;
  return hits.map((count) => ({
    pValue: (count + extra) / (ways + extra),
    isExact,
  }));
}
