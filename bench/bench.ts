/**
 * What every benchmark gives, and how it is shown.
 *
 * @module
 */

/** One measurement of ours beside the peer's, both medians of the same run. */
export interface BenchResult {
  /** What was measured. */
  readonly name: string;
  /** Where ours ran. */
  readonly device: string;
  /** Our median, in milliseconds. */
  readonly oursMs: number;
  /** The peer with its version; null where there is none. */
  readonly peer: string | null;
  /** The peer's median, in milliseconds. */
  readonly peerMs: number | null;
  /** `peerMs / oursMs`: above 1 we are faster. */
  readonly ratio: number | null;
}

/** A benchmark: what a module under `bench/` exports as `run`. */
export type Bench = () => Promise<BenchResult[]>;

/**
 * The median of some numbers.
 *
 * @param values At least one number.
 * @returns The middle one; the upper of two.
 */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
