/**
 * What the outlook's report holds: plain data that `report.json` is made of
 * and the page is drawn from.
 *
 * @module
 */

import { z } from "zod";
import {
  CALIBRATION_BIN,
  type CalibrationBin,
  MODEL_CARD,
  type ModelCard,
} from "../../ops/evaluate/mod.ts";

/** One score of one model on one stretch of rows, beside its baseline. */
export interface Metric {
  /** The stage that the model belongs to. */
  readonly stage: "volatility" | "movement";
  /** The model. */
  readonly model: string;
  /** `all` test rows, or the test window that begins on a day. */
  readonly split: string;
  /** The score, for example `qlike` or `accuracy`. */
  readonly metric: string;
  /** How many rows were scored. */
  readonly rows: number;
  /** The score itself. */
  readonly value: number;
  /** Lower end of its bootstrap interval; null where there is none. */
  readonly lower: number | null;
  /** Upper end of its bootstrap interval; null where there is none. */
  readonly upper: number | null;
  /** Whether less is better. */
  readonly lowerIsBetter: boolean;
  /** The same score of the baseline on the same rows. */
  readonly baseline: { readonly model: string; readonly value: number };
  /**
   * The same score of the same stage on shuffled data; null where the split
   * holds no shuffled row that can be scored.
   */
  readonly shuffled: number | null;
}

/** A comparison of forecasts by Diebold and Mariano's test. */
export interface Comparison {
  /** The model. */
  readonly model: string;
  /** What it is compared with. */
  readonly baseline: string;
  /** The loss. */
  readonly loss: string;
  /** The statistic; negative favours the model. */
  readonly statistic: number;
  /** Two-sided p-value. */
  readonly pValue: number;
}

/** A stretch of days, both ends included. */
export interface Period {
  /** First day, ISO 8601. */
  readonly from: string;
  /** Last day, ISO 8601. */
  readonly to: string;
  /** How many rows. */
  readonly rows: number;
}

/** What was found odd in the prices. */
export interface PriceFinding {
  /** The kind of finding. */
  readonly code: string;
  /** How bad it is. */
  readonly severity: string;
  /** How many rows. */
  readonly count: number;
  /** What it means. */
  readonly message: string;
}

/** Numbers over time; null where there is none. */
export type ReportSeries = readonly (number | null)[];

/** The part of the report on volatility; variances of daily log returns. */
export interface VolatilityReport {
  /** Days forecast, ISO 8601; the last one has not come yet. */
  readonly dates: readonly string[];
  /** Variance as measured on the day. */
  readonly realized: ReportSeries;
  /** Forecasts of each model, made the day before. */
  readonly forecasts: Readonly<Record<string, ReportSeries>>;
  /** Lower edge of the Gaussian process's band. */
  readonly lower: ReportSeries;
  /** Upper edge of the Gaussian process's band. */
  readonly upper: ReportSeries;
  /** The share of days that the band should hold, and that it held. */
  readonly coverage: { readonly level: number; readonly observed: number };
  /** Forecasts for the coming day, the last of `dates`. */
  readonly latest: Readonly<Record<string, number>>;
}

/** The part of the report on movement. */
export interface MovementReport {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Trading days of a movement. */
  readonly horizon: number;
  /** Return from which a movement is up or down. */
  readonly threshold: number;
  /** Counts of the fused experts, `[true class][predicted class]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Calibration of the fused experts' most probable class. */
  readonly calibration: readonly CalibrationBin[];
  /** Expected calibration error of the fused experts. */
  readonly calibrationError: number;
  /** The fused experts' probabilities at the end of the last day. */
  readonly latest: {
    readonly day: string;
    readonly probabilities: readonly number[];
  };
  /** Mean weight of each fused expert's shift. */
  readonly meanFusionWeights: Readonly<Record<string, number>>;
}

/** The outlook's report. */
export interface Report {
  /** What it is about. */
  readonly title: string;
  /** The size that was asked for. */
  readonly size: string;
  /** The prices. */
  readonly data: {
    readonly rows: number;
    readonly from: string;
    readonly to: string;
    readonly findings: readonly PriceFinding[];
  };
  /** The walk-forward windows of the stages. */
  readonly windows: readonly {
    readonly stage: string;
    readonly train: Period;
    readonly test: Period;
  }[];
  /** All scores. */
  readonly metrics: readonly Metric[];
  /** Tests of forecasts against the baseline. */
  readonly comparisons: readonly Comparison[];
  /** The volatility stage. */
  readonly volatility: VolatilityReport;
  /** The movement stage. */
  readonly movement: MovementReport;
  /** What was run on which data, beside every baseline. */
  readonly card: ModelCard;
  /** What the numbers say, in words. */
  readonly notes: readonly string[];
}

const SERIES = z.array(z.number().nullable());
const PERIOD = z.object({ from: z.string(), to: z.string(), rows: z.number() });

/** Schema of what was found odd in the prices. */
export const PRICE_FINDINGS: z.ZodType<readonly PriceFinding[]> = z.array(
  z.object({
    code: z.string(),
    severity: z.string(),
    count: z.number(),
    message: z.string(),
  }),
);

/** Schema of the report. */
export const REPORT: z.ZodType<Report> = z.object({
  title: z.string(),
  size: z.string(),
  data: z.object({
    rows: z.number(),
    from: z.string(),
    to: z.string(),
    findings: PRICE_FINDINGS,
  }),
  windows: z.array(z.object({
    stage: z.string(),
    train: PERIOD,
    test: PERIOD,
  })),
  metrics: z.array(z.object({
    stage: z.enum(["volatility", "movement"]),
    model: z.string(),
    split: z.string(),
    metric: z.string(),
    rows: z.number(),
    value: z.number(),
    lower: z.number().nullable(),
    upper: z.number().nullable(),
    lowerIsBetter: z.boolean(),
    baseline: z.object({ model: z.string(), value: z.number() }),
    shuffled: z.number().nullable(),
  })),
  comparisons: z.array(z.object({
    model: z.string(),
    baseline: z.string(),
    loss: z.string(),
    statistic: z.number(),
    pValue: z.number(),
  })),
  volatility: z.object({
    dates: z.array(z.string()),
    realized: SERIES,
    forecasts: z.record(z.string(), SERIES),
    lower: SERIES,
    upper: SERIES,
    coverage: z.object({ level: z.number(), observed: z.number() }),
    latest: z.record(z.string(), z.number()),
  }),
  movement: z.object({
    classes: z.array(z.string()),
    horizon: z.number(),
    threshold: z.number(),
    confusion: z.array(z.array(z.number())),
    calibration: z.array(CALIBRATION_BIN),
    calibrationError: z.number(),
    latest: z.object({
      day: z.string(),
      probabilities: z.array(z.number()),
    }),
    meanFusionWeights: z.record(z.string(), z.number()),
  }),
  card: MODEL_CARD,
  notes: z.array(z.string()),
});
