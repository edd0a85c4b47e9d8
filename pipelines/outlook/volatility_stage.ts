/**
 * The volatility stage: walk-forward forecasts of daily variance by six models
 * and a debiased one, up to the coming day, and their losses. One of the models is a
 * chain: a numeric forecast of the price, its correction by a Gaussian process, and a
 * censored process of returns that reads the move to the corrected price.
 *
 * @module
 */

import { map, type Output } from "../../runtime/flow/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { debiasForecast } from "../../ops/debias/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import { forecastMoves, refitOften, rootOf } from "../volatility/small_ops.ts";
import { comingDay, comingRow, firstKnown } from "./coming_day.ts";
import {
  censoredReturnForecast,
  correctedPrice,
  egarchForecast,
  ewmaForecast,
  garchForecast,
  gpForecast,
  harForecast,
  mse,
  numericForecast,
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
  /** Moves from the last close to the corrected price, f64 `["t+1", 1]`. */
  readonly moves: Output<F64>;
}

/** Rows that the numeric forecaster of prices looks back on. */
const DRIFT_ROWS = 120;

/**
 * Wires the first two links of the chain: prices forecast by their drift, and the
 * forecasts corrected by a Gaussian process.
 *
 * @param close Closes, f64 `["t"]`.
 * @param windows Walk-forward windows up to the coming day.
 * @param settings The settings of the outlook.
 * @returns The move from the last close to the price forecast, corrected in the test
 * windows and as it is before, up to the coming day, f64 `["t+1", 1]`.
 */
export function correctedMoves(
  close: Output<F64>,
  windows: Pick<VolatilityInputs, "returns" | "splits" | "variance">,
  settings: Settings,
): Output<F64> {
  const size = SIZES[settings.size];
  const prices = comingRow({ x: close }).y;
  const { splits } = comingDay(windows);
  const numeric = numericForecast({ prices }, { window: DRIFT_ROWS });
  const { forecast } = numeric;
  const { corrected } = correctedPrice({ prices, forecast, splits }, {
    trainRows: size.processRows,
    starts: size.processStarts,
    maxIterations: size.processIterations,
    seed: settings.seed,
  });
  return forecastMoves({
    close: prices,
    forecast: firstKnown({ x: corrected, otherwise: forecast }).y,
  }).moves;
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
  const { moves, ...days } = inputs;
  const { measured, variance, returns, splits } = comingDay(days);
  const often = refitOften({ series: variance, splits }, {
    every: size.censoredDays,
  });
  const smooth = ewmaForecast({ variance, splits: often.whole }, {
    decay: settings.decay,
  });
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
      distribution: "studentT",
    }).forecast,
    egarch: egarchForecast({ returns, variance, splits }).forecast,
    censored: censoredReturnForecast({
      returns,
      variance,
      ahead: moves,
      scale: rootOf({ x: smooth.forecast }).y,
      splits: often.splits,
    }, {
      trainRows: size.censoredRows,
      maxIterations: size.processIterations,
      seed: settings.seed,
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
