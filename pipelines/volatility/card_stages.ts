/**
 * From results to the stages of a model card.
 *
 * @module
 */

import type {
  CardMetric,
  CardStage,
  Interval,
} from "../../ops/evaluate/mod.ts";
import { BLOCK_DAYS } from "./loss_intervals.ts";
import type { TickerResult, TickerScore } from "./ticker_schema.ts";

/** Names of the models for people. */
const NAMES: Readonly<Record<string, string>> = {
  constant: "constant variance",
  ewma: "EWMA",
  garch: "GARCH(1,1)",
  egarch: "EGARCH(1,1)",
  har: "HAR",
  process: "Gaussian process of log variance",
  censored: "censored process of returns",
  censoredScaled: "censored process of returns, scaled by EWMA",
  implied: "implied by options",
  lastClose: "last close",
  numeric: "numeric forecast",
  corrected: "numeric forecast, corrected",
  zero: "no return",
};

/**
 * The name of a model for people.
 *
 * @param model Its name in results.
 * @returns Its name on pages.
 */
export function volatilityModelName(model: string): string {
  return NAMES[model] ?? model;
}

const STAGES = {
  variance: {
    title: "Volatility a day ahead",
    models: ["process", "censored", "censoredScaled", "implied"],
    model: "Gaussian processes of log variance and of censored returns",
  },
  price: {
    title: "Price a day ahead",
    models: ["corrected"],
    model: "numeric forecast of the log price, corrected by a Gaussian process",
  },
  return: {
    title: "Return a day ahead",
    models: ["censored", "censoredScaled"],
    model: "censored Gaussian process between corrected price and return",
  },
} as const;

/** Losses on scales on which four digits tell something. */
const UNITS: Readonly<
  Record<string, { readonly name: string; readonly factor: number }>
> = {
  "variance qlike": { name: "qlike", factor: 1 },
  "variance mse": { name: "MSE of variance in (% a day)²", factor: 1e8 },
  "price mae": { name: "MAE of log price in %", factor: 100 },
  "price mse": { name: "MSE of log price in (%)²", factor: 1e4 },
  "return mae": { name: "MAE of return in %", factor: 100 },
  "return mse": { name: "MSE of return in (%)²", factor: 1e4 },
};

/** Models that learn nothing of what they forecast. */
const NAIVE: Readonly<Record<TickerScore["target"], string>> = {
  variance: "constant",
  price: "lastClose",
  return: "zero",
};

function metricOf(
  score: TickerScore,
  all: readonly TickerScore[],
): CardMetric {
  const { name, factor } = UNITS[`${score.target} ${score.loss}`] ??
    { name: score.loss, factor: 1 };
  const scaled = ({ value, lower, upper }: Interval, by = factor) => ({
    value: by * value,
    lower: by * lower,
    upper: by * upper,
  });
  const scoreOf = (name: string) =>
    all.find(({ target, loss, model }) =>
      target === score.target && loss === score.loss && model === name
    );
  const baselines = Object.entries(score.pValues).flatMap(
    ([baseline, pValue]) => {
      const other = scoreOf(baseline);
      return other === undefined ? [] : [{
        model: volatilityModelName(baseline),
        ...scaled({ ...other, value: other.mean }),
        pValue,
        test: pValue === null ? null : "Diebold-Mariano",
      }];
    },
  );
  // Shuffled test days are other days: only what is lost beside a model that
  // learns nothing can be compared.
  const naive = scoreOf(NAIVE[score.target]);
  const lost = naive?.shuffled?.value ?? 0;
  const rescale = naive !== undefined && lost > 0 ? naive.mean / lost : null;
  return {
    metric: name,
    model: volatilityModelName(score.model),
    rows: score.rows,
    lowerIsBetter: true,
    ...scaled({ ...score, value: score.mean }),
    baselines,
    shuffled: score.shuffled === null || rescale === null
      ? null
      : scaled(score.shuffled, factor * rescale),
  };
}

/**
 * The stages of one ticker: variance, price and return, each with its windows
 * and its baselines.
 *
 * @param result The result for the ticker.
 * @returns Stages for `modelCard`.
 */
export function cardStagesOf(result: TickerResult): CardStage[] {
  return (["variance", "price", "return"] as const).map((target) => {
    const { title, model, models } = STAGES[target];
    const scores = result.scores.filter((score) => score.target === target);
    return {
      title: `${title}: ${result.ticker}`,
      scope: "findings",
      model,
      tuning: [{
        what: "hyperparameters and coefficients",
        on: "the training window",
        period: result.windows.at(-1)!.train,
        byWindow: true,
        by: "the marginal likelihood, the likelihood or least squares",
      }],
      splits: result.windows.map(({ train, test }) => ({
        train,
        validation: null,
        test,
        purge: 0,
        embargo: 0,
      })),
      metrics: models.flatMap((name) =>
        scores.filter((score) => score.model === name)
          .map((score) => metricOf(score, scores))
      ),
      notes: [...NOTES[target], ...COMMON_NOTES],
    };
  });
}

const COMMON_NOTES = [
  `Intervals are of 95 %, from a bootstrap of blocks of ${BLOCK_DAYS} days.`,
  "Shuffled: the same chain on the same days in a random order, prices put together from the shuffled returns. As other days are tested then, it is the loss beside that of a naive forecast there (constant variance, last close, no return), times the naive loss here.",
];

const NOTES: Readonly<Record<TickerScore["target"], readonly string[]>> = {
  variance: [
    "The truth is the variance after Garman and Klass plus the squared overnight return: a noisy measure.",
    "All models are scored on the same days, which begin a year after the first test day as the censored processes learn from corrections that were out of sample.",
    "The censored process has one noise for all days between two fits: without a scale it follows the market only by being fitted again.",
  ],
  price: [
    "Errors are of the log price: 0.01 is one per cent. Closes are hard to forecast beyond the last one.",
  ],
  return: [
    "The forecast is the mean of the return, cut off at the market's limits where it has any.",
  ],
};
