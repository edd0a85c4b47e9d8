/**
 * Walk-forward variance forecasts by EGARCH(1,1).
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
import { fitEgarch } from "./egarch_fit.ts";
import {
  type EgarchParameters,
  egarchParametersSchema,
  egarchPath,
} from "./egarch_model.ts";
import { levelOf, readGarchSeries, trainingReturns } from "./garch_windows.ts";

/** The fit of one split. */
export interface EgarchSplitFit {
  /** First row of the training window. */
  readonly trainStart: number;
  /** Row after the last one of the training window. */
  readonly trainEnd: number;
  /** The estimates, in units of the returns. */
  readonly parameters: EgarchParameters;
  /** The log likelihood of the training rows. */
  readonly logLikelihood: number;
  /** Whether the search converged. */
  readonly converged: boolean;
  /** What forecasts were multiplied by; 1 without `variance`. */
  readonly level: number;
  /** How many forecasts of this split were kept from running away. */
  readonly bounded: number;
}

const splitFitSchema: z.ZodType<EgarchSplitFit> = z.object({
  trainStart: z.number().int(),
  trainEnd: z.number().int(),
  parameters: egarchParametersSchema,
  logLikelihood: z.number(),
  converged: z.boolean(),
  level: z.number(),
  bounded: z.number().int(),
});

/** Params of {@linkcode egarchForecast}. */
export interface EgarchForecastParams {
  /** Most iterations a start; 300. */
  readonly maxIterations?: number | undefined;
  /** Whether γ ≥ |α| and 0 < β < 1 are kept to, see {@linkcode egarch11}; true. */
  readonly invertible?: boolean | undefined;
}

/** How far forecasts may leave the range of the training rows' variances. */
const ROOM = 10;

/**
 * One-day-ahead variance forecasts by {@linkcode egarch11}, fitted anew to the
 * training window of each split and updated every day, as `garchForecast` does
 * it for GARCH(1,1): with the parameters of the split the recursion runs from
 * the first training row through the test rows. Fits keep to the parameters whose
 * recursion forgets where it began, see `egarch11`; with `invertible: false` they
 * run away on short windows. Either way forecasts are kept between a tenth of the
 * least and ten times the greatest fitted variance.
 *
 * Inputs: `returns` [t], NaN only at the start; optional `variance` [t], whose
 * mean over the training rows sets the level; `splits`. Params: see
 * {@linkcode EgarchForecastParams}. Outputs `forecast` [t], NaN outside of the test
 * windows; `fits`, one for each split. Throws a `DataError` for NaN, bad splits, or
 * a training window of fewer than 50 known returns.
 *
 * @example
 * ```ts
 * import { egarchForecast } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const returns = Float64Array.from({ length: 120 }, (_, t) => Math.sin(t * t) * (1 + t % 7));
 * const splits = [{ trainStart: 0, trainEnd: 100, testStart: 100, testEnd: 120 }];
 * const { forecast } = await egarchForecast.run({ returns: wf.tensor(returns), splits });
 * console.log((await forecast.data()).slice(100).every((value) => value > 0)); // true
 * ```
 */
export const egarchForecast: Op<
  { returns: F64; variance?: F64; splits: Splits },
  EgarchForecastParams,
  { forecast: F64; fits: readonly EgarchSplitFit[] }
> = op({
  name: "volatility/egarchForecast",
  version: "2",
  doc:
    "Walk-forward variance forecasts by EGARCH(1,1), refitted a split, updated daily",
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
    maxIterations: z.number().int().min(1).default(300),
    invertible: z.boolean().default(true),
  }),
  outputs: {
    forecast: port.tensor("f64", ["t"], {
      doc: "Variance forecast of each test row",
    }),
    fits: port.value(z.array(splitFitSchema), { doc: "The fit of each split" }),
  },
  run: async ({ returns, variance, splits }, params, ctx) => {
    const series = await readGarchSeries(returns, variance, splits);
    const forecast = new Float64Array(series.returns.length).fill(NaN);
    const fits: EgarchSplitFit[] = [];
    for (const [index, split] of splits.entries()) {
      const { trainStart, trainEnd, testStart, testEnd } = split;
      const { start, train } = trainingReturns(series, split, {
        name: "EGARCH(1,1)",
        split: index,
      });
      const fit = await fitEgarch(train, {
        ...params,
        errors: false,
        signal: ctx.signal,
      });
      const { mu, omega, alpha, beta, gamma } = fit.parameters;
      const { logVariance } = egarchPath(
        wf.expandDims(wf.slice(returns, [start, testEnd]), 1),
        wf.tensor(Float64Array.of(mu, omega, alpha, beta, gamma), {
          shape: [5, 1],
        }),
        fit.initialVariance,
      );
      const path = await wf.exp(wf.slice(logVariance, null, 0)).data();
      const fitted = path.subarray(0, train.length);
      const level = levelOf(series, start, fitted);
      const least = fitted.reduce((a, b) => Math.min(a, b)) / ROOM;
      const most = fitted.reduce((a, b) => Math.max(a, b)) * ROOM;
      let bounded = 0;
      for (let row = testStart; row < testEnd; row++) {
        const ahead = path[row - start] as number;
        // Not a number where both ends of the range were overrun at once.
        const kept = Number.isNaN(ahead)
          ? most
          : Math.min(Math.max(ahead, least), most);
        if (kept !== ahead) bounded++;
        forecast[row] = level * kept;
      }
      for (const warning of fit.warnings) {
        ctx.log(`EGARCH(1,1), split ${index}: ${warning}`);
      }
      fits.push({
        trainStart,
        trainEnd,
        parameters: fit.parameters,
        logLikelihood: fit.logLikelihood,
        converged: fit.converged,
        level,
        bounded,
      });
      ctx.progress((index + 1) / splits.length);
    }
    return { forecast: wf.tensor(forecast), fits };
  },
});
