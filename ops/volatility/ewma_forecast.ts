/**
 * Walk-forward variance forecasts by exponentially weighted moving averages.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { SPLITS, type Splits } from "../splits.ts";
import { firstKnownRow, readSeries } from "./checks.ts";
import { ewmaPath } from "./ewma.ts";
import { checkSplits, requireHistory } from "./splits.ts";
import { meanOfRows, rowsFrom } from "./windows.ts";

/** Params of {@linkcode ewmaForecast}. */
export interface EwmaForecastParams {
  /** The decay λ, between 0 and 1; 0.94. */
  readonly decay?: number;
  /** Known rows whose mean square starts the average; 20. */
  readonly warmUp?: number;
}

/** What one split used. */
export interface EwmaSplitFit {
  /** First row of the training window. */
  readonly trainStart: number;
  /** Row after the last one of the training window. */
  readonly trainEnd: number;
  /** The decay λ: given, not fitted. */
  readonly decay: number;
}

const fitSchema: z.ZodType<EwmaSplitFit> = z.object({
  trainStart: z.number().int(),
  trainEnd: z.number().int(),
  decay: z.number(),
});

/**
 * One-day-ahead variance forecasts by the average `vₜ = λ vₜ₋₁ + (1 − λ) xₜ₋₁`,
 * where x are variances of days, or squared returns. Nothing is fitted: the
 * average starts at the mean of the first known rows and runs through.
 *
 * Inputs: `variance` [t] or `returns` [t], one of the two, NaN only at the
 * start; `splits`. Params `decay` (0.94), `warmUp` (20). Outputs `forecast` [t],
 * in units of the variance: row t is for row t from rows before it, NaN outside of
 * the test windows; `fits`, one for each split. Throws a `ParameterError` for
 * none or both series, a `DataError` for NaN within them, bad splits, or a test
 * that starts before the warm-up ends.
 *
 * @example
 * ```ts
 * import { ewmaForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const returns = wf.tensor(Float64Array.from({ length: 60 }, (_, t) => Math.sin(t * t)));
 * const splits = [{ trainStart: 0, trainEnd: 40, testStart: 40, testEnd: 60 }];
 * const { forecast } = await ewmaForecast.run({ returns, splits });
 * console.log((await forecast.data()).slice(40)); // [0.474…, 0.484…, …]
 * ```
 */
export const ewmaForecast: Op<
  { variance?: F64; returns?: F64; splits: Splits },
  EwmaForecastParams,
  { forecast: F64; fits: readonly EwmaSplitFit[] }
> = op({
  name: "volatility/ewmaForecast",
  version: "1",
  doc:
    "Walk-forward variance forecasts by exponentially weighted moving averages",
  causal: true,
  inputs: {
    variance: port.optional(
      port.tensor("f64", ["t"], { doc: "Variance of each day" }),
    ),
    returns: port.optional(
      port.tensor("f64", ["t"], { doc: "Return of each day" }),
    ),
    splits: port.value(SPLITS, { doc: "Walk-forward splits" }),
  },
  params: z.object({
    decay: z.number().gt(0).lt(1).default(0.94),
    warmUp: z.number().int().min(1).default(20),
  }),
  outputs: {
    forecast: port.tensor("f64", ["t"], {
      doc: "Variance forecast of each test row",
    }),
    fits: port.value(z.array(fitSchema), { doc: "What each split used" }),
  },
  run: async ({ variance, returns, splits }, { decay, warmUp }) => {
    const series = variance ?? returns;
    if (
      series === undefined || (variance !== undefined && returns !== undefined)
    ) {
      throw new ParameterError(
        'Cannot choose between "variance" and "returns"',
        {
          expected: "one of the two",
          actual: series === undefined ? "neither" : "both",
        },
      );
    }
    const values = await readSeries(series, {
      leadingNaN: true,
      ...(variance === undefined
        ? { name: "returns" }
        : { name: "variance", sign: "non-negative" }),
    });
    checkSplits(splits, values.length);
    const first = firstKnownRow(values);
    requireHistory(splits, first, warmUp);
    const known = rowsFrom(variance ?? wf.square(series), first);
    const initial = meanOfRows(wf.slice(known, [0, warmUp]));
    const path = await ewmaPath(rowsFrom(known, warmUp), decay, initial)
      .variance.data();
    const forecast = new Float64Array(values.length).fill(NaN);
    for (const { testStart, testEnd } of splits) {
      for (let row = testStart; row < testEnd; row++) {
        forecast[row] = path[row - first - warmUp] as number;
      }
    }
    return {
      forecast: wf.tensor(forecast),
      fits: splits.map(({ trainStart, trainEnd }) => ({
        trainStart,
        trainEnd,
        decay,
      })),
    };
  },
});
