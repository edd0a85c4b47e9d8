/**
 * Bootstrap samples of rows that depend on one another: by blocks of
 * neighbours, by clusters such as days, or by blocks of clusters.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { bootstrapRows } from "./bootstrap.ts";

/**
 * How blocks are laid: `circular` ones wrap around at the end (Politis and
 * Romano, 1992), `moving` ones do not (Künsch, 1989), `stationary` ones wrap
 * around and have geometric lengths (Politis and Romano, 1994).
 */
export type BlockMethod = "circular" | "moving" | "stationary";

/** How samples are drawn. */
export interface ResampleOptions {
  /** How many samples are drawn. */
  readonly resamples: number;
  /** How blocks are laid. */
  readonly method: BlockMethod;
  /** Length of a block (its mean for `stationary`), in rows or, where there are clusters, in clusters. */
  readonly blockLength: number;
  /** Seed of the draws. */
  readonly seed: number;
}

/** Params of ops that draw samples, and how many of which coverage. */
export type IntervalParams = {
  /** How many samples are drawn; 500. */
  resamples?: number | undefined;
  /** Coverage of the intervals; 0.95. */
  level?: number | undefined;
  /** How blocks are laid; "circular". */
  method?: BlockMethod | undefined;
  /** Length of a block in rows, or in clusters where there are some; 1. */
  blockLength?: number | undefined;
  /** Seed of the draws; 0. */
  seed?: number | undefined;
};

/** Schemas of {@linkcode IntervalParams}, to spread into an op's params. */
export const INTERVAL_PARAMS: {
  readonly resamples: z.ZodDefault<z.ZodInt>;
  readonly level: z.ZodDefault<z.ZodNumber>;
  readonly method: z.ZodDefault<
    z.ZodEnum<
      { circular: "circular"; moving: "moving"; stationary: "stationary" }
    >
  >;
  readonly blockLength: z.ZodDefault<z.ZodInt>;
  readonly seed: z.ZodDefault<z.ZodInt>;
} = {
  resamples: z.int().min(1).max(100_000).default(500),
  level: z.number().gt(0).lt(1).default(0.95),
  method: z.enum(["circular", "moving", "stationary"]).default("circular"),
  blockLength: z.int().positive().default(1),
  seed: z.int().nonnegative().default(0),
};

/** Blocks that stay inside of the series. */
async function* movingUnits(
  units: number,
  { resamples, blockLength, seed }: ResampleOptions,
): AsyncGenerator<Int32Array> {
  const blocks = Math.ceil(units / blockLength);
  const key = wf.random.key(seed);
  for (let sample = 0; sample < resamples; sample++) {
    const starts = await wf.random.randint(
      wf.random.foldIn(key, sample),
      [blocks],
      { low: 0, high: units - blockLength + 1 },
    ).data();
    yield Int32Array.from(
      { length: units },
      (_, index) =>
        starts[Math.floor(index / blockLength)]! + index % blockLength,
    );
  }
}

/** Blocks of geometric length: at each row a new one begins with probability 1 / length. */
async function* stationaryUnits(
  units: number,
  { resamples, blockLength, seed }: ResampleOptions,
): AsyncGenerator<Int32Array> {
  const key = wf.random.key(seed);
  for (let sample = 0; sample < resamples; sample++) {
    const own = wf.random.foldIn(key, sample);
    const [starts, ends] = await wf.read(
      wf.random.randint(wf.random.foldIn(own, 0), [units], {
        low: 0,
        high: units,
      }),
      wf.random.uniform(wf.random.foldIn(own, 1), [units], { dtype: "f64" }),
    );
    let before = -1;
    yield Int32Array.from(starts, (start, index) => {
      const begins = index === 0 || ends[index]! < 1 / blockLength;
      before = begins ? start : (before + 1) % units;
      return before;
    });
  }
}

function drawUnits(
  units: number,
  options: ResampleOptions,
): AsyncGenerator<Int32Array> {
  const { blockLength, method } = options;
  if (method === "moving" && blockLength > units) {
    throw new ParameterError(
      `Cannot draw moving blocks of ${blockLength} as there are only ${units} rows or clusters`,
      { expected: `"blockLength" from 1 to ${units}` },
    );
  }
  switch (method) {
    case "circular":
      return bootstrapRows(units, options);
    case "moving":
      return movingUnits(units, options);
    case "stationary":
      return stationaryUnits(units, options);
  }
}

/**
 * The rows of each cluster, clusters in order of their first row.
 *
 * @param clusters A number for each row; rows of one number belong together.
 * @returns For each cluster its rows.
 */
export function rowsByCluster(clusters: ArrayLike<number>): number[][] {
  const found = new Map<number, number[]>();
  for (let row = 0; row < clusters.length; row++) {
    const rows = found.get(clusters[row]!);
    if (rows === undefined) found.set(clusters[row]!, [row]);
    else rows.push(row);
  }
  return [...found.values()];
}

/**
 * Draws samples of rows with replacement. Where there are clusters, whole
 * clusters are drawn (and their blocks laid in the order in which they first
 * occur), so that samples may have more or fewer rows than the data.
 *
 * @param rows How many rows there are.
 * @param options How samples are drawn.
 * @param clusters A number for each row; rows of one number stay together.
 * @returns For each sample the indices of its rows.
 * @throws {ParameterError} If moving blocks are longer than the data.
 *
 * @example
 * ```ts
 * import { resampledRows } from "@weft/weft/ops/evaluate";
 *
 * const days = [0, 0, 1, 2, 2];
 * const options = { resamples: 1, method: "circular", blockLength: 1, seed: 0 } as const;
 * for await (const rows of resampledRows(5, options, days)) console.log(rows);
 * // Three days with all of their rows
 * ```
 */
export async function* resampledRows(
  rows: number,
  options: ResampleOptions,
  clusters?: ArrayLike<number>,
): AsyncGenerator<Int32Array> {
  if (clusters === undefined) {
    yield* drawUnits(rows, options);
    return;
  }
  const groups = rowsByCluster(clusters);
  for await (const units of drawUnits(groups.length, options)) {
    yield Int32Array.from(Array.from(units).flatMap((unit) => groups[unit]!));
  }
}
