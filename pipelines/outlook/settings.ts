/**
 * What the outlook can be told, and what its two sizes mean.
 *
 * @module
 */

import { z } from "zod";

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
};

/** Schema of the settings. */
export const SETTINGS: z.ZodType<Settings, SettingsInput> = z.object(
  SETTING_SHAPE,
);

/** How much is computed: the stages are the same for every size. */
export interface Size {
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
  /** Innovations of GARCH. */
  readonly distribution: "normal" | "studentT";
  /** Samples of each bootstrap. */
  readonly resamples: number;
}

/** What the sizes mean. */
export const SIZES: Readonly<Record<Settings["size"], Size>> = {
  small: {
    lastRows: 3780,
    trainYears: 4,
    movementYears: 3,
    processRows: 300,
    processStarts: 1,
    processIterations: 30,
    distribution: "normal",
    resamples: 300,
  },
  full: {
    trainYears: 5,
    movementYears: 4,
    processRows: 600,
    processStarts: 2,
    processIterations: 40,
    distribution: "studentT",
    resamples: 2000,
  },
};
