/**
 * What the report of the pipeline says.
 *
 * @module
 */

import { z } from "zod";
import {
  MODEL_CARD,
  type ModelCard,
  PERFORMANCE,
  type Performance,
} from "../../ops/evaluate/mod.ts";

/** How the tuning of one window went. */
export interface TuningReport {
  /** Examples that were learnt from. */
  readonly examples: number;
  /** Examples whose beginning was cut off. */
  readonly cut: number;
  /** Steps that were taken. */
  readonly steps: number;
  /** Loss of the first step, nats a token of the answer. */
  readonly firstLoss: number;
  /** Loss of the last step. */
  readonly lastLoss: number;
}

/** The report. */
export interface StockMovementReport {
  /** Data, tuning, splits, and every metric beside its baselines. */
  readonly card: ModelCard;
  /** What the metrics say, in words. */
  readonly sentences: readonly string[];
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Events of each class: in all, and in the test windows. */
  readonly counts: {
    readonly all: readonly number[];
    readonly test: readonly number[];
  };
  /** Counts `[true class][answer]` by model, answers without a class last. */
  readonly confusions: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Tunings of the model with all factors, one a window. */
  readonly tunings: readonly TuningReport[];
  /** What the answers would have earned by model; null where there is no back-test. */
  readonly economy: Readonly<Record<string, Performance>> | null;
  /** What that is measured on, or why there is none. */
  readonly economyNote: string;
  /** The first prompt that was asked, with the answer that was true. */
  readonly example: { readonly prompt: string; readonly answer: string };
}

/** Schema of {@linkcode StockMovementReport}. */
export const STOCK_MOVEMENT_REPORT: z.ZodType<StockMovementReport> = z.object({
  card: MODEL_CARD,
  sentences: z.array(z.string()).readonly(),
  classes: z.array(z.string()).readonly(),
  counts: z.object({
    all: z.array(z.int()).readonly(),
    test: z.array(z.int()).readonly(),
  }),
  confusions: z.record(
    z.string(),
    z.array(z.array(z.number()).readonly()).readonly(),
  ),
  tunings: z.array(z.object({
    examples: z.int(),
    cut: z.int(),
    steps: z.int(),
    firstLoss: z.number(),
    lastLoss: z.number(),
  })).readonly(),
  economy: z.record(z.string(), PERFORMANCE).nullable(),
  economyNote: z.string(),
  example: z.object({ prompt: z.string(), answer: z.string() }),
});
