/**
 * The volatility stage: walk-forward forecasts of daily variance by four
 * models and a debiased one, up to the coming day, and their losses.
 *
 * @module
 */

import { map, type Output } from "../../runtime/flow/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { debiasForecast } from "../../ops/debias/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import { comingDay } from "./coming_day.ts";
import {
  ewmaForecast,
  garchForecast,
  gpForecast,
  harForecast,
  mse,
  qlike,
  scoreForecasts,
} from "../../ops/volatility/mod.ts";
import { type Settings, SIZES } from "./settings.ts";

/** The model that the others are compared with. */
export const VOLATILITY_BASELINE = "ewma";

/** Coverage of the Gaussian process's band. */
export const BAND_LEVEL = 0.9;

/** What the volatility stage reads. */
export interface VolatilityInputs {
  /** Daily variance as measured, f64 `["t"]`. */
  readonly variance: Output<F64>;
  /** Daily log returns, f64 `["t"]`. */
  readonly returns: Output<F64>;
  /** Walk-forward windows. */
  readonly splits: Output<Splits>;
}

/**
 * Wires the volatility stage.
 *
 * @param inputs Variance, returns and windows.
 * @param settings The settings of the outlook.
 * @returns The measured series and the forecasts by model, both with a row for
 * the coming day; the band, the losses and their table.
 */
// deno-lint-ignore explicit-module-boundary-types -- the type is the wiring
export function volatilityStage(inputs: VolatilityInputs, settings: Settings) {
  const size = SIZES[settings.size];
  const { measured, variance, returns, splits } = comingDay(inputs);
  const process = gpForecast({ variance, splits }, {
    trainRows: size.processRows,
    starts: size.processStarts,
    maxIterations: size.processIterations,
    level: BAND_LEVEL,
    seed: settings.seed,
  });
  const forecasts = {
    ewma: ewmaForecast({ variance, splits }, { decay: settings.decay })
      .forecast,
    garch: garchForecast({ returns, variance, splits }, {
      distribution: size.distribution,
    }).forecast,
    gp: process.forecast,
    gpRecalibrated: debiasForecast(
      { variance, forecast: process.forecast, splits },
      { method: "mincerZarnowitz", minimumSlope: 0.5 },
    ).forecast,
    har: harForecast({ variance, splits }, {
      // The filter falls back to the mean just when volatility is at its highest
      insanityFilter: false,
    }).forecast,
  };
  const models = Object.keys(forecasts) as (keyof typeof forecasts)[];
  const losses = {
    qlike: map(
      models,
      (model) =>
        qlike({ variance: measured, forecast: forecasts[model] }, {
          missing: "drop",
        }),
    ),
    mse: map(
      models,
      (model) =>
        mse({ variance: measured, forecast: forecasts[model] }, {
          missing: "drop",
        }),
    ),
  };
  const table = scoreForecasts({ variance: measured, forecasts }, {
    baseline: VOLATILITY_BASELINE,
    losses: ["qlike", "mse"],
    missing: "drop",
  }).table;
  return { measured, forecasts, band: process, losses, table };
}
