/**
 * An order of kernels in which each comes after those that it needs, kept while
 * kernels are put together: it tells quickly that one does not need another.
 *
 * @module
 */

/** What is ordered. */
export interface Ordered {
  /** Its place in the order; those that it needs have smaller ones. */
  rank: number;
  /** What it needs directly. */
  readonly needs: ReadonlySet<Ordered>;
}

/** The order. */
export class GroupOrder {
  readonly #order: Ordered[] = [];

  /**
   * Adds a group at the end.
   *
   * @param group The group; it needs nothing yet.
   */
  add(group: Ordered): void {
    group.rank = this.#order.push(group) - 1;
  }

  /**
   * Puts a group before another one, which needs it from now on, together with
   * what it needs itself.
   *
   * @param first The group; does not need the other one.
   * @param then The other one.
   */
  put(first: Ordered, then: Ordered): void {
    const [low, high] = [then.rank, first.rank];
    if (high < low) return;
    const moving = new Set([first]);
    for (const one of moving) {
      for (const below of one.needs) if (below.rank > low) moving.add(below);
    }
    const window = this.#order.slice(low, high + 1);
    const front = window.filter((one) => moving.has(one));
    const back = window.filter((one) => !moving.has(one));
    [...front, ...back].forEach((one, k) => {
      this.#order[low + k] = one;
      one.rank = low + k;
    });
  }
}

/**
 * Whether a group needs another one, directly or by way of others.
 *
 * @param from The group.
 * @param to The other one.
 * @returns True when it does, or when both are one.
 */
export function reaches(from: Ordered, to: Ordered): boolean {
  if (from === to) return true;
  if (from.rank < to.rank) return false;
  const seen = new Set([from]);
  for (const group of seen) {
    for (const one of group.needs) {
      if (one === to) return true;
      // Whatever comes before the other one does not need it.
      if (one.rank > to.rank) seen.add(one);
    }
  }
  return false;
}
