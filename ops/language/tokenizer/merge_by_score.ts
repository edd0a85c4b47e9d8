/**
 * SentencePiece's byte-pair encoding: of all neighbours whose text together is
 * a piece, those of the highest score are joined first, the leftmost of equals.
 *
 * @module
 */

/** The candidates, ordered as they are to be joined. */
class CandidateHeap {
  readonly #scores: number[] = [];
  readonly #lefts: number[] = [];
  readonly #ends: number[] = [];

  get size(): number {
    return this.#lefts.length;
  }

  push(score: number, left: number, end: number): void {
    let at = this.size;
    this.#set(at, score, left, end);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** The first candidate's left symbol and the end of its right one. */
  pop(): readonly [left: number, end: number] {
    const first = [this.#lefts[0]!, this.#ends[0]!] as const;
    const last = this.size - 1;
    this.#swap(0, last);
    this.#scores.pop();
    this.#lefts.pop();
    this.#ends.pop();
    for (let at = 0;;) {
      let next = 2 * at + 1;
      if (next >= last) break;
      if (next + 1 < last && this.#isBefore(next + 1, next)) next++;
      if (!this.#isBefore(next, at)) break;
      this.#swap(at, next);
      at = next;
    }
    return first;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#scores[a]! - this.#scores[b]!;
    return difference > 0 ||
      (difference === 0 && this.#lefts[a]! < this.#lefts[b]!);
  }

  #set(at: number, score: number, left: number, end: number): void {
    this.#scores[at] = score;
    this.#lefts[at] = left;
    this.#ends[at] = end;
  }

  #swap(a: number, b: number): void {
    const [score, left, end] = [
      this.#scores[a]!,
      this.#lefts[a]!,
      this.#ends[a]!,
    ];
    this.#set(a, this.#scores[b]!, this.#lefts[b]!, this.#ends[b]!);
    this.#set(b, score, left, end);
  }
}

/**
 * Joins the characters of a text to pieces.
 *
 * @param text The text.
 * @param scoreOf The score of a piece; undefined for what is no piece.
 * @returns Where each symbol begins, and the length of the text at the end; a
 * symbol is a piece, or one character that is none.
 */
export function mergeByScore(
  text: string,
  scoreOf: (piece: string) => number | undefined,
): number[] {
  const starts: number[] = [];
  for (let at = 0; at < text.length;) {
    starts.push(at);
    at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  }
  const count = starts.length;
  const ends = Int32Array.from(
    starts,
    (_, index) => starts[index + 1] ?? text.length,
  );
  const previous = Int32Array.from(starts, (_, index) => index - 1);
  const next = Int32Array.from(starts, (_, index) => index + 1);
  const isGone = new Uint8Array(count);
  const heap = new CandidateHeap();
  const propose = (left: number) => {
    const right = next[left]!;
    if (right >= count) return;
    const end = ends[right]!;
    const score = scoreOf(text.slice(starts[left], end));
    if (score !== undefined) heap.push(score, left, end);
  };
  for (let index = 0; index + 1 < count; index++) propose(index);
  while (heap.size > 0) {
    const [left, end] = heap.pop();
    const right = next[left]!;
    if (isGone[left] || right >= count || ends[right] !== end) continue;
    isGone[right] = 1;
    ends[left] = end;
    const after = next[right]!;
    next[left] = after;
    if (after < count) previous[after] = left;
    propose(left);
    if (previous[left]! >= 0) propose(previous[left]!);
  }
  const boundaries: number[] = [];
  for (let index = 0; index < count; index = next[index]!) {
    boundaries.push(starts[index]!);
  }
  boundaries.push(text.length);
  return boundaries;
}
