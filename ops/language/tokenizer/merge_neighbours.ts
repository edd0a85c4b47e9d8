/**
 * Joining neighbouring symbols, the cheapest pair first: what byte-pair
 * encoding and SentencePiece's BPE share.
 *
 * @module
 */

/** Which neighbours are joined, and in what order. */
export interface Merges {
  /** The merge that joins two symbols; -1 where none does. */
  find(left: number, right: number): number;
  /** What a merge costs: of two the cheaper goes first, of equals the leftmost. */
  cost(merge: number): number;
  /** The symbol that a merge makes. */
  result(merge: number): number;
}

/** Merges that may be done, the cheapest on top. */
class CandidateHeap {
  readonly #costs: number[] = [];
  readonly #places: number[] = [];
  readonly #lefts: number[] = [];
  readonly #rights: number[] = [];
  readonly #merges: number[] = [];
  /** Where the candidate that was taken begins. */
  place = 0;
  /** Its left symbol. */
  left = 0;
  /** Its right symbol. */
  right = 0;
  /** The merge that joins them. */
  merge = 0;

  push(
    cost: number,
    place: number,
    left: number,
    right: number,
    merge: number,
  ): void {
    let at = this.#costs.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(cost, place, parent)) break;
      this.#copy(parent, at);
      at = parent;
    }
    this.#set(at, cost, place, left, right, merge);
  }

  /** Takes the cheapest candidate; false where there is none. */
  pop(): boolean {
    const last = this.#costs.length - 1;
    if (last < 0) return false;
    this.place = this.#places[0]!;
    this.left = this.#lefts[0]!;
    this.right = this.#rights[0]!;
    this.merge = this.#merges[0]!;
    const cost = this.#costs.pop()!;
    const place = this.#places.pop()!;
    const left = this.#lefts.pop()!;
    const right = this.#rights.pop()!;
    const merge = this.#merges.pop()!;
    if (last === 0) return true;
    let at = 0;
    for (;;) {
      let next = 2 * at + 1;
      if (next >= last) break;
      const other = next + 1;
      if (
        other < last &&
        this.#isBefore(this.#costs[other]!, this.#places[other]!, next)
      ) next = other;
      if (this.#isBefore(cost, place, next)) break;
      this.#copy(next, at);
      at = next;
    }
    this.#set(at, cost, place, left, right, merge);
    return true;
  }

  #isBefore(cost: number, place: number, at: number): boolean {
    const other = this.#costs[at]!;
    return cost < other || (cost === other && place < this.#places[at]!);
  }

  #copy(from: number, to: number): void {
    this.#set(
      to,
      this.#costs[from]!,
      this.#places[from]!,
      this.#lefts[from]!,
      this.#rights[from]!,
      this.#merges[from]!,
    );
  }

  #set(
    at: number,
    cost: number,
    place: number,
    left: number,
    right: number,
    merge: number,
  ): void {
    this.#costs[at] = cost;
    this.#places[at] = place;
    this.#lefts[at] = left;
    this.#rights[at] = right;
    this.#merges[at] = merge;
  }
}

/**
 * Joins symbols until no merge applies, in time `n log n`.
 *
 * @param symbols The symbols; negative ones are never asked for.
 * @param merges What is joined.
 * @returns What is left.
 */
export function mergeNeighbours(
  symbols: ArrayLike<number>,
  merges: Merges,
): number[] {
  const count = symbols.length;
  const current = Array.from(symbols);
  if (count < 2) return current;
  const previous = new Int32Array(count);
  const next = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    previous[index] = index - 1;
    next[index] = index + 1;
  }
  const heap = new CandidateHeap();
  const propose = (place: number) => {
    const left = current[place]!;
    const right = current[next[place]!]!;
    if (left < 0 || right < 0) return;
    const merge = merges.find(left, right);
    if (merge >= 0) heap.push(merges.cost(merge), place, left, right, merge);
  };
  for (let place = 0; place + 1 < count; place++) propose(place);
  while (heap.pop()) {
    const { place } = heap;
    const second = next[place]!;
    const isStale = current[place] !== heap.left || second >= count ||
      current[second] !== heap.right;
    if (isStale) continue;
    current[place] = merges.result(heap.merge);
    current[second] = GONE;
    const after = next[second]!;
    next[place] = after;
    if (after < count) {
      previous[after] = place;
      propose(place);
    }
    if (previous[place]! >= 0) propose(previous[place]!);
  }
  const left: number[] = [];
  for (let place = 0; place < count; place = next[place]!) {
    left.push(current[place]!);
  }
  return left;
}

/** Marks the place of a symbol that went into its left neighbour. */
const GONE = -0x80000000;
