/**
 * What a model card says: plain data that goes into a report's JSON and that
 * the page is drawn from.
 *
 * @module
 */

import { z } from "zod";

/** A stretch of days, both ends included. */
export interface CardPeriod {
  /** First day, ISO 8601. */
  readonly from: string;
  /** Last day, ISO 8601. */
  readonly to: string;
  /** How many rows. */
  readonly rows: number;
}

/** A source of data and the window of it that was used. */
export interface CardData {
  /** What the data are, for example `daily prices`. */
  readonly name: string;
  /** The window that was used. */
  readonly period: CardPeriod;
  /** Where they are from or what is odd about them; null for nothing. */
  readonly note: string | null;
}

/** Something that was chosen or fitted, and the data that decided. */
export interface CardTuning {
  /** What was tuned, for example `LoRA adapters` or `learning rate`. */
  readonly what: string;
  /** On what, in words, for example `the training windows`. */
  readonly on: string;
  /** The days that decided; null where no data did, as for a fixed default. */
  readonly period: CardPeriod | null;
  /**
   * Whether it was tuned anew for each walk-forward window, on its past alone;
   * what was tuned once must have been on days before the first test window.
   */
  readonly byWindow: boolean;
  /** What was made best, for example `validation log loss`; null for nothing. */
  readonly by: string | null;
}

/** One walk-forward window. */
export interface CardSplit {
  /** What the model was fitted on. */
  readonly train: CardPeriod;
  /** What settings were chosen on; null where none were. */
  readonly validation: CardPeriod | null;
  /** What is scored. */
  readonly test: CardPeriod;
  /** Rows left out at the end of the training window as their labels reach into the test window. */
  readonly purge: number;
  /** Further rows left out between training and test window. */
  readonly embargo: number;
}

/** A score with its interval. */
export interface CardScore {
  /** The score. */
  readonly value: number;
  /** Lower end of its interval; null where there is none. */
  readonly lower: number | null;
  /** Upper end of its interval; null where there is none. */
  readonly upper: number | null;
}

/** A baseline's score, and the test of the model against it. */
export interface CardBaseline extends CardScore {
  /** The baseline's name. */
  readonly model: string;
  /** Two-sided p-value of the difference; null where it was not tested. */
  readonly pValue: number | null;
  /** The test, for example `McNemar, mid-p`; null where it was not tested. */
  readonly test: string | null;
}

/** One metric of a stage's model, beside every baseline and chance. */
export interface CardMetric extends CardScore {
  /** The metric, for example `accuracy`. */
  readonly metric: string;
  /** The model that is scored. */
  readonly model: string;
  /** How many rows were scored. */
  readonly rows: number;
  /** Whether less is better. */
  readonly lowerIsBetter: boolean;
  /** The same metric of each baseline on the same rows; at least one. */
  readonly baselines: readonly CardBaseline[];
  /** The same metric of the same stage on shuffled labels; null where it was not run. */
  readonly shuffled: CardScore | null;
}

/**
 * What a stage's figures may be read as: `findings`, or `mechanics` where the
 * model is too small or the data too few to say anything about the method.
 */
export type CardScope = "findings" | "mechanics";

/** One stage of a chain. */
export interface CardStage {
  /** Its heading, for example `Movement by QLoRA`. */
  readonly title: string;
  /** What its figures may be read as. */
  readonly scope: CardScope;
  /** What predicts, with its size, for example `SmolLM2-135M, 4 bits, LoRA of rank 8`. */
  readonly model: string;
  /** Everything that was chosen or fitted. */
  readonly tuning: readonly CardTuning[];
  /** The walk-forward windows. */
  readonly splits: readonly CardSplit[];
  /** The metrics on the test windows. */
  readonly metrics: readonly CardMetric[];
  /** What else a reader must know, in sentences. */
  readonly notes: readonly string[];
}

/** A model card: what was run on which data, and what it scored beside what. */
export interface ModelCard {
  /** The headline. */
  readonly title: string;
  /** Size of the run, for example `small`. */
  readonly size: string;
  /** The data. */
  readonly data: readonly CardData[];
  /** The stages, in order. */
  readonly stages: readonly CardStage[];
}

const PERIOD = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  rows: z.int().nonnegative(),
});

const SCORE = z.object({
  value: z.number(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
});

const METRIC = SCORE.extend({
  metric: z.string(),
  model: z.string(),
  rows: z.int().nonnegative(),
  lowerIsBetter: z.boolean(),
  baselines: z.array(
    SCORE.extend({
      model: z.string(),
      pValue: z.number().min(0).max(1).nullable(),
      test: z.string().nullable(),
    }),
  ).readonly(),
  shuffled: SCORE.nullable(),
});

const STAGE = z.object({
  title: z.string(),
  scope: z.enum(["findings", "mechanics"]),
  model: z.string(),
  tuning: z.array(z.object({
    what: z.string(),
    on: z.string(),
    period: PERIOD.nullable(),
    byWindow: z.boolean(),
    by: z.string().nullable(),
  })).readonly(),
  splits: z.array(z.object({
    train: PERIOD,
    validation: PERIOD.nullable(),
    test: PERIOD,
    purge: z.int().nonnegative(),
    embargo: z.int().nonnegative(),
  })).readonly(),
  metrics: z.array(METRIC).readonly(),
  notes: z.array(z.string()).readonly(),
});

/** Schema of one stage of a card. */
export const CARD_STAGE: z.ZodType<CardStage> = STAGE;

/** Schema of the sources of data of a card. */
export const CARD_DATA: z.ZodType<readonly CardData[]> = z.array(z.object({
  name: z.string(),
  period: PERIOD,
  note: z.string().nullable(),
})).readonly();

/** Schema of a model card. */
export const MODEL_CARD: z.ZodType<ModelCard> = z.object({
  title: z.string(),
  size: z.string(),
  data: CARD_DATA,
  stages: z.array(STAGE).readonly(),
});
