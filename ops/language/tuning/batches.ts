/**
 * Which rows each step sees.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { IGNORED } from "./examples.ts";
import type { Row } from "./rows.ts";
import type { Batch } from "./batch_loss.ts";

/** How rows become steps. */
export interface BatchOptions {
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Batches of a step. */
  readonly accumulation: number;
  /** Whether the order is drawn anew in each epoch. */
  readonly shuffle: boolean;
  /** Decides the order. */
  readonly key: wf.random.Key;
}

/** Rows of each batch of a step, by number. */
export type StepRows = readonly (readonly number[])[];

/** The steps over and over the rows. */
export class StepOrder {
  /** Steps that see every row once. */
  readonly stepsPerEpoch: number;
  readonly #rows: number;
  readonly #options: BatchOptions;
  #epoch = -1;
  #order: readonly number[] = [];

  /**
   * Divides rows among steps.
   *
   * @param rows How many there are.
   * @param options Sizes, and how the order is drawn.
   */
  constructor(rows: number, options: BatchOptions) {
    const { batchSize, accumulation } = options;
    this.#rows = rows;
    this.#options = options;
    this.stepsPerEpoch = Math.ceil(rows / (batchSize * accumulation));
  }

  /**
   * The rows of a step. Every epoch sees every row once; its last step may see
   * fewer.
   *
   * @param step The step, from 0.
   * @returns Its batches, at least one; none is empty.
   */
  async rowsOf(step: number): Promise<StepRows> {
    const { batchSize, accumulation } = this.#options;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.#epoch) {
      this.#order = await this.#orderOf(epoch);
      this.#epoch = epoch;
    }
    const size = batchSize * accumulation;
    const from = (step - epoch * this.stepsPerEpoch) * size;
    const own = this.#order.slice(from, from + size);
    const batches: number[][] = [];
    for (let at = 0; at < own.length; at += batchSize) {
      batches.push(own.slice(at, at + batchSize));
    }
    return batches;
  }

  async #orderOf(epoch: number): Promise<readonly number[]> {
    const inTurn = Array.from({ length: this.#rows }, (_, k) => k);
    if (!this.#options.shuffle) return inTurn;
    const key = wf.random.foldIn(this.#options.key, epoch);
    const draws = await wf.random.uniform(key, [this.#rows]).data();
    return inTurn.sort((a, b) => draws[a]! - draws[b]! || a - b);
  }
}

/**
 * Rows as one batch of a fixed size: what is missing is filled up with rows in
 * which nothing is learnt.
 *
 * @param rows The rows.
 * @param size Rows of the batch.
 * @param packing Whether rows are shared, so that examples must be told apart.
 * @returns The batch.
 */
export function batchOf(
  rows: readonly Row[],
  size: number,
  packing: boolean,
): Batch {
  const length = rows[0]!.tokens.length;
  const joined = (
    pick: (row: Row) => Int32Array,
    missing: number,
  ): wf.I32 => {
    const all = new Int32Array(size * length).fill(missing);
    rows.forEach((row, k) => all.set(pick(row), k * length));
    return wf.tensor(all, { shape: [size, length] });
  };
  const filling = rows[0]!.tokens[0]!;
  return {
    tokens: joined(({ tokens }) => tokens, filling),
    targets: joined(({ targets }) => targets, IGNORED),
    ...(packing ? { segments: joined(({ segments }) => segments, 0) } : {}),
  };
}
