/**
 * All that is forecast and scored for one ticker.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { map, type Node, type Output } from "../../runtime/flow/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { columnToTensor, walkForwardSplits } from "../../ops/data/mod.ts";
import { shuffleRows } from "../../ops/evaluate/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import {
  censoredReturnForecast,
  correctedPrice,
  egarchForecast,
  ewmaForecast,
  garchForecast,
  gpForecast,
  harForecast,
  numericForecast,
  realizedVariance,
  scoreForecasts,
} from "../../ops/volatility/mod.ts";
import { comingDay } from "../outlook/coming_day.ts";
import { lastRows } from "../outlook/last_rows.ts";
import { nestedSplits } from "../outlook/nested_splits.ts";
import type { PriceFinding } from "../outlook/report_schema.ts";
import { wholeDays } from "../outlook/whole_days.ts";
import { dayInputs } from "./day_inputs.ts";
import { impliedForecast } from "./implied_forecast.ts";
import { lossIntervals } from "./loss_intervals.ts";
import type { VolatilitySettings } from "./settings.ts";
import {
  constantForecast,
  forecastMoves,
  lastClose,
  logOf,
  priceOf,
  refitOften,
  rootOf,
} from "./small_ops.ts";
import type { TickerResult } from "./ticker_schema.ts";
import { tickerResult } from "./ticker_result.ts";

const TRADING_DAYS = 252;

/** Simple models that the processes are compared with, one by one. */
const VARIANCE_BASELINES = [
  "constant",
  "ewma",
  "garch",
  "egarch",
  "har",
] as const;

/** What one ticker's stage reads. */
export interface TickerInputs {
  /** Daily prices of the ticker. */
  readonly prices: Output<DataFrame>;
  /** Findings of the reader. */
  readonly findings: Output<readonly PriceFinding[]>;
  /** Implied volatility, columns date and close in per cent a year. */
  readonly implied?: Output<DataFrame> | undefined;
}

/**
 * Wires everything of one ticker: numeric forecast, its correction, censored
 * returns, the models of variance, and their scores.
 *
 * @param ticker Its name in the report.
 * @param inputs Prices and findings.
 * @param settings The settings.
 * @returns The node of its result.
 */
export function tickerStage(
  ticker: string,
  inputs: TickerInputs,
  settings: VolatilitySettings,
): Node<{ result: TickerResult }> {
  const whole = wholeDays(
    { prices: inputs.prices, findings: inputs.findings },
    { volume: false },
  );
  const { frame: prices } = lastRows({ frame: whole.prices }, {
    count: settings.days + 21,
  });
  const day = dayInputs({
    prices,
    variance: realizedVariance({
      open: column(prices, "open"),
      high: column(prices, "high"),
      low: column(prices, "low"),
      close: column(prices, "close"),
    }).variance,
  });
  const { splits: years } = walkForwardSplits({ frame: day.frame }, {
    by: "days",
    window: "rolling",
    trainLength: settings.trainYears * TRADING_DAYS,
    testLength: TRADING_DAYS,
  });
  const { measured, variance, returns, splits } = comingDay({
    variance: day.variance,
    returns: day.returns,
    splits: years,
  });

  const { seed } = settings;
  // The censored process learns from corrections that were out of sample.
  const { splits: nested } = nestedSplits({ splits }, { skip: 1 });
  const chain = (
    series: { close: Output<F64>; variance: Output<F64>; returns: Output<F64> },
  ) => chainForecasts({ ...series, day, splits, nested }, settings);
  const real = chain({ close: day.close, variance, returns });
  const mixedReturns = shuffleRows({ x: returns }, { seed }).y;
  const mixedVariance = shuffleRows({ x: variance }, { seed }).y;
  const mixedClose = priceOf({ close: day.close, returns: mixedReturns }).close;
  const chance = chain({
    close: mixedClose,
    variance: mixedVariance,
    returns: mixedReturns,
  });
  const implied = inputs.implied === undefined ? {} : {
    implied:
      impliedForecast({ implied: inputs.implied, dates: day.dates }).forecast,
  };
  const forecasts = {
    constant: constantForecast({ variance, splits }).forecast,
    ewma: ewmaForecast({ variance, splits }, { decay: settings.decay })
      .forecast,
    garch: garchForecast({ returns, variance, splits }).forecast,
    egarch: egarchForecast({ returns, variance, splits }).forecast,
    har: harForecast({ variance, splits }, { insanityFilter: false }).forecast,
    ...real.variance,
    ...implied,
  };
  const { table: varianceTables } = map(
    VARIANCE_BASELINES,
    (baseline) =>
      scoreForecasts({ variance: measured, forecasts }, {
        baseline,
        losses: ["qlike", "mse"],
        missing: "drop",
      }),
  );
  const last = lastClose({ close: day.close });
  const priceForecasts = {
    lastClose: last.forecast,
    ...real.price,
  };
  const returnForecasts = { zero: last.zero, ...real.return };
  const priceTable = scoreForecasts({
    variance: last.truth,
    forecasts: priceForecasts,
  }, { baseline: "lastClose", losses: ["mae", "mse"], missing: "drop" }).table;
  const returnTable = scoreForecasts({
    variance: last.returns,
    forecasts: returnForecasts,
  }, { baseline: "zero", losses: ["mae", "mse"], missing: "drop" }).table;
  const ofVariance = { losses: ["qlike", "mse"], seed } as const;
  const ofPrice = { losses: ["mae", "mse"], seed } as const;
  const mixedLast = lastClose({ close: mixedClose });
  return tickerResult({
    findings: whole.findings,
    dates: day.dates,
    splits,
    nested,
    measured,
    close: day.close,
    corrected: real.corrected,
    expectedReturn: real.return.censoredScaled,
    forecasts,
    varianceTables,
    priceTable,
    returnTable,
    intervals: {
      variance:
        lossIntervals({ truth: measured, forecasts }, ofVariance).intervals,
      price:
        lossIntervals({ truth: last.truth, forecasts: priceForecasts }, ofPrice)
          .intervals,
      return: lossIntervals({
        truth: last.returns,
        forecasts: returnForecasts,
      }, ofPrice).intervals,
    },
    shuffled: {
      variance: lossIntervals({
        truth: mixedVariance,
        forecasts: {
          constant: constantForecast({ variance: mixedVariance, splits })
            .forecast,
          ...chance.variance,
        },
      }, ofVariance).intervals,
      price: lossIntervals({
        truth: mixedLast.truth,
        forecasts: { lastClose: mixedLast.forecast, ...chance.price },
      }, ofPrice).intervals,
      return: lossIntervals({
        truth: mixedLast.returns,
        forecasts: { zero: mixedLast.zero, ...chance.return },
      }, ofPrice).intervals,
    },
  }, { ticker });
}

/**
 * The chain of the method: numeric forecast of the price, its correction, and
 * the processes of variance and of censored returns.
 */
function chainForecasts(
  inputs: {
    readonly close: Output<F64>;
    readonly variance: Output<F64>;
    readonly returns: Output<F64>;
    readonly day: {
      readonly calendar: Output<F64>;
      readonly features: Output<F64>;
    };
    readonly splits: Output<Splits>;
    readonly nested: Output<Splits>;
  },
  settings: VolatilitySettings,
) {
  const { close, variance, returns, day, splits, nested } = inputs;
  const numeric = numericForecast({ prices: close }, {
    method: settings.forecaster,
    window: 120,
  }).forecast;
  const correction = correctedPrice({
    prices: close,
    forecast: numeric,
    ahead: day.calendar,
    features: day.features,
    splits,
  }, {
    trainRows: settings.processRows,
    inducing: settings.inducing,
    seed: settings.seed,
  });
  const { moves } = forecastMoves({ close, forecast: correction.corrected });
  const { process, censored, censoredScaled } = processForecasts(
    { variance, returns, moves, splits, nested },
    settings,
  );
  return {
    corrected: correction.corrected,
    price: { numeric: logOf({ x: numeric }).y, corrected: correction.logMean },
    variance: {
      process: process.forecast,
      censored: censored.forecast,
      censoredScaled: censoredScaled.forecast,
    },
    return: {
      censored: censored.observedMean,
      censoredScaled: censoredScaled.observedMean,
    },
  };
}

/** The three Gaussian processes of variance. */
function processForecasts(
  inputs: {
    readonly variance: Output<F64>;
    readonly returns: Output<F64>;
    readonly moves: Output<F64>;
    readonly splits: Output<Splits>;
    readonly nested: Output<Splits>;
  },
  settings: VolatilitySettings,
) {
  const { variance, returns, moves, splits, nested } = inputs;
  const often = refitOften({ series: variance, splits: nested }, {
    every: settings.refitDays,
  });
  const smooth = ewmaForecast({ variance, splits: often.whole }, {
    decay: settings.decay,
  }).forecast;
  const options = {
    trainRows: settings.censoredRows,
    tail: settings.tail,
    method: settings.method,
    seed: settings.seed,
  };
  const series = { returns, variance, ahead: moves, splits: often.splits };
  return {
    process: gpForecast({ variance, splits }, {
      trainRows: settings.processRows,
      inducing: settings.inducing,
      seed: settings.seed,
    }),
    censored: censoredReturnForecast(series, options),
    censoredScaled: censoredReturnForecast(
      { ...series, scale: rootOf({ x: smooth }).y },
      options,
    ),
  };
}

function column(frame: Output<DataFrame>, name: string): Output<F64> {
  return columnToTensor({ frame }, { column: name, nulls: "error" }).values;
}
