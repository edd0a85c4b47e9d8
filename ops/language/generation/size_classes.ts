/**
 * Sizes that are rounded up, so that programs compiled for one size serve many.
 *
 * @module
 */

/** Tokens that go through a model at once at most; longer prompts go in parts. */
export const LARGEST_PART = 512;

/**
 * Rounds a number of tokens up: to a power of two up to 16, by less than a quarter
 * from 64 on.
 *
 * @param count At least 1.
 * @returns At least `count`.
 */
export function tokenClass(count: number): number {
  if (count <= 16) return 2 ** Math.ceil(Math.log2(count));
  const step = Math.max(16, 2 ** Math.floor(Math.log2(count) - 2));
  return Math.ceil(count / step) * step;
}

/**
 * Rounds a number of slots of a cache up to 2^k or 3 · 2^k.
 *
 * @param count At least 1.
 * @returns At least 64, and at least `count`.
 */
export function capacityClass(count: number): number {
  const power = Math.max(64, 2 ** Math.ceil(Math.log2(count)));
  return power > 64 && power * 3 / 4 >= count ? power * 3 / 4 : power;
}
