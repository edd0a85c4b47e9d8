/**
 * Mean losses with the intervals that say how sure they are.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import {
  INTERVAL,
  type Interval,
  intervalOf,
  resampledRows,
} from "../../ops/evaluate/mod.ts";
import { LOSSES } from "../../ops/volatility/losses.ts";
import type { LossName } from "../../ops/volatility/mod.ts";

/** Days that are drawn together, a month: losses depend on their neighbours. */
export const BLOCK_DAYS = 21;

/** Samples that an interval comes from. */
const RESAMPLES = 500;

/** Coverage of the intervals. */
const INTERVAL_LEVEL = 0.95;

/** Intervals by loss, then by model. */
export type LossIntervals = Readonly<
  Record<string, Readonly<Record<string, Interval>>>
>;

/** Schema of {@linkcode LossIntervals}. */
export const LOSS_INTERVALS: z.ZodType<LossIntervals> = z.record(
  z.string(),
  z.record(z.string(), INTERVAL),
);

/**
 * Mean losses of forecasts, each with a 95 % interval from a circular block
 * bootstrap. All are of the rows on which the truth and every forecast are
 * known, and all intervals come from the same draws.
 *
 * @throws {DataError} Where no row is left.
 */
export const lossIntervals: Op<
  { truth: F64; forecasts: Record<string, F64> },
  { losses: readonly LossName[]; seed: number },
  { intervals: LossIntervals }
> = op({
  name: "volatility/lossIntervals",
  version: "1",
  doc: "Mean losses with intervals from a block bootstrap",
  inputs: {
    truth: port.tensor("f64", ["t"]),
    forecasts: port.record(port.tensor("f64", ["t"])),
  },
  params: z.object({
    losses: z.array(z.enum(["qlike", "mse", "mae"])).min(1).readonly(),
    seed: z.int().nonnegative(),
  }),
  outputs: { intervals: port.value(LOSS_INTERVALS) },
  run: async ({ truth, forecasts }, { losses, seed }, { signal }) => {
    const actual = await truth.data();
    const models = await Promise.all(
      Object.entries(forecasts).map(async ([name, forecast]) =>
        [name, await forecast.data()] as const
      ),
    );
    const rows = Array.from(actual.keys()).filter((row) =>
      !Number.isNaN(actual[row]) &&
      models.every(([, forecast]) => !Number.isNaN(forecast[row]))
    );
    if (rows.length === 0) {
      throw new DataError("Cannot score forecasts as no row is left", {
        expected: "rows on which the truth and all forecasts are known",
      });
    }
    const series = losses.flatMap((loss) =>
      models.map(([model, forecast]) => ({
        loss,
        model,
        values: Float64Array.from(
          rows,
          (row) => LOSSES[loss](actual[row]!, forecast[row]!),
        ),
        means: [] as number[],
      }))
    );
    const draws = resampledRows(rows.length, {
      resamples: RESAMPLES,
      method: "circular",
      blockLength: BLOCK_DAYS,
      seed,
    });
    for await (const picks of draws) {
      signal.throwIfAborted();
      for (const { values, means } of series) means.push(meanAt(values, picks));
    }
    const every = Int32Array.from(rows.keys());
    const intervals: Record<string, Record<string, Interval>> = {};
    for (const { loss, model, values, means } of series) {
      const own = intervals[loss] ??= {};
      own[model] = intervalOf(meanAt(values, every), means, INTERVAL_LEVEL);
    }
    return { intervals };
  },
});

function meanAt(values: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (let at = 0; at < rows.length; at++) sum += values[rows[at]!]!;
  return sum / rows.length;
}
