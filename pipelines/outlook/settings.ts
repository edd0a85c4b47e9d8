/**
 * What the outlook can be told, and what its two sizes mean.
 *
 * @module
 */

import { z } from "zod";
import type { FineTuneParams } from "../../ops/language/mod.ts";
import { RETUNING_SIZES, type RetuningInput } from "../retuning/settings.ts";

/**
 * Days until the sample reports count as known: they are dated by the end of the
 * year that they are about, and annual reports are due 60 to 90 days later.
 */
export const SAMPLE_REPORT_LAG = 120;

/** What the report calls the small model of Weft, which shows mechanics only. */
export const SMALL_MODEL_NAME = "the small model of Weft";

/** The settings that change numbers, defaults filled in. */
export interface Settings {
  /** How much is computed; the stages are the same. */
  readonly size: "small" | "full";
  /** Trading days of a movement. */
  readonly horizon: number;
  /** Return from which a movement is up or down. */
  readonly threshold: number;
  /** Decay of EWMA. */
  readonly decay: number;
  /** Debiasing stretches predictions by at most one over this. */
  readonly minimumSlope: number;
  /** Seed of all random draws. */
  readonly seed: number;
  /** Whether the technical expert reads the volume. */
  readonly volume: boolean;
  /** Years that the volatility models learn from; default: as the size says. */
  readonly trainYears?: number | undefined;
  /**
   * Test years of forecasts before the movement models begin to learn;
   * default: as the size says.
   */
  readonly movementYears?: number | undefined;
  /** Whose reports language models read; those of all by default. */
  readonly ticker?: string | undefined;
  /** What the language model is called in the report; by default as it is given. */
  readonly model?: string | undefined;
  /** Calendar days from the date of a report until it is known. */
  readonly reportLag: number;
}

/** The settings as they are given; all have defaults. */
export type SettingsInput = {
  readonly [K in keyof Settings]?: Settings[K] | undefined;
};

/** The schema of each setting. */
export const SETTING_SHAPE = {
  size: z.enum(["small", "full"]).default("small"),
  horizon: z.int().min(1).max(60).default(5),
  threshold: z.number().positive().max(0.5).default(0.01),
  decay: z.number().gt(0).lt(1).default(0.94),
  minimumSlope: z.number().gt(0).max(1).default(0.9),
  seed: z.int().nonnegative().default(0),
  volume: z.boolean().default(true),
  trainYears: z.int().positive().optional(),
  movementYears: z.int().positive().optional(),
  ticker: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  reportLag: z.int().min(1).max(730).default(SAMPLE_REPORT_LAG),
};

/** Schema of the settings. */
export const SETTINGS: z.ZodType<Settings, SettingsInput> = z.object(
  SETTING_SHAPE,
);

/** How much is computed: the stages are the same for every size. */
export interface Size {
  /** Tickers of a file that are taken without being named. */
  readonly tickers: number;
  /** Rows used, from the last one backwards; all where absent. */
  readonly lastRows?: number;
  /** Years of the rolling window that the volatility models learn from. */
  readonly trainYears: number;
  /** Test years of forecasts before the movement models begin to learn. */
  readonly movementYears: number;
  /** Rows at most that a Gaussian process conditions on. */
  readonly processRows: number;
  /** Starts of the Gaussian process's search. */
  readonly processStarts: number;
  /** Iterations of each search. */
  readonly processIterations: number;
  /** Rows that the censored process of returns learns from. */
  readonly censoredRows: number;
  /** Days after which it is fitted anew. */
  readonly censoredDays: number;
  /** Samples of each bootstrap. */
  readonly resamples: number;
  /** What language models learn and are asked. */
  readonly language: LanguageSize;
}

/** How much language models learn and are asked. */
export interface LanguageSize {
  /** Weeks between days that are asked about; the last answer stands between. */
  readonly weeks: number;
  /** How often adapters are trained anew. */
  readonly refits: number;
  /** The model that answers with the movement. */
  readonly movement: {
    /** Examples at most that an adapter learns from. */
    readonly examples: number;
    /** Tokens at most of a prompt. */
    readonly promptTokens: number;
    /** Tokens at most of what reports told. */
    readonly reportTokens: number;
    /** Figures at most of which growth is told. */
    readonly maxFigures: number;
    /** Characters that count as a token where prompts are cut. */
    readonly charactersPerToken: number;
    /** How adapters are trained. */
    readonly tuning: FineTuneParams;
  };
  /** The model that scores evidence; what is left out is as in size "small" of RETuning. */
  readonly evidence: RetuningInput & {
    /** Every how many-th of the days is asked about. */
    readonly step: number;
  };
}

/** AdamW's, so large that the rounding of a device does not decide what is answered. */
const SMALL_EPSILON = 1e-5;

/** What the sizes mean. */
export const SIZES: Readonly<Record<Settings["size"], Size>> = {
  small: {
    tickers: 1,
    lastRows: 3780,
    trainYears: 4,
    movementYears: 3,
    processRows: 300,
    processStarts: 1,
    processIterations: 30,
    censoredRows: 120,
    censoredDays: 252,
    resamples: 300,
    language: {
      weeks: 4,
      refits: 1,
      movement: {
        examples: 96,
        promptTokens: 200,
        reportTokens: 40,
        maxFigures: 2,
        charactersPerToken: 2,
        tuning: {
          rank: 8,
          alpha: 16,
          steps: 32,
          batchSize: 2,
          packing: false,
          sequenceLength: 208,
          learningRate: 3e-3,
          epsilon: SMALL_EPSILON,
          maxGradientNorm: 1,
        },
      },
      evidence: {
        step: 6,
        rank: 8,
        coldSteps: 16,
        coldRate: 2e-3,
        epsilon: SMALL_EPSILON,
        coldBatch: 2,
        policyItems: 6,
        difficultySamples: 2,
        policySteps: 1,
        samples: 3,
      },
    },
  },
  full: {
    tickers: 4,
    trainYears: 5,
    movementYears: 4,
    processRows: 600,
    processStarts: 2,
    processIterations: 40,
    censoredRows: 250,
    censoredDays: 63,
    resamples: 2000,
    language: {
      weeks: 1,
      refits: 2,
      movement: {
        examples: 256,
        promptTokens: 384,
        reportTokens: 256,
        maxFigures: 6,
        charactersPerToken: 3,
        tuning: {
          rank: 16,
          alpha: 32,
          steps: 32,
          batchSize: 2,
          packing: false,
          sequenceLength: 416,
          learningRate: 5e-4,
          maxGradientNorm: 1,
        },
      },
      evidence: {
        ...RETUNING_SIZES.full,
        step: 4,
        coldSteps: 24,
        difficultySamples: 2,
        policySteps: 1,
      },
    },
  },
};
