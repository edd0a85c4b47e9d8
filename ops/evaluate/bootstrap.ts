/**
 * Bootstrap intervals: which rows to draw, and what the draws say.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { quantileOf } from "./quantile.ts";

/** A value and the interval around it. */
export interface Interval {
  /** The value on the data themselves. */
  readonly value: number;
  /** Lower end of the interval. */
  readonly lower: number;
  /** Upper end of the interval. */
  readonly upper: number;
}

/** Schema of a value with its interval. */
export const INTERVAL: z.ZodType<Interval> = z.object({
  value: z.number(),
  lower: z.number(),
  upper: z.number(),
});

/** How rows are drawn. */
export interface BootstrapOptions {
  /** How many samples are drawn. */
  readonly resamples: number;
  /** Rows of a block, which stay together: 1 draws every row by itself. */
  readonly blockLength: number;
  /** Seed of the draws. */
  readonly seed: number;
}

/**
 * Draws rows with replacement in blocks that wrap around at the end (Politis
 * and Romano's circular block bootstrap, 1992).
 *
 * @param rows How many rows there are.
 * @param options How rows are drawn.
 * @returns For each sample the indices of as many rows as there are.
 *
 * @example
 * ```ts
 * import { bootstrapRows } from "@weft/weft/ops/evaluate";
 *
 * const options = { resamples: 2, blockLength: 3, seed: 0 };
 * for await (const rows of bootstrapRows(6, options)) console.log(rows);
 * // [5, 0, 1, 1, 2, 3], then [0, 1, 2, 5, 0, 1]
 * ```
 */
export async function* bootstrapRows(
  rows: number,
  { resamples, blockLength, seed }: BootstrapOptions,
): AsyncGenerator<Int32Array> {
  const blocks = Math.ceil(rows / blockLength);
  const key = wf.random.key(seed);
  for (let sample = 0; sample < resamples; sample++) {
    const starts = await wf.random.randint(
      wf.random.foldIn(key, sample),
      [blocks],
      { low: 0, high: rows },
    ).data();
    yield Int32Array.from(
      { length: rows },
      (_, index) =>
        (starts[Math.floor(index / blockLength)]! + index % blockLength) % rows,
    );
  }
}

/**
 * The percentile interval of bootstrap values.
 *
 * @param value The value on the data themselves.
 * @param samples The values on the resampled data.
 * @param level Coverage, between 0 and 1.
 * @returns The value with the interval's ends.
 *
 * @example
 * ```ts
 * import { intervalOf } from "@weft/weft/ops/evaluate";
 *
 * const samples = Array.from({ length: 101 }, (_, index) => index / 100);
 * console.log(intervalOf(0.5, samples, 0.5)); // { value: 0.5, lower: 0.25, upper: 0.75 }
 * ```
 */
export function intervalOf(
  value: number,
  samples: readonly number[],
  level: number,
): Interval {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    value,
    lower: quantileOf(sorted, (1 - level) / 2),
    upper: quantileOf(sorted, (1 + level) / 2),
  };
}

/**
 * The mean of a series with a percentile interval from a circular block
 * bootstrap (Politis and Romano, 1992).
 *
 * Input: `x`, f64 `["n"]`, finite, for example losses by day. Params:
 * `resamples` (default 1000), `level` (0.95), `blockLength` in rows (default
 * 1, which is right for independent rows only; about `n^(1/3)` is a usual
 * choice for series) and `seed` (0).
 *
 * @example
 * ```ts
 * import { bootstrapMean } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { mean } = await bootstrapMean.run({
 *   x: wf.tensor([1, 2, 3, 4], { dtype: "f64" }),
 * });
 * console.log(mean.value, mean.lower >= 1, mean.upper <= 4); // 2.5 true true
 * ```
 */
export const bootstrapMean: Op<
  { x: F64 },
  {
    resamples?: number | undefined;
    level?: number | undefined;
    blockLength?: number | undefined;
    seed?: number | undefined;
  },
  { mean: Interval }
> = op({
  name: "evaluate/bootstrapMean",
  version: "1",
  doc: "The mean of a series with a bootstrap interval",
  inputs: { x: port.tensor("f64", ["n"]) },
  params: z.object({
    resamples: z.int().min(1).max(100_000).default(1000),
    level: z.number().gt(0).lt(1).default(0.95),
    blockLength: z.int().positive().default(1),
    seed: z.int().nonnegative().default(0),
  }),
  outputs: { mean: port.value(INTERVAL) },
  run: async ({ x }, params, { signal }) => {
    const values = await x.data();
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (values.length === 0 || bad >= 0) {
      throw new DataError(
        "Cannot bootstrap the mean as the series is empty or not finite",
        {
          expected: "at least one finite number",
          actual: values.length === 0
            ? "no rows"
            : `${values[bad]} in row ${bad}`,
        },
      );
    }
    const meanAt = (rows: Int32Array) =>
      rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;
    const samples: number[] = [];
    for await (const rows of bootstrapRows(values.length, params)) {
      signal.throwIfAborted();
      samples.push(meanAt(rows));
    }
    const all = Int32Array.from(values, (_, row) => row);
    return { mean: intervalOf(meanAt(all), samples, params.level) };
  },
});
