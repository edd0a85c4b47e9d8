/**
 * What the stock movement pipeline can be told, and what its two sizes mean.
 *
 * @module
 */

import { z } from "zod";

/** The settings, defaults filled in; what is left out is as the size says. */
export interface StockMovementSettings {
  /** How much is computed; the stages are the same. */
  readonly size: "small" | "full";
  /** Whether Hold is a class. */
  readonly hold: boolean;
  /** The change above which it is Long; default 0, with Hold 0.01. */
  readonly threshold?: number | undefined;
  /** Events at most, evenly spread; default: as the size says. */
  readonly events?: number | undefined;
  /** Part of the events, from the last backwards, that is tested on. */
  readonly testShare: number;
  /** Windows that the test is cut into, each with a tuning of its own. */
  readonly windows?: number | undefined;
  /** Days between outcomes of training and the test at least. */
  readonly embargoDays: number;
  /** Tokens of a prompt at most, the answer included. */
  readonly promptTokens?: number | undefined;
  /** Tokens of the report's text in it at most. */
  readonly reportTokens?: number | undefined;
  /** Rank of the adapters. */
  readonly rank: number;
  /** How often the examples are seen. */
  readonly epochs?: number | undefined;
  /** The highest learning rate. */
  readonly learningRate?: number | undefined;
  /** Examples of a step. */
  readonly batchSize: number;
  /** Samples of each bootstrap and permutation test. */
  readonly resamples?: number | undefined;
  /** Cost of a trade in basis points. */
  readonly costs: number;
  /** Seed of all random draws. */
  readonly seed: number;
}

/** The settings as they are given; all have defaults. */
export type StockMovementSettingsInput = {
  readonly [K in keyof StockMovementSettings]?:
    | StockMovementSettings[K]
    | undefined;
};

/** The schema of each setting. */
export const STOCK_MOVEMENT_SETTING_SHAPE = {
  size: z.enum(["small", "full"]).default("small"),
  hold: z.boolean().default(false),
  threshold: z.number().nonnegative().max(1).optional(),
  events: z.int().min(10).optional(),
  testShare: z.number().gt(0).lt(1).default(1 / 3),
  windows: z.int().min(1).max(50).optional(),
  embargoDays: z.int().min(1).max(1000).default(1),
  promptTokens: z.int().min(64).max(1_000_000).optional(),
  reportTokens: z.int().min(0).max(1_000_000).optional(),
  rank: z.int().min(1).max(1024).default(8),
  epochs: z.int().min(1).max(100).optional(),
  learningRate: z.number().positive().max(1).optional(),
  batchSize: z.int().min(1).max(1024).default(4),
  resamples: z.int().min(10).max(100_000).optional(),
  costs: z.number().nonnegative().default(10),
  seed: z.int().nonnegative().default(0),
};

/** Schema of the settings. */
export const STOCK_MOVEMENT_SETTINGS: z.ZodType<
  StockMovementSettings,
  StockMovementSettingsInput
> = z.object(STOCK_MOVEMENT_SETTING_SHAPE);

/** How much is computed: the stages are the same for every size. */
export interface StockMovementSize {
  /** Events at most; all where absent. */
  readonly events?: number;
  /** Windows of the test. */
  readonly windows: number;
  /** Tokens of a prompt. */
  readonly promptTokens: number;
  /** Tokens of the report's text in it. */
  readonly reportTokens: number;
  /** How often the examples are seen. */
  readonly epochs: number;
  /** The highest learning rate. */
  readonly learningRate: number;
  /** Samples of each bootstrap and permutation test. */
  readonly resamples: number;
}

/** What the sizes mean. */
export const STOCK_MOVEMENT_SIZES: Readonly<
  Record<StockMovementSettings["size"], StockMovementSize>
> = {
  small: {
    events: 240,
    windows: 1,
    promptTokens: 256,
    reportTokens: 64,
    epochs: 2,
    learningRate: 1e-3,
    resamples: 300,
  },
  full: {
    windows: 2,
    promptTokens: 512,
    reportTokens: 256,
    epochs: 2,
    learningRate: 5e-4,
    resamples: 2000,
  },
};
