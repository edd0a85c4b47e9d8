/**
 * Learning the merges of byte pairs.
 *
 * The pair that occurs most often becomes a token, of equals the one whose
 * tokens are the oldest, and so on: the algorithm of Hugging Face's trainer, with
 * its counts kept up to date where a merge changes them.
 *
 * @module
 */

import { PairTable } from "./pair_table.ts";
import { MAX_TOKENS } from "./vocabulary_bounds.ts";

/** A word, as tokens, and how often it occurs. */
export interface CountedWord {
  /** Its tokens; replaced by fewer as merges are learnt. */
  symbols: number[];
  /** How often it occurs. */
  readonly count: number;
}

/** A pair that may be merged. */
interface Candidate {
  readonly left: number;
  readonly right: number;
  /** How often it occurred when this was noted. */
  count: number;
  /** The words that it was seen in. */
  readonly words: ReadonlySet<number>;
}

/** Orders candidates: the most frequent first, of equals the oldest tokens. */
function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.left !== b.left ? a.left < b.left : a.right < b.right;
}

/** A binary heap of candidates. */
class Queue {
  readonly #heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(candidate, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = candidate;
  }

  pop(): Candidate | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let next = 2 * at + 1;
      if (next >= heap.length) break;
      if (next + 1 < heap.length && isBefore(heap[next + 1]!, heap[next]!)) {
        next++;
      }
      if (!isBefore(heap[next]!, last)) break;
      heap[at] = heap[next]!;
      at = next;
    }
    heap[at] = last;
    return first;
  }
}

/** Counts of pairs, and where those that changed upwards were seen. */
class PairCounts {
  readonly #counts = new PairTable();
  readonly #seen = new Map<number, Set<number>>();

  count(left: number, right: number): number {
    return this.#counts.get(left, right) ?? 0;
  }

  add(left: number, right: number, change: number, word: number): void {
    this.#counts.set(left, right, this.count(left, right) + change);
    if (change <= 0) return;
    const key = left * MAX_TOKENS + right;
    const words = this.#seen.get(key);
    if (words === undefined) this.#seen.set(key, new Set([word]));
    else words.add(word);
  }

  /** Hands over the pairs that were seen since the last time. */
  drain(queue: Queue): void {
    for (const [key, words] of this.#seen) {
      const left = Math.floor(key / MAX_TOKENS);
      const right = key % MAX_TOKENS;
      const count = this.count(left, right);
      if (count > 0) queue.push({ left, right, count, words });
    }
    this.#seen.clear();
  }
}

/**
 * Learns merges until there are enough, or no pair is left.
 *
 * @param words The words; their symbols are replaced.
 * @param makeToken Gives the token of a pair: a new one, or one that is already
 * there; undefined where there are enough.
 * @returns The pairs, in the order in which they are merged.
 */
export function learnMerges(
  words: readonly CountedWord[],
  makeToken: (left: number, right: number) => number | undefined,
): (readonly [left: number, right: number])[] {
  const counts = new PairCounts();
  const queue = new Queue();
  words.forEach(({ symbols, count }, word) => {
    for (let at = 0; at + 1 < symbols.length; at++) {
      counts.add(symbols[at]!, symbols[at + 1]!, count, word);
    }
  });
  counts.drain(queue);
  const merges: (readonly [left: number, right: number])[] = [];
  for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
    const { left, right } = top;
    const count = counts.count(left, right);
    if (count !== top.count) {
      queue.push({ ...top, count });
      continue;
    }
    if (count < 1) break;
    const token = makeToken(left, right);
    if (token === undefined) break;
    merges.push([left, right]);
    for (const index of top.words) {
      const word = words[index]!;
      mergeWord(word, left, right, token, (a, b, change) => {
        counts.add(a, b, change * word.count, index);
      });
    }
    counts.drain(queue);
  }
  return merges;
}

/** Merges a pair in a word and tells which pairs came and went. */
function mergeWord(
  word: CountedWord,
  left: number,
  right: number,
  token: number,
  note: (left: number, right: number, change: number) => void,
): void {
  const { symbols } = word;
  const merged: number[] = [];
  for (let at = 0; at < symbols.length; at++) {
    const isPair = symbols[at] === left && symbols[at + 1] === right;
    if (!isPair) {
      merged.push(symbols[at]!);
      continue;
    }
    const before = merged.at(-1);
    const after = symbols[at + 2];
    if (before !== undefined) {
      note(before, left, -1);
      note(before, token, 1);
    }
    if (after !== undefined) {
      note(right, after, -1);
      note(token, after, 1);
    }
    merged.push(token);
    at++;
  }
  word.symbols = merged;
}
