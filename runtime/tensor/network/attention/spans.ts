/**
 * How attention is cut into blocks, so that only a small part of the scores
 * exists at any time.
 *
 * @module
 */

/** Scores of one block; f32 blocks take 8 MB. */
const BLOCK_SCORES = 2 ** 21;
/** Into how many ranges causal queries are cut, each with its own keys. */
const CAUSAL_RANGES = 8;
/** Ranges are not cut shorter than this. */
const SHORTEST_RANGE = 128;
/** Ranges and blocks are multiples of this where they are longer. */
const WHOLE_ROWS = 32;

let blockScores = BLOCK_SCORES;

/**
 * Runs code with another size of blocks, for tests.
 *
 * @param scores Scores of one block at most.
 * @param body The code; synchronous.
 * @returns What it returns.
 */
export function withBlockScores<T>(scores: number, body: () => T): T {
  const before = blockScores;
  blockScores = scores;
  try {
    return body();
  } finally {
    blockScores = before;
  }
}

/** Sizes of an attention. */
export interface AttentionSizes {
  /** Key and value heads of all batches. */
  readonly groups: number;
  /** Query heads that share one key and value head. */
  readonly repeats: number;
  /** Number of queries. */
  readonly queries: number;
  /** Number of keys. */
  readonly keys: number;
}

/** A range of queries, and how it is walked. */
export interface AttentionSpan {
  /** First query. */
  readonly from: number;
  /** End of the range. */
  readonly to: number;
  /** How many of the keys its queries may see, from the first. */
  readonly keys: number;
  /** Groups that are done at once; divides the number of groups. */
  readonly together: number;
  /** Blocks that the range is cut into, equally long. */
  readonly blocks: number;
}

/**
 * Cuts attention into ranges of queries.
 *
 * @param sizes The sizes.
 * @param isCausal Whether queries see earlier keys only.
 * @returns The ranges, in order; one alone where all scores fit a block and few
 * of them would be skipped.
 */
export function attentionSpans(
  sizes: AttentionSizes,
  isCausal: boolean,
): AttentionSpan[] {
  const { groups, repeats, queries, keys } = sizes;
  const skips = isCausal && queries >= 2 * SHORTEST_RANGE;
  if (!skips && groups * repeats * queries * keys <= blockScores) {
    return [{ from: 0, to: queries, keys, together: groups, blocks: 1 }];
  }
  const range = isCausal ? rangeLength(queries) : queries;
  // A block as long as all queries would leave no keys to skip; a shorter one
  // has more groups instead.
  const block = Math.min(blockLength(repeats * keys, queries), range);
  const most = Math.min(queries, Math.ceil(range / block) * block);
  const spans: AttentionSpan[] = [];
  let from = 0;
  while (from < queries) {
    const left = Math.min(most, queries - from);
    // What is left over is a range of its own, as blocks are equally long.
    const blocks = Math.max(1, Math.floor(left / block));
    const to = from + Math.min(left, blocks * block);
    const visible = isCausal
      ? Math.min(keys, Math.max(0, to + keys - queries))
      : keys;
    const scores = repeats * ((to - from) / blocks) * visible;
    const together = blocks > 1 ? 1 : largestDivisor(groups, scores);
    spans.push({ from, to, keys: visible, together, blocks });
    from = to;
  }
  return spans;
}

/** Queries of a range that sees no keys behind it. */
function rangeLength(queries: number): number {
  const rows = Math.ceil(queries / CAUSAL_RANGES / WHOLE_ROWS) * WHOLE_ROWS;
  return Math.max(rows, SHORTEST_RANGE);
}

/** Queries of a block, for so many scores a query. */
function blockLength(scoresOfQuery: number, queries: number): number {
  const most = Math.floor(blockScores / scoresOfQuery);
  const even = most > WHOLE_ROWS ? most - most % WHOLE_ROWS : most;
  return Math.max(1, Math.min(even, queries));
}

/** The most groups that fit a block and leave none over. */
function largestDivisor(groups: number, scores: number): number {
  for (let count = groups; count > 1; count--) {
    if (groups % count === 0 && count * scores <= blockScores) return count;
  }
  return 1;
}
