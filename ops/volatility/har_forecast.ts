/**
 * Walk-forward variance forecasts by the heterogeneous autoregression.
 *
 * @module
 */

import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import { SPLITS, type Splits } from "../splits.ts";
import { firstKnownRow, readSeries } from "./checks.ts";
import {
  HAR_ROWS,
  type HarFit,
  harFitSchema,
  harForecasts,
  harRows,
} from "./har_rv.ts";
import { leastSquares } from "./least_squares.ts";
import { checkSplits, requireHistory } from "./splits.ts";
import { rowsFrom } from "./windows.ts";

/** Params of {@linkcode harForecast}. */
export interface HarForecastParams {
  /** Regress log variance on means of log variances; true. */
  readonly log?: boolean;
  /**
   * Replace a forecast outside of the range of the training variances by their
   * mean; true.
   */
  readonly insanityFilter?: boolean;
}

/** The regression of one split. */
export interface HarSplitFit {
  /** First row of the training window. */
  readonly trainStart: number;
  /** Row after the last one of the training window. */
  readonly trainEnd: number;
  /** The regression; coefficients: constant, day, week, month. */
  readonly fit: HarFit;
  /** How many forecasts of this split the insanity filter replaced. */
  readonly replaced: number;
}

const splitFitSchema: z.ZodType<HarSplitFit> = z.object({
  trainStart: z.number().int(),
  trainEnd: z.number().int(),
  fit: harFitSchema,
  replaced: z.number().int(),
});

/**
 * One-day-ahead variance forecasts by {@linkcode harRv}, fitted anew for each
 * split to the rows of its training window (whose regressors may reach up to 22
 * rows before it) and applied to each test row with all variances known before
 * that row.
 *
 * In logs a forecast is `exp(μ + s²/2)`, the mean of a log-normal variance. The
 * insanity filter (T. Bollerslev, A. Patton, R. Quaedvlieg, "Exploiting the
 * Errors", 2016) keeps forecasts between the least and the greatest variance of
 * the training rows; what leaves this range becomes their mean, so that no
 * forecast is negative.
 *
 * Inputs: `variance` [t], positive, NaN only at the start; `splits`. Params
 * `log` (true), `insanityFilter` (true). Outputs `forecast` [t]: row t is for row t
 * from rows before it, NaN outside of the test windows; `fits`, one for each
 * split. Throws a `DataError` for NaN, values that are not positive, bad splits;
 * a `ParameterError` for a training window of fewer than 5 usable rows.
 *
 * @example
 * ```ts
 * import { harForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const days = Float64Array.from({ length: 120 }, (_, t) => 1 + Math.sin(t * t) ** 2);
 * const splits = [{ trainStart: 0, trainEnd: 90, testStart: 90, testEnd: 120 }];
 * const { forecast } = await harForecast.run({ variance: wf.tensor(days), splits });
 * console.log((await forecast.data()).slice(90)); // [1.387…, 1.356…, …]
 * ```
 */
export const harForecast: Op<
  { variance: F64; splits: Splits },
  HarForecastParams,
  { forecast: F64; fits: readonly HarSplitFit[] }
> = op({
  name: "volatility/harForecast",
  version: "1",
  doc: "Walk-forward variance forecasts by the heterogeneous autoregression",
  causal: true,
  inputs: {
    variance: port.tensor("f64", ["t"], { doc: "Variance of each day" }),
    splits: port.value(SPLITS, { doc: "Walk-forward splits" }),
  },
  params: z.object({
    log: z.boolean().default(true),
    insanityFilter: z.boolean().default(true),
  }),
  outputs: {
    forecast: port.tensor("f64", ["t"], {
      doc: "Variance forecast of each test row",
    }),
    fits: port.value(z.array(splitFitSchema), {
      doc: "The regression of each split",
    }),
  },
  run: async ({ variance, splits }, { log, insanityFilter }, ctx) => {
    const values = await readSeries(variance, {
      name: "variance",
      sign: "positive",
      leadingNaN: true,
    });
    checkSplits(splits, values.length);
    const first = firstKnownRow(values);
    requireHistory(splits, first, HAR_ROWS);
    const usable = first + HAR_ROWS; // The row that the first regressors are for
    const { design, target } = harRows(rowsFrom(variance, first), log);
    await wf.realize(design, target);

    const forecast = new Float64Array(values.length).fill(NaN);
    const fits: HarSplitFit[] = [];
    for (
      const [index, { trainStart, trainEnd, testStart, testEnd }] of splits
        .entries()
    ) {
      ctx.signal.throwIfAborted();
      const start = Math.max(trainStart, usable);
      const train = [
        start - usable,
        Math.max(trainEnd, start) - usable,
      ] as const;
      const regression = await leastSquares(
        wf.slice(design, [...train]),
        wf.slice(target, [...train]),
      );
      const fit = { ...regression, log };
      const test = wf.slice(design, [testStart - usable, testEnd - usable]);
      const ahead = await harForecasts(fit, test).data();
      const keep = insanityFilter
        ? saneRange(values.subarray(start, trainEnd))
        : undefined;
      let replaced = 0;
      ahead.forEach((value, offset) => {
        const sane = keep === undefined ||
          (value >= keep.least && value <= keep.greatest);
        if (!sane) replaced++;
        forecast[testStart + offset] = sane ? value : keep.mean;
      });
      fits.push({ trainStart, trainEnd, fit, replaced });
      ctx.progress((index + 1) / splits.length);
    }
    return { forecast: wf.tensor(forecast), fits };
  },
});

function saneRange(
  values: Float64Array,
): { least: number; greatest: number; mean: number } {
  return {
    least: values.reduce((least, value) => Math.min(least, value), Infinity),
    greatest: values.reduce((greatest, value) => Math.max(greatest, value), 0),
    mean: meanOf(values),
  };
}
