/**
 * Numbers by pairs of tokens.
 *
 * @module
 */

import { MAX_TOKENS } from "./vocabulary_bounds.ts";

/** A map whose keys are two ids under {@linkcode MAX_TOKENS}. */
export class PairTable {
  readonly #values = new Map<number, number>();

  /** Number of pairs. */
  get size(): number {
    return this.#values.size;
  }

  /**
   * Gives a pair's number.
   *
   * @param left The first id.
   * @param right The second id.
   * @returns The number; undefined where the pair has none.
   */
  get(left: number, right: number): number | undefined {
    return this.#values.get(left * MAX_TOKENS + right);
  }

  /**
   * Sets a pair's number.
   *
   * @param left The first id.
   * @param right The second id.
   * @param value The number.
   */
  set(left: number, right: number, value: number): void {
    this.#values.set(left * MAX_TOKENS + right, value);
  }

  /** Forgets all pairs. */
  clear(): void {
    this.#values.clear();
  }
}
