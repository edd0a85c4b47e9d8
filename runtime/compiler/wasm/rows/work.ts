/**
 * How much work is worth handing to a thread.
 *
 * @module
 */

const GRAIN_NANOSECONDS = 20_000;

/**
 * Fewest work items that a thread should get at once.
 *
 * @param itemNanoseconds About how long one takes.
 * @returns The number of items.
 */
export function grainOf(itemNanoseconds: number): number {
  return Math.max(1, Math.ceil(GRAIN_NANOSECONDS / itemNanoseconds));
}
