/**
 * Walk-forward variance forecasts by GARCH(1,1).
 *
 * @module
 */

import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { SPLITS, type Splits } from "../splits.ts";
import { filterGarch } from "./garch11.ts";
import { fitGarch } from "./garch_fit.ts";
import {
  type GarchDistribution,
  type GarchParameters,
  garchParametersSchema,
  MOST_STARTS,
} from "./garch_parameters.ts";
import { levelOf, readGarchSeries, trainingReturns } from "./garch_windows.ts";

/** Params of {@linkcode garchForecast}. */
export interface GarchForecastParams {
  /** The distribution of standardised residuals: "normal" (default) or "studentT". */
  readonly distribution?: GarchDistribution;
  /** Starting points of each fit beside the fit before, 1 to 4; 3. */
  readonly starts?: number;
}

/** The fit of one split. */
export interface GarchSplitFit {
  /** First row of the training window. */
  readonly trainStart: number;
  /** Row after the last one of the training window. */
  readonly trainEnd: number;
  /** The estimates, in units of the returns. */
  readonly parameters: GarchParameters;
  /** The log likelihood of the training rows. */
  readonly logLikelihood: number;
  /** Whether the search converged. */
  readonly converged: boolean;
  /** What forecasts were multiplied by; 1 without `variance`. */
  readonly level: number;
  /** What the user should know before trusting the fit. */
  readonly warnings: readonly string[];
}

const splitFitSchema: z.ZodType<GarchSplitFit> = z.object({
  trainStart: z.number().int(),
  trainEnd: z.number().int(),
  parameters: garchParametersSchema,
  logLikelihood: z.number(),
  converged: z.boolean(),
  level: z.number(),
  warnings: z.array(z.string()),
});

/**
 * One-day-ahead variance forecasts by {@linkcode garch11}, fitted anew to the
 * training window of each split and updated every day: with the parameters of
 * the split the recursion runs from the first training row through the test
 * rows. It starts from the mean squared residual of the training rows. Each fit
 * after the first starts from the one before as well as from the usual points.
 *
 * GARCH forecasts the variance of the returns given to it, usually from close to
 * close. If `variance` is another measure (of trading hours, say), wire it: the
 * forecasts are then multiplied by its mean over the training rows divided by the
 * mean of the fitted variances.
 *
 * Inputs: `returns` [t], NaN only at the start; optional `variance` [t], to set
 * the level; `splits`. Params `distribution` ("normal"), `starts` (3). Outputs
 * `forecast` [t]: row t is for row t from rows before it, NaN outside of the test
 * windows; `fits`, one for each split. Throws a `DataError` for NaN, bad splits,
 * or a training window of fewer than 50 known returns.
 *
 * @example
 * ```ts
 * import { garchForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const returns = Float64Array.from({ length: 120 }, (_, t) => Math.sin(t * t) * (1 + t % 7));
 * const splits = [{ trainStart: 0, trainEnd: 100, testStart: 100, testEnd: 120 }];
 * const { forecast } = await garchForecast.run({ returns: wf.tensor(returns), splits });
 * console.log((await forecast.data()).slice(100)); // [10.495…, 10.507…, …]
 * ```
 */
export const garchForecast: Op<
  { returns: F64; variance?: F64; splits: Splits },
  GarchForecastParams,
  { forecast: F64; fits: readonly GarchSplitFit[] }
> = op({
  name: "volatility/garchForecast",
  version: "1",
  doc:
    "Walk-forward variance forecasts by GARCH(1,1), refitted a split, updated daily",
  causal: true,
  inputs: {
    returns: port.tensor("f64", ["t"], { doc: "Return of each day" }),
    variance: port.optional(
      port.tensor("f64", ["t"], {
        doc: "Variance of each day, whose level to match",
      }),
    ),
    splits: port.value(SPLITS, { doc: "Walk-forward splits" }),
  },
  params: z.object({
    distribution: z.enum(["normal", "studentT"]).default("normal"),
    starts: z.number().int().min(1).max(MOST_STARTS).default(3),
  }),
  outputs: {
    forecast: port.tensor("f64", ["t"], {
      doc: "Variance forecast of each test row",
    }),
    fits: port.value(z.array(splitFitSchema), { doc: "The fit of each split" }),
  },
  run: async ({ returns, variance, splits }, { distribution, starts }, ctx) => {
    const series = await readGarchSeries(returns, variance, splits);
    const forecast = new Float64Array(series.returns.length).fill(NaN);
    const fits: GarchSplitFit[] = [];
    for (const [index, split] of splits.entries()) {
      const { trainStart, trainEnd, testStart, testEnd } = split;
      const { start, train } = trainingReturns(series, split, {
        name: "GARCH(1,1)",
        split: index,
      });
      const {
        parameters,
        logLikelihood,
        converged,
        initialVariance,
        warnings,
      } = await fitGarch(
        train,
        {
          distribution,
          stationary: true,
          starts,
          warmStart: fits.at(-1)?.parameters,
          maxIterations: 300,
          errors: false,
          signal: ctx.signal,
        },
      );
      const known = wf.slice(returns, [start, testEnd]);
      const path = await filterGarch(known, parameters, initialVariance)
        .variance.data();
      const level = levelOf(series, start, path.subarray(0, train.length));
      for (let row = testStart; row < testEnd; row++) {
        forecast[row] = level * (path[row - start] as number);
      }
      for (const warning of warnings) {
        ctx.log(`GARCH(1,1), split ${index}: ${warning}`);
      }
      fits.push({
        trainStart,
        trainEnd,
        parameters,
        logLikelihood,
        converged,
        level,
        warnings,
      });
      ctx.progress((index + 1) / splits.length);
    }
    return { forecast: wf.tensor(forecast), fits };
  },
});
