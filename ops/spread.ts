/**
 * Some of a list, evenly spread over it, shared by all families.
 *
 * @module
 */

/**
 * Keeps some of a list: the middle of each of `most` equal parts.
 *
 * @param list What there is.
 * @param most How many are kept at most; with as many or fewer all are.
 * @returns Those that are kept, in their order.
 */
export function evenlySpread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from(
    { length: most },
    (_, at) => list[Math.floor((at + 0.5) * list.length / most)]!,
  );
}
