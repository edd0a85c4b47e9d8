/**
 * What the outlook's report holds: plain data that `report.json` is made of
 * and the page is drawn from.
 *
 * @module
 */

import { z } from "zod";

const NUMBER_OR_NULL = z.number().nullable();

/** Schema of one score of one model on one stretch of rows. */
export const METRIC = z.object({
  stage: z.enum(["volatility", "movement"]),
  model: z.string(),
  split: z.string(),
  metric: z.string(),
  rows: z.number(),
  value: z.number(),
  lower: NUMBER_OR_NULL,
  upper: NUMBER_OR_NULL,
  lowerIsBetter: z.boolean(),
  baseline: z.object({ model: z.string(), value: z.number() }),
  shuffled: NUMBER_OR_NULL,
});

/** One score of one model on one stretch of rows, beside its baseline. */
export type Metric = z.output<typeof METRIC>;

/** Schema of a comparison of forecasts by Diebold and Mariano's test. */
export const COMPARISON = z.object({
  model: z.string(),
  baseline: z.string(),
  loss: z.string(),
  statistic: z.number(),
  pValue: z.number(),
});

/** A comparison of forecasts by Diebold and Mariano's test. */
export type Comparison = z.output<typeof COMPARISON>;

/** Schema of a stretch of days that something was learnt from or tested on. */
export const PERIOD = z.object({
  from: z.string(),
  to: z.string(),
  rows: z.number(),
});

/** A stretch of days, both ends included. */
export type Period = z.output<typeof PERIOD>;

const CALIBRATION_BIN = z.object({
  lower: z.number(),
  upper: z.number(),
  count: z.number(),
  meanPredicted: z.number(),
  observed: z.number(),
});

/** Schema of the report. */
export const REPORT = z.object({
  title: z.string(),
  size: z.string(),
  data: z.object({
    rows: z.number(),
    from: z.string(),
    to: z.string(),
    findings: z.array(z.object({
      code: z.string(),
      severity: z.string(),
      count: z.number(),
      message: z.string(),
    })),
  }),
  windows: z.array(z.object({
    stage: z.string(),
    train: PERIOD,
    test: PERIOD,
  })),
  metrics: z.array(METRIC),
  comparisons: z.array(COMPARISON),
  volatility: z.object({
    dates: z.array(z.string()),
    realized: z.array(NUMBER_OR_NULL),
    forecasts: z.record(z.string(), z.array(NUMBER_OR_NULL)),
    lower: z.array(NUMBER_OR_NULL),
    upper: z.array(NUMBER_OR_NULL),
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
    meanFusionWeight: z.number(),
  }),
  notes: z.array(z.string()),
});

/** The outlook's report. */
export type Report = z.output<typeof REPORT>;
