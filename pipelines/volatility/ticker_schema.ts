/**
 * What the volatility pipeline finds for one ticker: plain data.
 *
 * @module
 */

import { z } from "zod";
import { INTERVAL, type Interval } from "../../ops/evaluate/mod.ts";
import {
  PRICE_FINDINGS,
  type PriceFinding,
  type ReportSeries,
} from "../outlook/report_schema.ts";

/** A walk-forward window in days. */
export interface TickerWindow {
  /** Days that models learned from. */
  readonly train: TickerPeriod;
  /** Days that were forecast. */
  readonly test: TickerPeriod;
}

/** A stretch of days, both ends included. */
export interface TickerPeriod {
  /** First day, ISO 8601. */
  readonly from: string;
  /** Last day, ISO 8601. */
  readonly to: string;
  /** How many rows. */
  readonly rows: number;
}

/** A mean loss of one model, and tests against others on the same rows. */
export interface TickerScore {
  /** What is forecast. */
  readonly target: "variance" | "price" | "return";
  /** The model. */
  readonly model: string;
  /** The loss. */
  readonly loss: "qlike" | "mse" | "mae";
  /** Its mean over the scored rows. */
  readonly mean: number;
  /** Lower end of the 95 % interval of the mean, from a block bootstrap. */
  readonly lower: number;
  /** Its upper end. */
  readonly upper: number;
  /** How many rows were scored. */
  readonly rows: number;
  /** Two-sided p-values of Diebold and Mariano's test, by baseline. */
  readonly pValues: Readonly<Record<string, number | null>>;
  /** The mean on shuffled days with its interval; null where it was not run. */
  readonly shuffled: Interval | null;
}

/** The result for one ticker. */
export interface TickerResult {
  /** Its name. */
  readonly ticker: string;
  /** What was found odd in its prices. */
  readonly findings: readonly PriceFinding[];
  /** The days that were used. */
  readonly data: TickerPeriod;
  /** Windows of the models of variance and of the price correction. */
  readonly windows: readonly TickerWindow[];
  /** Days that were scored, and the coming one. */
  readonly dates: readonly string[];
  /** Variance as measured; null for the coming day. */
  readonly measured: ReportSeries;
  /** Forecasts of it by model. */
  readonly forecasts: Readonly<Record<string, ReportSeries>>;
  /** For the coming day: variance by model, corrected price, expected return. */
  readonly coming: {
    readonly day: string;
    readonly variance: Readonly<Record<string, number>>;
    readonly lastClose: number;
    readonly correctedPrice: number;
    readonly expectedReturn: number;
  };
  /** All scores. */
  readonly scores: readonly TickerScore[];
}

const PERIOD = z.object({ from: z.string(), to: z.string(), rows: z.int() });
const SERIES = z.array(z.number().nullable());

/** Schema of {@linkcode TickerResult}. */
export const TICKER_RESULT: z.ZodType<TickerResult> = z.object({
  ticker: z.string(),
  findings: PRICE_FINDINGS,
  data: PERIOD,
  windows: z.array(z.object({ train: PERIOD, test: PERIOD })),
  dates: z.array(z.string()),
  measured: SERIES,
  forecasts: z.record(z.string(), SERIES),
  coming: z.object({
    day: z.string(),
    variance: z.record(z.string(), z.number()),
    lastClose: z.number(),
    correctedPrice: z.number(),
    expectedReturn: z.number(),
  }),
  scores: z.array(z.object({
    target: z.enum(["variance", "price", "return"]),
    model: z.string(),
    loss: z.enum(["qlike", "mse", "mae"]),
    mean: z.number(),
    lower: z.number(),
    upper: z.number(),
    rows: z.int(),
    pValues: z.record(z.string(), z.number().nullable()),
    shuffled: INTERVAL.nullable(),
  })),
});
