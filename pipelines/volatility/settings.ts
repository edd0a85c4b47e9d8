/**
 * What the volatility pipeline can be told.
 *
 * @module
 */

import { z } from "zod";

/** The settings that change numbers, defaults filled in. */
export interface VolatilitySettings {
  /** Trading days used, from the last one backwards. */
  readonly days: number;
  /** Years that models of variance and prices learn from. */
  readonly trainYears: number;
  /** The numeric forecaster of prices. */
  readonly forecaster: "drift" | "ar1";
  /** Rows at most that Gaussian processes of variance and price learn from. */
  readonly processRows: number;
  /** Inducing rows of these processes; exact inference where absent. */
  readonly inducing?: number | undefined;
  /** Rows that the censored process of returns learns from. */
  readonly censoredRows: number;
  /** Days after which the censored process is fitted anew. */
  readonly refitDays: number;
  /** Share of the returns that each side of the censored process cuts off. */
  readonly tail: number;
  /** How the censored posterior is approximated. */
  readonly method: "ep" | "laplace" | "vi";
  /** Decay of EWMA. */
  readonly decay: number;
  /** Seed of all random draws. */
  readonly seed: number;
}

/** The settings as they are given; all have defaults. */
export type VolatilitySettingsInput = {
  readonly [K in keyof VolatilitySettings]?: VolatilitySettings[K] | undefined;
};

/** The schema of each setting. */
export const VOLATILITY_SETTING_SHAPE = {
  days: z.int().min(500).max(20_000).default(2520),
  trainYears: z.int().positive().max(30).default(4),
  forecaster: z.enum(["drift", "ar1"]).default("drift"),
  processRows: z.int().min(50).max(20_000).default(400),
  inducing: z.int().min(1).max(2000).optional(),
  censoredRows: z.int().min(50).max(2000).default(250),
  refitDays: z.int().positive().default(63),
  tail: z.number().min(0).max(0.25).default(0.01),
  method: z.enum(["ep", "laplace", "vi"]).default("ep"),
  decay: z.number().gt(0).lt(1).default(0.94),
  seed: z.int().nonnegative().default(0),
};

/** Schema of the settings. */
export const VOLATILITY_SETTINGS: z.ZodType<
  VolatilitySettings,
  VolatilitySettingsInput
> = z.object(VOLATILITY_SETTING_SHAPE);
