/**
 * What a series of periodic returns amounts to, as a plain function.
 *
 * @module
 */

import { z } from "zod";
import { meanOf } from "../mean.ts";

/** Figures of a strategy; rates and volatilities are by year. */
export interface Performance {
  /** How many periods. */
  readonly periods: number;
  /** Compound return a year. */
  readonly annualReturn: number;
  /** Standard deviation (n − 1) of the returns times the root of the periods a year. */
  readonly annualVolatility: number;
  /** Mean over standard deviation, times the root of the periods a year; 0 where no return differs from another. */
  readonly sharpe: number;
  /**
   * Its standard error after Mertens (2002), which takes skewness and fat tails
   * into account but returns as independent.
   */
  readonly sharpeError: number;
  /** Largest loss from a peak of the equity, as a share of the peak. */
  readonly maximumDrawdown: number;
  /** Share of the periods with a position whose return was above 0; 0 without any. */
  readonly hitRate: number;
  /** Share of the periods with a position. */
  readonly exposure: number;
  /** Mean turnover of a period, as a share of the equity. */
  readonly meanTurnover: number;
  /** Equity at the end, of 1 at the start. */
  readonly finalEquity: number;
}

/** Schema of {@linkcode Performance}. */
export const PERFORMANCE: z.ZodType<Performance> = z.object({
  periods: z.number(),
  annualReturn: z.number(),
  annualVolatility: z.number(),
  sharpe: z.number(),
  sharpeError: z.number(),
  maximumDrawdown: z.number(),
  hitRate: z.number(),
  exposure: z.number(),
  meanTurnover: z.number(),
  finalEquity: z.number(),
});

/** What performance is computed from. */
export interface Periods {
  /** Net simple return of each period, above −1. */
  readonly returns: Float64Array;
  /** Turnover of each period, as a share of the equity. */
  readonly turnover: Float64Array;
  /** Whether there was a position. */
  readonly isInvested: readonly boolean[];
  /** Periods a year, 252 for trading days. */
  readonly periodsPerYear: number;
}

/**
 * The equity of 1 at the start after each period.
 *
 * @param returns Net simple returns.
 * @returns The equity.
 */
export function equityOf(returns: Float64Array): Float64Array {
  let equity = 1;
  return returns.map((rate) => equity *= 1 + rate);
}

function drawdownOf(equity: Float64Array): number {
  let [peak, most] = [1, 0];
  for (const value of equity) {
    peak = Math.max(peak, value);
    most = Math.max(most, 1 - value / peak);
  }
  return most;
}

/** Mean over standard deviation of a period, with its standard error. */
function sharpeOf(returns: Float64Array): { ratio: number; error: number } {
  const count = returns.length;
  const mean = meanOf(returns);
  const moment = (power: number) =>
    returns.reduce((sum, rate) => sum + (rate - mean) ** power, 0) / count;
  const variance = moment(2);
  const scale = returns.reduce((sum, rate) => sum + rate ** 2, 0) / count;
  if (count < 2 || !(variance > scale * 1e-24)) return { ratio: 0, error: 0 };
  const ratio = mean / Math.sqrt(variance * count / (count - 1));
  const skewness = moment(3) / variance ** 1.5;
  const kurtosis = moment(4) / variance ** 2;
  const spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio ** 2;
  return { ratio, error: Math.sqrt(Math.max(0, spread) / count) };
}

/**
 * The figures of a strategy.
 *
 * @param periods Returns, turnover and positions by period; at least one.
 * @returns The figures.
 *
 * @example
 * ```ts
 * import { performanceOf } from "@weft/weft/ops/evaluate";
 *
 * const { maximumDrawdown, hitRate } = performanceOf({
 *   returns: Float64Array.of(0.1, -0.5, 0.2),
 *   turnover: Float64Array.of(1, 0, 0),
 *   isInvested: [true, true, true],
 *   periodsPerYear: 252,
 * });
 * console.log(maximumDrawdown, hitRate.toFixed(4)); // 0.5 0.6667
 * ```
 */
export function performanceOf(
  { returns, turnover, isInvested, periodsPerYear }: Periods,
): Performance {
  const count = returns.length;
  const equity = equityOf(returns);
  const finalEquity = equity.at(-1)!;
  const root = Math.sqrt(periodsPerYear);
  const mean = meanOf(returns);
  const squares = returns.reduce((sum, rate) => sum + (rate - mean) ** 2, 0);
  const { ratio, error } = sharpeOf(returns);
  const invested = isInvested.filter(Boolean).length;
  const hits = returns.filter((rate, period) => isInvested[period] && rate > 0);
  return {
    periods: count,
    annualReturn: finalEquity ** (periodsPerYear / count) - 1,
    annualVolatility: count < 2 ? 0 : root * Math.sqrt(squares / (count - 1)),
    sharpe: ratio * root,
    sharpeError: error * root,
    maximumDrawdown: drawdownOf(equity),
    hitRate: invested === 0 ? 0 : hits.length / invested,
    exposure: invested / count,
    meanTurnover: meanOf(turnover),
    finalEquity,
  };
}
